//! The store in a bucket of an S3 server. The client needs a runtime of its own kind: it runs on a thread here, so that jobs
//! on plain threads can wait for it and pages can await it. Large files go and come in pieces, each of which is tried again.
use super::{Kind, Result, SMALL, StoreError, disk};
use crate::config::ADDRESS_SECONDS;
use crate::lang::Message;
use crate::msg;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Place;
use object_store::signer::Signer;
use object_store::{
    Attribute, Attributes, ClientOptions, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions,
    RetryConfig,
};
use reqwest::{Method, Url};
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
/// How long one piece may take. 8 MiB within this are 230 kbit/s.
const PIECE_SECONDS: u64 = 300;
/// After this many seconds without success a request is given up.
const PATIENCE_SECONDS: u64 = 60;
const CONNECT_SECONDS: u64 = 5;

/// What `WEIXIAO_MEDIA_URL` says, read and checked.
#[derive(Debug, PartialEq, Eq)]
struct Settings {
    bucket: String,
    prefix: String,
    region: String,
    /// Where the portal reaches the store, and where browsers do; the bucket is in the host name, or comes after it.
    endpoint: String,
    public: String,
    is_host_style: bool,
}

impl Settings {
    /// Reads `s3://BUCKET/PREFIX?endpoint=…&region=…&public=…&style=…`.
    ///
    /// # Errors
    /// A sentence about the first mistake.
    fn of(url: &str) -> std::result::Result<Settings, Message> {
        let form = || msg!("WEIXIAO_MEDIA_URL 看不懂：要写成 s3://桶/前缀?endpoint=https://对象存储的地址");
        let parsed = Url::parse(url).map_err(|_| form())?;
        if parsed.scheme() != "s3" || parsed.port().is_some() || parsed.fragment().is_some() {
            return Err(form());
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(msg!(
                "WEIXIAO_MEDIA_URL 里不要写密钥：密钥用 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY"
            ));
        }
        let bucket = parsed.host_str().unwrap_or_default().to_owned();
        let may = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(may) {
            return Err(msg!("桶的名字写得不对：{}。只能是 3 到 63 个小写字母、数字、横线和点。", bucket));
        }
        let prefix = parsed.path().trim_matches('/').to_owned();
        let may = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'/');
        if !prefix.bytes().all(may) || prefix.split('/').any(|part| prefix != "" && part.is_empty()) {
            return Err(msg!("前缀写得不对：{}。只能用字母、数字、横线、点、下划线和斜线。", prefix));
        }
        let (mut endpoint, mut public, mut region, mut style) = (None, None, None, None);
        for (name, value) in parsed.query_pairs() {
            let place = match name.as_ref() {
                "endpoint" => &mut endpoint,
                "public" => &mut public,
                "region" => &mut region,
                "style" => &mut style,
                _ => {
                    return Err(msg!(
                        "WEIXIAO_MEDIA_URL 里不认识 {}：可以写 endpoint、public、region、style",
                        name
                    ));
                }
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(msg!("WEIXIAO_MEDIA_URL 里 {} 写了两次", name));
            }
        }
        let region = region.unwrap_or_else(|| "us-east-1".to_owned());
        if region.is_empty() || !region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(msg!("region 写得不对：{}", region));
        }
        let is_host_style = match style.as_deref() {
            // Amazon itself only speaks of buckets in host names.
            None => endpoint.is_none(),
            Some("path") => false,
            Some("host") => true,
            Some(other) => return Err(msg!("style 写得不对：{}。只能是 path 或 host。", other)),
        };
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let public = public.unwrap_or_else(|| endpoint.clone());
        let whole = |name: &str, address: &str| {
            let url = Url::parse(address).ok().filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.fragment().is_none()
                    && url.username().is_empty()
                    && url.password().is_none()
            });
            let origin = url.map(|url| url.origin().ascii_serialization()).ok_or_else(|| {
                // Not repeated: somebody may have written a password into it.
                msg!("WEIXIAO_MEDIA_URL 里的 {} 写得不对：要写成 https://主机名，后面不要加路径。", name)
            })?;
            Ok(match origin.split_once("://") {
                Some((scheme, host)) if is_host_style => format!("{scheme}://{bucket}.{host}"),
                _ => origin,
            })
        };
        Ok(Settings {
            endpoint: whole("endpoint", &endpoint)?,
            public: whole("public", &public)?,
            bucket,
            prefix,
            region,
            is_host_style,
        })
    }
    fn shown(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix).trim_end_matches('/').to_owned()
    }
    fn client(&self, endpoint: &str, (id, secret): &(String, String)) -> Result<Arc<AmazonS3>> {
        let options = ClientOptions::new()
            .with_allow_http(true)
            .with_connect_timeout(Duration::from_secs(CONNECT_SECONDS))
            .with_timeout(Duration::from_secs(PIECE_SECONDS));
        let retry = RetryConfig {
            max_retries: 5,
            retry_timeout: Duration::from_secs(PATIENCE_SECONDS),
            ..RetryConfig::default()
        };
        let client = AmazonS3Builder::new()
            .with_bucket_name(&self.bucket)
            .with_region(&self.region)
            .with_endpoint(endpoint)
            .with_virtual_hosted_style_request(self.is_host_style)
            .with_access_key_id(id)
            .with_secret_access_key(secret)
            .with_client_options(options)
            .with_retry(retry)
            .build();
        client.map(Arc::new).map_err(|error| StoreError::Said(msg!("对象存储的设置不对：{}", error)))
    }
}

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

    #[test]
    fn settings_are_read_with_their_defaults() {
        let of = |url: &str| Settings::of(url).unwrap();
        let own = of(
            "s3://weixiao-media/city/a?endpoint=http://127.0.0.1:9000&region=cn-1&public=https://m.example.cn",
        );
        assert_eq!(
            (own.bucket.as_str(), own.prefix.as_str(), own.region.as_str()),
            ("weixiao-media", "city/a", "cn-1")
        );
        assert_eq!(
            (own.endpoint.as_str(), own.public.as_str()),
            ("http://127.0.0.1:9000", "https://m.example.cn")
        );
        assert!(!own.is_host_style);
        let host = of("s3://bucket?endpoint=https://oss.example.cn&style=host");
        assert_eq!((host.endpoint.as_str(), host.prefix.as_str()), ("https://bucket.oss.example.cn", ""));
        assert_eq!(host.public, host.endpoint);
        assert_eq!(of("s3://bucket/?region=eu-west-1").endpoint, "https://bucket.s3.eu-west-1.amazonaws.com");
    }

    #[test]
    fn every_mistake_has_its_sentence() {
        for (url, said) in [
            ("", "看不懂"),
            ("folder", "看不懂"),
            ("https://bucket/prefix", "看不懂"),
            ("s3://", "桶的名字"),
            ("s3://Bucket", "桶的名字"),
            ("s3://ab", "桶的名字"),
            ("s3://key:secret@bucket", "不要写密钥"),
            ("s3://bucket/a%20b", "前缀"),
            ("s3://bucket/a//b", "前缀"),
            ("s3://bucket?endpoint=127.0.0.1:9000", "endpoint"),
            ("s3://bucket?endpoint=ftp://x", "endpoint"),
            ("s3://bucket?endpoint=https://x/path", "endpoint"),
            ("s3://bucket?endpoint=https://a:b@x", "endpoint"),
            ("s3://bucket?public=x", "public"),
            ("s3://bucket?region=a/b", "region"),
            ("s3://bucket?style=other", "style"),
            ("s3://bucket?region=a&region=b", "两次"),
            ("s3://bucket?secret=x", "不认识 secret"),
        ] {
            let message = Settings::of(url).unwrap_err().to_string();
            assert!(message.contains(said), "{url}: {message}");
            assert!(!message.contains("key:secret") && !message.contains("a:b"), "{message}");
        }
    }
}
