//! The server that takes our mail, spoken to step by step: whether somebody else, nobody or perhaps somebody has a letter
//! depends on the step at which it failed.
use crate::config::{Config, Smtp};
use crate::error::{Error, Result};
use crate::lang::Message;
use crate::msg;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::stub::StubTransport;
use lettre::{SmtpTransport, Transport};
use reqwest::Url;
use std::time::Duration;

/// How long the server may take for each of its answers, in seconds.
const ANSWER_SECONDS: u64 = 10;
/// Characters of the server's answer that are kept.
const ANSWER_CHARS: usize = 200;

/// How the line to the server is kept secret.
enum Tls {
    None,
    /// Encrypted after a word (STARTTLS), or not at all if the server cannot.
    IfOffered(TlsParameters),
    /// Encrypted after a word, or nothing is sent.
    Starttls(TlsParameters),
    /// Encrypted from the first byte.
    Wrapped(TlsParameters),
}

/// The server as `WEIXIAO_SMTP_URL` names it. Holds a password: it has no `Debug`.
struct Server {
    host: String,
    port: u16,
    hello: ClientId,
    tls: Tls,
    credentials: Option<Credentials>,
}

enum Way {
    Server(Box<Server>),
    /// lettre's own transport that keeps letters instead of sending them.
    Stub(StubTransport),
}

/// Hands letters over.
pub struct Mailer {
    way: Way,
    pub(super) from: Mailbox,
    /// Where links in letters lead to, without a slash at its end.
    pub(super) public_url: String,
}

/// What became of a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Taken,
    /// Nobody has it, but somebody may later.
    Later(String),
    /// The server takes no mail for this address.
    NoSuchAddress(String),
    /// The server does not take this letter.
    Rejected(String),
    /// The line broke when it had been handed over: nobody knows.
    Unknown(String),
}

/// Percent-decoding of user names and passwords.
fn decoded(text: &str) -> Result<String, Message> {
    let bad = || msg!("WEIXIAO_SMTP_URL 里的用户名或口令写得不对：特殊字符要写成 %XX。");
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        (rest, _) = match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let hex = [*high, *low];
                let hex = std::str::from_utf8(&hex).map_err(|_| bad())?;
                (after, bytes.push(u8::from_str_radix(hex, 16).map_err(|_| bad())?))
            }
            (b'%', _) => return Err(bad()),
            (byte, after) => (after, bytes.push(*byte)),
        };
    }
    String::from_utf8(bytes).map_err(|_| bad())
}

impl Server {
    /// Reads the address as lettre's `SmtpTransport::from_url` does, which is asked first; taken apart here because that
    /// keeps to itself what it read, and does not tell at which step a letter failed.
    fn of(smtp: &Smtp, hello: &str) -> Result<Server, Message> {
        // Neither lettre's error nor ours repeats the address: there may be a password in it.
        let bad = || {
            msg!(
                "WEIXIAO_SMTP_URL 看不懂：请写 smtps://用户:口令@主机，或 smtp://用户:口令@主机:587?tls=required。"
            )
        };
        SmtpTransport::from_url(&smtp.url).map_err(|_| bad())?;
        let url = Url::parse(&smtp.url).map_err(|_| bad())?;
        let host = url.host_str().ok_or_else(bad)?.to_owned();
        let secret = || -> Result<TlsParameters, Message> {
            let mut builder = TlsParameters::builder(host.clone());
            if let Some(path) = &smtp.authorities {
                let unreadable = |error: &dyn std::fmt::Display| {
                    msg!("WEIXIAO_SMTP_CA 指的证书 {} 读不出来：{}", path.display(), error)
                };
                let pem = std::fs::read(path).map_err(|error| unreadable(&error))?;
                let authority = Certificate::from_pem(&pem).map_err(|error| unreadable(&error))?;
                builder = builder.add_root_certificate(authority);
            }
            builder.build().map_err(|error| msg!("没有办成：{}", error))
        };
        let asked = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
        let (tls, port) = match (url.scheme(), asked.as_deref()) {
            ("smtps", _) => (Tls::Wrapped(secret()?), 465),
            ("smtp", Some("required")) => (Tls::Starttls(secret()?), 587),
            ("smtp", Some("opportunistic")) => (Tls::IfOffered(secret()?), 587),
            ("smtp", None) => (Tls::None, 25),
            _ => return Err(bad()),
        };
        let named = url.path().trim_matches('/');
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(decoded(url.username())?, decoded(password)?)),
            None => None,
        };
        Ok(Server {
            port: url.port().unwrap_or(port),
            hello: ClientId::Domain(if named.is_empty() { hello } else { named }.to_owned()),
            tls,
            credentials,
            host,
        })
    }
    /// A line to the server: encrypted and signed in as the address says, with a sender that it accepts. A wrong password or
    /// sender is found out here, before any letter is touched.
    fn connect(&self, from: &Mailbox, seconds: u64) -> Result<SmtpConnection, SmtpError> {
        let wrapped = if let Tls::Wrapped(tls) = &self.tls { Some(tls) } else { None };
        let timeout = Some(Duration::from_secs(seconds));
        // An address of version 6 stands in brackets in a URL.
        let host = self.host.trim_matches(['[', ']']);
        let mut line = SmtpConnection::connect((host, self.port), timeout, &self.hello, wrapped, None)?;
        match &self.tls {
            Tls::Starttls(tls) => line.starttls(tls, &self.hello)?,
            Tls::IfOffered(tls) if line.can_starttls() => line.starttls(tls, &self.hello)?,
            _ => {}
        }
        if let Some(credentials) = &self.credentials {
            line.auth(DEFAULT_MECHANISMS, credentials)?;
        }
        line.command(Mail::new(Some(from.email.clone()), vec![]))?;
        line.command("RSET\r\n")?;
        Ok(line)
    }
    fn is_open_to_readers(&self) -> bool {
        let is_here = ["localhost", "127.0.0.1", "[::1]"].contains(&self.host.as_str());
        matches!(self.tls, Tls::None | Tls::IfOffered(_)) && !is_here
    }
}

