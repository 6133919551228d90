//! Handing messages to the robots. Each is claimed in the database before it is sent, for a lease: of two workers one sends
//! it, and what a worker that died had claimed is taken by the next one when the lease is over. So a message may, rarely,
//! stand in a group twice, and none is lost: a group is better told twice than never.
use super::robots::{self, Outcome, Post};
use super::store::{self, Claimed};
use super::{State, pause};
use crate::clock::Timestamp;
use crate::config::Config;
use crate::db::Db;
use crate::error::Result;
use crate::ids::WebhookId;
use crate::lang::Message;
use crate::msg;
use chrono::Duration;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Url, redirect};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::{Builder, Runtime};

/// How long a robot may take for its answer, in seconds.
const ANSWER_SECONDS: u64 = 10;
/// How long a claim holds: a message takes seconds.
pub(super) const LEASE_SECONDS: i64 = 120;
/// What of an answer is read, in bytes.
const ANSWER_BYTES: usize = 16 * 1024;

/// Hands messages over. Knows where links lead to.
pub struct Sender {
    public_url: String,
    allowed: Vec<String>,
    /// For the makers' hosts: names that lead into a private network lead nowhere.
    outward: Client,
    /// For what the installation allows by name.
    inward: Client,
    runtime: Runtime,
}

impl Sender {
    /// `None` without a public address: links in messages would lead nowhere.
    ///
    /// # Errors
    /// A sentence, if no client can be made.
    pub fn of(config: &Config) -> Result<Option<Sender>, Message> {
        let Some(public_url) = &config.public_url else { return Ok(None) };
        // Somebody else in the process may have named a provider already; that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                // A robot never sends elsewhere; whoever does is not followed.
                .redirect(redirect::Policy::none())
                .timeout(std::time::Duration::from_secs(ANSWER_SECONDS))
                .user_agent("weixiao")
        };
        let failed = |error: &dyn std::fmt::Display| msg!("没有办成：{}", error);
        Ok(Some(Sender {
            public_url: public_url.trim_end_matches('/').to_owned(),
            allowed: config.webhook_hosts.clone(),
            outward: builder().dns_resolver(Arc::new(Outward)).build().map_err(|error| failed(&error))?,
            inward: builder().no_proxy().build().map_err(|error| failed(&error))?,
            runtime: Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?,
        }))
    }
    fn send(&self, claimed: &Claimed, now: Timestamp) -> Outcome {
        if !robots::fits(claimed.kind, &claimed.address, &self.allowed) {
            return Outcome::Refused(msg!("机器人的地址写得不对"));
        }
        let link = format!("{}{}", self.public_url, claimed.link);
        let words = (claimed.title.as_str(), claimed.text.as_str(), link.as_str());
        let post = match robots::post(claimed.kind, (&claimed.address, &claimed.secret), words, now) {
            Ok(post) => post,
            Err(problem) => return Outcome::Refused(problem),
        };
        match self.runtime.block_on(self.answer(post)) {
            Ok((status, body)) => robots::read(claimed.kind, status, &body),
            Err(error) if error.is_timeout() => {
                Outcome::Later(msg!("{} 秒里没有回答，不知道有没有收到", ANSWER_SECONDS))
            }
            // Its address is the secret: nothing of it into rows and logs.
            Err(error) => Outcome::Later(msg!("连不上：{}", error.without_url())),
        }
    }
    async fn answer(&self, post: Post) -> reqwest::Result<(u16, String)> {
        let client = if robots::is_allowed(&post.url, &self.allowed) { &self.inward } else { &self.outward };
        let mut response = client
            .post(post.url)
            .header("content-type", "application/json; charset=utf-8")
            .body(post.body.to_string())
            .send()
            .await?;
        let (status, mut body) = (response.status().as_u16(), vec![]);
        while body.len() < ANSWER_BYTES
            && let Some(piece) = response.chunk().await?
        {
            body.extend_from_slice(&piece);
        }
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }
}

/// Finds addresses that are not of a private network: a name of somebody's own must not lead to a server beside this one.
struct Outward;

