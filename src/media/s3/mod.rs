//! The store in a bucket of an S3 server. The client needs a runtime of its own kind: it runs on a thread here, so that jobs
//! on plain threads can wait for it and pages can await it. Large files go and come in pieces, each of which is tried again.
mod settings;

use super::{Kind, Result, SMALL, StoreError, disk};
use crate::config::ADDRESS_SECONDS;
use crate::msg;
use object_store::aws::AmazonS3;
use object_store::path::Path as Place;
use object_store::signer::Signer;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions};
use reqwest::Method;
use settings::{CONNECT_SECONDS, Settings};
use std::fs::File;
use std::future::Future;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;

/// A piece of a large file, in bytes. With 10,000 pieces at most, files may be 80 GB large.
const PIECE: usize = 8 * 1024 * 1024;
/// Pieces under way at once: what one file takes of memory is four times [`PIECE`].
const AT_ONCE: usize = 4;

pub(super) fn shown(url: &str) -> Result<String> {
    Settings::of(url).map(|settings| settings.shown()).map_err(StoreError::Said)
}

/// A bucket, and the thread on which its client runs.
pub(super) struct S3 {
    client: Arc<AmazonS3>,
    /// The same with the address at which browsers reach it: a signature covers the host.
    signer: Arc<AmazonS3>,
    prefix: String,
    pub origin: String,
    pub shown: String,
    thread: Background,
}