/// The host of an address of pages.
fn host_of(public_url: &str) -> String {
    Url::parse(public_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| "localhost".to_owned())
}

impl Mailer {
    /// The server that this installation names; `None` if it names none, or no public address for links.
    ///
    /// # Errors
    /// A sentence for whoever wrote the settings.
    pub fn of(config: &Config) -> Result<Option<Mailer>, Message> {
        let Some(smtp) = &config.smtp else { return Ok(None) };
        if smtp.from.is_empty() {
            return Err(msg!("设了 WEIXIAO_SMTP_URL，还要设 WEIXIAO_SMTP_FROM：提醒邮件的发件人。"));
        }
        let from = smtp.from.parse().map_err(|_| {
            msg!("WEIXIAO_SMTP_FROM 看不懂：请写一个邮箱地址，或 名称 <地址>，如 微党校 <weixiao@dx.example.gov.cn>。")
        })?;
        let host = config.public_url.as_deref().map(host_of);
        let server = Server::of(smtp, host.as_deref().unwrap_or("localhost"))?;
        Ok(config.public_url.clone().map(|public_url| Mailer {
            way: Way::Server(Box::new(server)),
            from,
            public_url,
        }))
    }
    /// One whose letters lettre's stub keeps: for tests of everything but the server.
    pub fn to_stub(stub: StubTransport, public_url: &str) -> Mailer {
        let address = lettre::Address::new_dangerous("weixiao", host_of(public_url));
        Mailer { way: Way::Stub(stub), from: Mailbox::new(None, address), public_url: public_url.to_owned() }
    }
    /// The domain of message ids.
    pub(super) fn domain(&self) -> String {
        host_of(&self.public_url)
    }
    pub(super) fn line(&self) -> Line<'_> {
        Line { mailer: self, open: None }
    }
    /// Whether the server can be reached, within so many seconds: its name, and whether others can read what is sent to it.
    ///
    /// # Errors
    /// What went wrong.
    pub fn probe(self, seconds: u64) -> Result<(String, bool), Message> {
        let Mailer { way: Way::Server(server), from, .. } = self else { return Ok((String::new(), false)) };
        let (said, heard) = std::sync::mpsc::channel();
        let (shown, is_readable) = (format!("{}:{}", server.host, server.port), server.is_open_to_readers());
        // On a thread of its own: the limits of a line hold for each answer, and a name may be looked up for long.
        std::thread::spawn(move || {
            let outcome =
                server.connect(&from, seconds).map(|mut line| line.abort()).map_err(|error| told(&error));
            // Whoever asked may have gone.
            drop(said.send(outcome));
        });
        match heard.recv_timeout(Duration::from_secs(seconds)) {
            Ok(Ok(())) => Ok((shown, is_readable)),
            Ok(Err(error)) => Err(msg!("{}：{}", shown, error)),
            Err(_) => Err(msg!("{}：{} 秒里没有回答", shown, seconds)),
        }
    }
}