impl Resolve for Outward {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let look_up = move || (host.as_str(), 0).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
            let found: Vec<SocketAddr> = tokio::task::spawn_blocking(look_up).await??;
            let outward: Vec<SocketAddr> = found.into_iter().filter(|found| is_outward(found.ip())).collect();
            if outward.is_empty() {
                return Err("the name leads into a private network".into());
            }
            Ok(Box::new(outward.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is in the open network.
fn is_outward(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip == Ipv4Addr::BROADCAST
                || a == 0
                // of providers, between them and their customers (RFC 6598)
                || (a == 100 && (64..128).contains(&b)))
        }
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            !(ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || (first & 0xfe00) == 0xfc00
                || (first & 0xffc0) == 0xfe80)
        }
    }
}

/// Sends what is due; how many messages were taken. Several workers may do this at once.
///
/// # Errors
/// Those of the database. What goes wrong with a message is written to its row.
pub fn deliver(db: &Db, sender: &Sender, now: Timestamp) -> Result<usize> {
    let started = Instant::now();
    let clock = || now + Duration::from_std(started.elapsed()).unwrap_or_default();
    let mut taken = 0;
    for robot in db.read_now(|conn| store::due(conn, now))? {
        taken += serve(db, sender, robot, &clock)?;
    }
    Ok(taken)
}

/// One robot: as many messages as it takes in a minute, until one fails.
fn serve(db: &Db, sender: &Sender, robot: WebhookId, clock: &dyn Fn() -> Timestamp) -> Result<usize> {
    let mut taken = 0;
    while let Some(claimed) = db.write_now(|conn| store::claim(conn, robot, robots::A_MINUTE, clock()))? {
        let outcome = sender.send(&claimed, clock());
        let now = clock();
        note(&claimed, &outcome);
        let next = pause(claimed.tries);
        let (state, next, problem) = match &outcome {
            Outcome::Taken => (State::Sent, None, None),
            Outcome::Refused(why) => (State::GaveUp, None, Some(why)),
            Outcome::Later(why) | Outcome::Enough(_, why) if next.is_none() => {
                (State::GaveUp, None, Some(why))
            }
            Outcome::Later(why) => (State::Waiting, next.map(|pause| now + pause), Some(why)),
            Outcome::Enough(minutes, why) => {
                let pause = next.unwrap_or_default().max(Duration::minutes(*minutes));
                (State::Waiting, Some(now + pause), Some(why))
            }
        };
        let paused = match &outcome {
            Outcome::Enough(minutes, _) => Some(now + Duration::minutes(*minutes)),
            _ => None,
        };
        let problem = problem.map(Message::to_kept).unwrap_or_default();
        db.write_now(|conn| store::end(conn, &claimed, (state, next, paused), &problem, now))?;
        match outcome {
            Outcome::Taken => taken += 1,
            // What is wrong with one message alone does not hold up the others.
            Outcome::Refused(_) => {}
            Outcome::Later(_) | Outcome::Enough(..) => break,
        }
    }
    Ok(taken)
}

/// A line in the log, without the address.
fn note(claimed: &Claimed, outcome: &Outcome) {
    let word = match outcome {
        Outcome::Taken => "taken",
        Outcome::Later(_) => "later",
        Outcome::Enough(..) => "too many",
        Outcome::Refused(_) => "refused",
    };
    tracing::info!(webhook = claimed.webhook.0, tries = claimed.tries, outcome = word, "announcement");
}

/// Whether an address may be given to a robot at all, for the form.
pub(super) fn may_have(kind: super::Kind, address: &str, allowed: &[String]) -> bool {
    robots::fits(kind, address, allowed) && Url::parse(address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_not_outward() {
        for inward in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "255.255.255.255",
            "224.0.0.1",
            "::1",
            "::",
            "fc00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "ff02::1",
        ] {
            assert!(!is_outward(inward.parse().unwrap()), "{inward}");
        }
        for outward in ["1.1.1.1", "100.128.0.1", "172.32.0.1", "2606:4700::1111"] {
            assert!(is_outward(outward.parse().unwrap()), "{outward}");
        }
    }
}