impl S3 {
    pub fn open(url: &str) -> Result<S3> {
        let settings = Settings::of(url).map_err(StoreError::Said)?;
        let key = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let keys = match (key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY")) {
            (Some(id), Some(secret)) => (id, secret),
            _ => {
                return Err(StoreError::Said(msg!(
                    "设了 WEIXIAO_MEDIA_URL，还要用环境变量 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY 给出密钥"
                )));
            }
        };
        // Somebody else in the process may have named a provider already; that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Ok(S3 {
            client: settings.client(&settings.endpoint, &keys)?,
            signer: settings.client(&settings.public, &keys)?,
            thread: Background::start()
                .map_err(|error| StoreError::Disk("a thread for the S3 store".into(), error))?,
            shown: settings.shown(),
            origin: settings.public,
            prefix: settings.prefix,
        })
    }
    fn place(&self, key: &str) -> Place {
        if self.prefix.is_empty() { Place::from(key) } else { Place::from(format!("{}/{key}", self.prefix)) }
    }

    pub fn put_file(&self, key: &str, from: &Path) -> Result<()> {
        let mut file = File::open(from).map_err(disk(from))?;
        let first = piece(&mut file).map_err(disk(from))?;
        if first.len() < PIECE {
            return self.put_bytes(key, &first);
        }
        let (client, place) = (self.client.clone(), self.place(key));
        let options = PutMultipartOptions { attributes: attributes(key), ..PutMultipartOptions::default() };
        let mut upload = self
            .thread
            .wait(async move { client.put_multipart_opts(&place, options).await })?
            .map_err(told)?;
        let send = || {
            let (mut under_way, mut next) = (std::collections::VecDeque::new(), first);
            while !next.is_empty() {
                if under_way.len() == AT_ONCE {
                    arrived(under_way.pop_front())?;
                }
                under_way.push_back(self.thread.begin(upload.put_part(std::mem::take(&mut next).into())));
                next = piece(&mut file).map_err(disk(from))?;
            }
            under_way.into_iter().try_for_each(|one| arrived(Some(one)))
        };
        let sent = send();
        self.thread.wait(async move {
            match sent {
                Ok(()) => upload.complete().await.map(|_| ()).map_err(told),
                Err(error) => {
                    // Pieces of what is given up would cost money for ever.
                    if let Err(error) = upload.abort().await {
                        tracing::warn!(%error, "pieces of a given-up file stay in the S3 store");
                    }
                    Err(error)
                }
            }
        })?
    }
    pub fn put_bytes(&self, key: &str, bytes: &[u8]) -> Result<()> {
        let (client, place, bytes) = (self.client.clone(), self.place(key), bytes.to_vec());
        let options = PutOptions { attributes: attributes(key), ..PutOptions::default() };
        self.thread
            .wait(async move { client.put_opts(&place, bytes.into(), options).await })?
            .map_err(told)?;
        Ok(())
    }
    pub fn get_to(&self, key: &str, to: &Path) -> Result<()> {
        let size = self.size(key)?;
        let mut file = File::create_new(to).map_err(disk(to))?;
        let fetched = (0..size).step_by(PIECE).try_for_each(|start| {
            let (client, place) = (self.client.clone(), self.place(key));
            let end = size.min(start + PIECE as u64);
            let piece = self.thread.wait(async move { client.get_range(&place, start..end).await })?;
            file.write_all(&piece.map_err(told)?).map_err(disk(to))
        });
        if fetched.is_err() {
            std::fs::remove_file(to).map_err(disk(to))?;
        }
        fetched
    }
    /// What a small file holds, awaited.
    pub async fn read(&self, key: &str) -> Result<Vec<u8>> {
        self.thread.run(self.reading(key)).await?
    }
    pub fn get_bytes(&self, key: &str) -> Result<Vec<u8>> {
        self.thread.wait(self.reading(key))?
    }
    fn reading(&self, key: &str) -> impl Future<Output = Result<Vec<u8>>> + Send + use<> {
        let (client, place) = (self.client.clone(), self.place(key));
        async move {
            let found = client.get(&place).await.map_err(told)?;
            if found.meta.size > SMALL {
                return Err(StoreError::Disk(place.to_string(), io::ErrorKind::FileTooLarge.into()));
            }
            Ok(found.bytes().await.map_err(told)?.to_vec())
        }
    }
    pub fn size(&self, key: &str) -> Result<u64> {
        let (client, place) = (self.client.clone(), self.place(key));
        Ok(self.thread.wait(async move { client.head(&place).await })?.map_err(told)?.size)
    }
    pub fn delete(&self, key: &str) -> Result<()> {
        let (client, place) = (self.client.clone(), self.place(key));
        match self.thread.wait(async move { client.delete(&place).await })?.map_err(told) {
            Err(StoreError::Missing) => Ok(()),
            other => other,
        }
    }
    pub fn delete_folder(&self, folder: &str) -> Result<()> {
        let (client, place) = (self.client.clone(), self.place(folder));
        self.thread.wait(async move {
            for file in client.list_with_delimiter(Some(&place)).await.map_err(told)?.objects {
                match client.delete(&file.location).await.map_err(told) {
                    Ok(()) | Err(StoreError::Missing) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })?
    }
    /// An address at which the file can be read for so many seconds, with this method and no other.
    pub fn presigned(
        &self,
        method: Method,
        key: &str,
        seconds: i64,
    ) -> impl Future<Output = Result<String>> + Send + use<> {
        let lifetime = Duration::from_secs(u64::try_from(seconds.clamp(1, ADDRESS_SECONDS)).unwrap_or(1));
        let (signer, place) = (self.signer.clone(), self.place(key));
        // Nobody is asked: the keys are known, so this is only reckoned.
        async move { Ok(signer.signed_url(method, &place, lifetime).await.map_err(told)?.into()) }
    }
    pub fn presigned_waiting(&self, key: &str, seconds: i64) -> Result<String> {
        self.thread.wait(self.presigned(Method::GET, key, seconds))?
    }
    /// Asks for a file as a browser on a page of `public_url` would; whether the store admits such pages.
    pub fn ask_as_browser(&self, key: &str, public_url: &str) -> Result<bool> {
        let (address, origin) = (self.presigned_waiting(key, 60)?, public_url.to_owned());
        let at = self.origin.clone();
        self.thread.wait(async move {
            let unreachable = |error: reqwest::Error| {
                StoreError::Said(msg!("浏览器用的地址 {} 打不开：{}", at, deepest(&error)))
            };
            let client = reqwest::Client::builder()
                .connect_timeout(Duration::from_secs(CONNECT_SECONDS))
                .timeout(Duration::from_secs(30))
                .build()
                .map_err(&unreachable)?;
            let answer = client.get(address).header("origin", &origin).send().await.map_err(&unreachable)?;
            if !answer.status().is_success() {
                return Err(StoreError::Said(msg!(
                    "浏览器用的地址 {} 拒绝签过名的请求（{}）。它前面的代理要原样转发 Host。",
                    at,
                    answer.status().as_u16()
                )));
            }
            let admitted = answer.headers().get("access-control-allow-origin");
            Ok(admitted
                .and_then(|value| value.to_str().ok())
                .is_some_and(|value| value == "*" || value == origin))
        })?
    }
}

/// The next piece of a file, shorter only at its end.
fn piece(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(PIECE);
    file.take(PIECE as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

type Arriving = std::sync::mpsc::Receiver<object_store::Result<()>>;
fn arrived(one: Option<Arriving>) -> Result<()> {
    match one.map(|one| one.recv()) {
        None => Ok(()),
        Some(Ok(outcome)) => outcome.map_err(told),
        Some(Err(_)) => Err(stopped()),
    }
}

/// What the store says of a file when a browser asks it.
fn attributes(key: &str) -> Attributes {
    let kind = key.rsplit('/').next().and_then(Kind::of);
    Attributes::from_iter([
        (Attribute::ContentType, kind.map_or("application/octet-stream", Kind::mime)),
        (Attribute::CacheControl, kind.map_or("private, no-store", Kind::keeping)),
    ])
}

/// The cause at the bottom: those above repeat each other.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}

/// An answer of the store, in the words of an operator.
fn told(error: object_store::Error) -> StoreError {
    use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
    let text = error.to_string();
    let code =
        text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    StoreError::Said(match (&error, code) {
        (_, Some("NoSuchBucket")) => msg!("对象存储里没有这个桶"),
        (NotFound { .. }, _) => return StoreError::Missing,
        (PermissionDenied { .. } | Unauthenticated { .. }, code) => {
            msg!("对象存储不让进：密钥不对，或没有权限（{}）", code.unwrap_or("403"))
        }
        (_, Some(code)) => msg!("对象存储没有照办：{}", code),
        (other, None) => msg!("连不上对象存储：{}", deepest(other)),
    })
}

fn stopped() -> StoreError {
    StoreError::Said(msg!("连不上对象存储：{}", "the thread of its client has stopped"))
}

/// A thread with a runtime; it ends when this is dropped.
struct Background {
    handle: Handle,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl Background {
    fn start() -> io::Result<Background> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stops) = tokio::sync::oneshot::channel::<()>();
        std::thread::Builder::new().name("s3".into()).spawn(move || {
            // It ends with an error when the other side is dropped: that is the sign.
            let _ = runtime.block_on(stops);
        })?;
        Ok(Background { handle, _stop: stop })
    }
    /// Begins on that thread; the outcome comes through the channel.
    fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> std::sync::mpsc::Receiver<T> {
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Whoever asked may have given up meanwhile.
            let _ = tell.send(work.await);
        });
        told
    }
    /// Waits for it: not for threads of pages.
    fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        self.begin(work).recv().map_err(|_| stopped())
    }
    async fn run<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        self.handle.spawn(work).await.map_err(|_| stopped())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that gives one answer to everything: its address.
    fn answering(status: &'static str, body: &'static str) -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let read = stream.read(&mut [0; 8192]).unwrap();
                assert!(read > 0);
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        format!("http://{address}")
    }

    #[test]
    fn what_the_store_answers_is_said_in_words() {
        let keys = ("who".to_owned(), "secret".to_owned());
        let _ = rustls::crypto::ring::default_provider().install_default();
        let background = Background::start().unwrap();
        for (status, body, wanted) in [
            ("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>", "没有这个桶"),
            (
                "403 Forbidden",
                "<Error><Code>InvalidAccessKeyId</Code></Error>",
                "不让进：密钥不对，或没有权限（InvalidAccessKeyId）",
            ),
            (
                "400 Bad Request",
                "<Error><Code>AuthorizationHeaderMalformed</Code></Error>",
                "没有照办：AuthorizationHeaderMalformed",
            ),
        ] {
            let settings =
                Settings::of(&format!("s3://bucket?endpoint={}", answering(status, body))).unwrap();
            let client = settings.client(&settings.endpoint, &keys).unwrap();
            let put = async move { client.put(&Place::from("a"), vec![1].into()).await };
            let error = told(background.wait(put).unwrap().unwrap_err());
            assert!(error.to_string().contains(wanted), "{error}");
        }
        let settings =
            Settings::of(&format!("s3://bucket?endpoint={}", answering("404 Not Found", ""))).unwrap();
        let client = settings.client(&settings.endpoint, &keys).unwrap();
        let head = async move { client.head(&Place::from("a")).await };
        assert!(matches!(told(background.wait(head).unwrap().unwrap_err()), StoreError::Missing));
    }
}