/// A line to the server for one round of letters.
pub(super) struct Line<'a> {
    mailer: &'a Mailer,
    open: Option<SmtpConnection>,
}

impl Line<'_> {
    /// Whether a letter can be handed over now; connects where that has to be. Asked before anything is claimed.
    ///
    /// # Errors
    /// Why not: this round is over.
    pub(super) fn ready(&mut self) -> Result<(), String> {
        if let (Way::Server(server), None) = (&self.mailer.way, &self.open) {
            let line = server.connect(&self.mailer.from, ANSWER_SECONDS);
            self.open = Some(line.map_err(|error| told(&error))?);
        }
        Ok(())
    }
    pub(super) fn send(&mut self, letter: &lettre::Message) -> Outcome {
        if let Way::Stub(stub) = &self.mailer.way {
            return match stub.send(letter) {
                Ok(()) => Outcome::Taken,
                Err(error) => Outcome::Later(error.to_string()),
            };
        }
        let Some(mut line) = self.open.take() else { return Outcome::Later("no connection".to_owned()) };
        let outcome = hand_over(&mut line, letter);
        // After any trouble the next letter gets a line of its own.
        match outcome {
            Outcome::Taken => self.open = Some(line),
            _ => line.abort(),
        }
        outcome
    }
    pub(super) fn close(mut self) {
        if let Some(mut line) = self.open.take() {
            line.abort();
        }
    }
}

/// One letter, step by step.
fn hand_over(line: &mut SmtpConnection, letter: &lettre::Message) -> Outcome {
    let envelope = letter.envelope();
    if let Err(error) = line.command(Mail::new(envelope.from().cloned(), vec![])) {
        return Outcome::Later(told(&error));
    }
    for address in envelope.to() {
        if let Err(error) = line.command(Rcpt::new(address.clone(), vec![])) {
            return match is_about_address(&error) {
                true => Outcome::NoSuchAddress(told(&error)),
                false => Outcome::Later(told(&error)),
            };
        }
    }
    if let Err(error) = line.command(Data) {
        return Outcome::Later(told(&error));
    }
    match line.message(&letter.formatted()) {
        Ok(_) => Outcome::Taken,
        Err(error) if error.is_transient() => Outcome::Later(told(&error)),
        // Some look for the mailbox only now.
        Err(error) if error.is_permanent() && has_status(&error, ABOUT_MAILBOXES) => {
            Outcome::NoSuchAddress(told(&error))
        }
        Err(error) if error.is_permanent() => Outcome::Rejected(told(&error)),
        Err(error) => Outcome::Unknown(told(&error)),
    }
}

/// The server's answer, short enough to be kept.
fn told(error: &SmtpError) -> String {
    error.to_string().chars().take(ANSWER_CHARS).filter(|c| !c.is_control()).collect()
}

/// Enhanced status (RFC 3463) of answers about a mailbox that is not there or takes nothing.
const ABOUT_MAILBOXES: &[&str] = &["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"];
/// And of answers that concern us and not the member: the sender, the server's own rules ("relaying denied"), a full mailbox.
const ABOUT_US: &[&str] = &["5.7.", "5.1.7", "5.1.8", "5.2.2", "5.2.3"];

/// Whether the answer has one of these.
fn has_status(error: &SmtpError, some: &[&str]) -> bool {
    let is_one = |word: &str| {
        some.iter().any(|one| if one.ends_with('.') { word.starts_with(one) } else { word == *one })
    };
    error.to_string().split(|c: char| c.is_whitespace() || c == ':').any(is_one)
}

/// Whether a recipient was refused for good, and for being none. Reminders are switched off by it, so it takes a clear answer.
fn is_about_address(error: &SmtpError) -> bool {
    let code = error.status().map(u16::from).unwrap_or_default();
    error.is_permanent()
        && !has_status(error, ABOUT_US)
        && ([550, 551, 553, 556].contains(&code) || has_status(error, ABOUT_MAILBOXES))
}

/// A letter that could not be written is our own mistake.
pub(super) fn unwritten(error: lettre::error::Error) -> Error {
    Error::internal(error)
}
