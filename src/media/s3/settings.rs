//! What `WEIXIAO_MEDIA_URL` says of the S3 store, and a client made from it.
use crate::lang::Message;
use crate::media::{Result, StoreError};
use crate::msg;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};
use reqwest::Url;
use std::sync::Arc;
use std::time::Duration;

/// How long one piece may take. 8 MiB within this are 230 kbit/s.
const PIECE_SECONDS: u64 = 300;
/// After this many seconds without success a request is given up.
const PATIENCE_SECONDS: u64 = 60;
/// How long a connection may take, in seconds.
pub(super) const CONNECT_SECONDS: u64 = 5;

/// What `WEIXIAO_MEDIA_URL` says, read and checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub bucket: String,
    pub prefix: String,
    pub region: String,
    /// Where the portal reaches the store, and where browsers do; the bucket is in the host name, or comes after it.
    pub endpoint: String,
    pub public: String,
    is_host_style: bool,
}

impl Settings {
    /// Reads `s3://BUCKET/PREFIX?endpoint=…&region=…&public=…&style=…`.
    ///
    /// # Errors
    /// A sentence about the first mistake.
    pub fn of(url: &str) -> std::result::Result<Settings, Message> {
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
        if !prefix.bytes().all(may) || prefix.split('/').any(|part| !prefix.is_empty() && part.is_empty()) {
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
    pub fn shown(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix).trim_end_matches('/').to_owned()
    }
    pub fn client(&self, endpoint: &str, (id, secret): &(String, String)) -> Result<Arc<AmazonS3>> {
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
