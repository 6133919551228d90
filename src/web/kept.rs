//! Pages of visitors, kept as the bytes that are sent. A kept page is shown only while the content has not moved on: the
//! database counts every change of what visitors see (`generations`), a process asks for the count at least every
//! [`LEASE`], and a write that moved it on is acknowledged only after that time. So a change is seen at
//! once, on every server of the installation. Without an answer from the database nothing kept is shown.
//!
//! Pages of people who are signed in are never kept, nor is anything that sets a cookie.
use crate::access::Viewer;
use crate::clock;
use crate::db::{Db, LEASE};
use crate::site::{Present, Site};
use crate::web::files::takes_gzip;
use crate::web::page::Manner;
use crate::web::parts::Parts;
use crate::web::squeeze::gzip;
use crate::web::surround::Guards;
use actix_web::body::{BoxBody, MessageBody, to_bytes};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpMessage, HttpResponse, HttpResponseBuilder};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// How much memory kept pages may take, in bytes.
const ROOM: u64 = 24 * 1024 * 1024;
/// Figures that are counted now and then are on some pages: no page is kept longer than they are.
pub(super) const LONGEST: Duration = Duration::from_secs(600);
/// After the database did not answer it is not asked again for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest address whose page is kept.
const LONGEST_ADDRESS: usize = 300;

/// The state of the content that a page was made from: its generation, and the day in the city, on which titles begin and
/// end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Stamp {
    generation: i64,
    day: i64,
}

struct KeptPage {
    stamp: Stamp,
    made: Instant,
    mime: HeaderValue,
    plain: (HeaderValue, Bytes),
    gzipped: (HeaderValue, Bytes),
}

#[derive(Clone)]
struct ByBytes;
impl Weighter<String, Arc<KeptPage>> for ByBytes {
    fn weight(&self, key: &String, page: &Arc<KeptPage>) -> u64 {
        (key.len() + page.plain.1.len() + page.gzipped.1.len() + 300) as u64
    }
}

/// The kept pages of this process, and its knowledge of how far the content is.
pub struct Kept {
    db: Db,
    site: Data<Present>,
    pages: Cache<String, Arc<KeptPage>, ByBytes>,
    pub(super) parts: Parts,
    born: Instant,
    generation: AtomicI64,
    day: AtomicI64,
    /// When the question that was answered last was asked, in microseconds since `born`.
    asked: AtomicU64,
    /// When the database did not answer, likewise; 0 for never.
    failed: AtomicU64,
    asking: tokio::sync::Mutex<()>,
    guards: Guards,
    pub hits: AtomicU64,
    pub misses: AtomicU64,
}

impl Kept {
    pub fn new(db: Db, site: Data<Present>, guards: Guards) -> Kept {
        Kept {
            db,
            site,
            // A page takes about 12 KB with both its forms.
            pages: Cache::with_weighter(ROOM as usize / 12_000, ROOM, ByBytes),
            parts: Parts::default(),
            born: Instant::now(),
            generation: AtomicI64::new(-1),
            day: AtomicI64::new(0),
            asked: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            asking: tokio::sync::Mutex::new(()),
            guards,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        }
    }
    /// What pages are made of at present; `None` while the database does not say how far the content is.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        let generation = self.generation.load(SeqCst);
        (generation >= 0 && self.is_fresh()).then(|| Stamp { generation, day: self.day.load(SeqCst) })
    }
    fn micros(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
    fn is_fresh(&self) -> bool {
        let asked = self.asked.load(SeqCst);
        asked > 0
            && self.micros().saturating_sub(asked) < LEASE.as_micros() as u64
            && self.db.generation_seen() == self.generation.load(SeqCst)
    }
    /// Learns how far the content is, unless that was asked a moment ago, and reads the settings anew if it has moved on.
    pub(super) async fn refresh(&self) {
        if self.is_fresh() {
            return;
        }
        let _one_at_a_time = self.asking.lock().await;
        let failed = self.failed.load(SeqCst);
        if self.is_fresh() || (failed > 0 && self.micros() - failed < PAUSE.as_micros() as u64) {
            return;
        }
        let asked = self.micros().max(1);
        if self.learn().await.is_ok() {
            self.failed.store(0, SeqCst);
            self.asked.store(asked, SeqCst);
        } else {
            // The page itself says why, if it needs the database.
            self.generation.store(-1, SeqCst);
            self.failed.store(self.micros().max(1), SeqCst);
        }
    }
    async fn learn(&self) -> crate::error::Result<()> {
        let generation = self.db.generation().await?;
        let today = clock::day(clock::now());
        let day = i64::from(chrono::Datelike::num_days_from_ce(&today));
        if generation != self.generation.load(SeqCst) || day != self.day.load(SeqCst) {
            let site = self.db.read(move |conn| Site::load(conn, today)).await?;
            self.site.set(site);
            self.pages.clear();
            self.parts.clear();
            self.day.store(day, SeqCst);
            self.generation.store(generation, SeqCst);
        }
        Ok(())
    }
    fn find(&self, key: &str) -> Option<Arc<KeptPage>> {
        let stamp = self.stamp()?;
        let page = self.pages.get(key).filter(|page| page.stamp == stamp && page.made.elapsed() < LONGEST)?;
        self.hits.fetch_add(1, Relaxed);
        Some(page)
    }
    /// How many bytes of pages are kept.
    pub fn weight(&self) -> u64 {
        self.pages.weight()
    }
}

/// The outermost layer: brings the knowledge of the content up to date, and answers a visitor from what is kept.
pub async fn front(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Some(kept) = request.app_data::<Data<Kept>>() {
        kept.refresh().await;
        if is_of_visitor(&request)
            && let Some(page) = kept.find(&key(request.headers(), request.uri()))
        {
            let mut answer = answer(request.headers(), &page);
            kept.guards.put_on(answer.headers_mut());
            return Ok(request.into_response(answer));
        }
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Whether nobody is signed in, and the request only reads. The session is looked for by others, who read cookies more
/// generously: whatever could be a session to them is one here.
fn is_of_visitor(request: &ServiceRequest) -> bool {
    matches!(*request.method(), Method::GET | Method::HEAD) && !may_have_session(request.headers())
}

fn may_have_session(headers: &HeaderMap) -> bool {
    headers.get_all(header::COOKIE).any(|line| {
        // Other bytes than ASCII, and names that are written in another way, are for the session to read.
        !line.as_bytes().is_ascii()
            || line.to_str().is_ok_and(|line| {
                line.split(';').any(|pair| {
                    let name = pair.split('=').next().unwrap_or_default().trim();
                    name == "session" || name.contains('%')
                })
            })
    })
}

/// A cookie's value, without reading all of them into a list.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok()).find_map(|line| {
        line.split(';').find_map(|pair| pair.trim_start().strip_prefix(name)?.strip_prefix('='))
    })
}

/// What a kept page is found by: everything that it depends on.
fn key(headers: &HeaderMap, address: &Uri) -> String {
    let manner = Manner::of_cookies(|name| cookie(headers, name));
    let address = address.path_and_query().map_or("/", |address| address.as_str());
    let mut key = String::with_capacity(address.len() + 3);
    key.push(if manner.lang.is_en() { 'e' } else { 'z' });
    key.push(if manner.is_elder { 'e' } else { 's' });
    key.push(manner.theme.letter());
    key.push_str(address);
    key
}

fn answer(headers: &HeaderMap, page: &KeptPage) -> HttpResponse {
    let is_gzip = takes_gzip(headers);
    let (tag, body) = if is_gzip { &page.gzipped } else { &page.plain };
    let is_known = headers.get(header::IF_NONE_MATCH).is_some_and(|sent| {
        sent.as_bytes().split(|b| *b == b',').any(|one| one.trim_ascii() == tag.as_bytes())
    });
    let mut response =
        HttpResponseBuilder::new(if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    response
        .insert_header((header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")))
        .insert_header((header::VARY, HeaderValue::from_static("Cookie, Accept-Encoding")))
        .insert_header((header::ETAG, tag.clone()));
    if is_known {
        return response.finish();
    }
    // Also said of what is not compressed, so that no later layer compresses it on the way.
    let encoding = HeaderValue::from_static(if is_gzip { "gzip" } else { "identity" });
    response
        .insert_header((header::CONTENT_TYPE, page.mime.clone()))
        .insert_header((header::CONTENT_ENCODING, encoding))
        .body(body.clone())
}

/// The layer around the handler of a page that is kept. `names` are the parameters that it reads; those that messengers add
/// to links make no page of their own.
pub async fn keep(
    names: &'static [&'static str],
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let kept = request.app_data::<Data<Kept>>().cloned();
    let is_visitor = is_of_visitor(&request) && request.extensions().get::<Viewer>().is_none();
    let (true, Some(kept), Some(address)) = (is_visitor, kept, canonical(request.uri(), names)) else {
        return next.call(request).await;
    };
    kept.refresh().await;
    let Some(stamp) = kept.stamp() else { return next.call(request).await };
    request.head_mut().uri = address;
    let key = key(request.headers(), request.uri());
    if let Some(page) = kept.find(&key) {
        let answer = answer(request.headers(), &page);
        return Ok(request.into_response(answer));
    }
    kept.misses.fetch_add(1, Relaxed);
    let response = next.call(request).await?;
    let is_plain =
        response.status() == StatusCode::OK && !response.headers().contains_key(header::SET_COOKIE);
    let Some(mime) = response.headers().get(header::CONTENT_TYPE).filter(|_| is_plain).cloned() else {
        return Ok(response);
    };
    let (request, made) = response.into_parts();
    let body = to_bytes(made.into_body()).await?;
    let page = Arc::new(KeptPage {
        stamp,
        made: Instant::now(),
        mime,
        gzipped: tagged(gzip(&body, 6)?),
        plain: tagged(body),
    });
    let answer = answer(request.headers(), &page);
    kept.pages.insert(key, page);
    Ok(ServiceResponse::new(request, answer))
}

/// The bytes with their strong validator.
fn tagged(bytes: Bytes) -> (HeaderValue, Bytes) {
    use sha2::Digest;
    let digest = crate::ids::hex(&sha2::Sha256::digest(&bytes)[..9]);
    let tag = HeaderValue::from_str(&format!("\"{digest}\"")).unwrap_or(HeaderValue::from_static("\"\""));
    (tag, bytes)
}

/// What messengers and advertisements add to links, and no page reads.
const ADDED: [&str; 14] = [
    "from",
    "isappinstalled",
    "scene",
    "subscene",
    "ascene",
    "clicktime",
    "enterid",
    "sessionid",
    "nettype",
    "exportkey",
    "pass_ticket",
    "wx_header",
    "utm_source",
    "utm_medium",
];

/// The address with the parameters that the page reads, in their order, without empty and repeated ones. `None` where the
/// page is not kept: for a parameter that nobody named (what was done, at which moment to begin), and an overlong address.
fn canonical(uri: &Uri, names: &[&str]) -> Option<Uri> {
    let query = uri.query().unwrap_or_default();
    let mut pairs: Vec<Option<&str>> = vec![None; names.len()];
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match names.iter().position(|known| *known == name) {
            Some(place) if !value.is_empty() && pairs[place].is_none() => pairs[place] = Some(pair),
            Some(_) => {}
            None if ADDED.contains(&name) => {}
            None => return None,
        }
    }
    let query = pairs.into_iter().flatten().collect::<Vec<_>>().join("&");
    let address = if query.is_empty() { uri.path().to_owned() } else { format!("{}?{query}", uri.path()) };
    if address.len() > LONGEST_ADDRESS { None } else { address.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_the_page_reads_in_order() {
        let of = |uri: &str| canonical(&uri.parse().unwrap(), &["topic", "page"]).map(|uri| uri.to_string());
        assert_eq!(of("/lectures").as_deref(), Some("/lectures"));
        assert_eq!(
            of("/lectures?page=2&from=timeline&topic=rescue&isappinstalled=0").as_deref(),
            Some("/lectures?topic=rescue&page=2")
        );
        assert_eq!(of("/lectures?topic=&page=2&page=3").as_deref(), Some("/lectures?page=2"));
        assert_eq!(of("/lectures?done=sent"), None);
        assert_eq!(of("/lectures/1?t=30"), None);
        assert_eq!(of(&format!("/lectures?topic={}", "a".repeat(400))), None);
    }

    #[test]
    fn what_could_be_a_session_to_somebody_is_one() {
        let has = |line: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_bytes(line).unwrap());
            may_have_session(&headers)
        };
        for line in
            ["session=a", "lang=en; session =a", "sess%69on=a", "name=张三; x=1", "x=1;session", "a%20b=1"]
        {
            assert!(has(line.as_bytes()), "{line}");
        }
        for line in ["lang=en", "mysession=1; mode=elder", "x=session%3D1"] {
            assert!(!has(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others_and_not_inside_their_names() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("mysession=1; lang=en;session=abc"));
        assert_eq!(cookie(&headers, "session"), Some("abc"));
        assert_eq!(cookie(&headers, "lang"), Some("en"));
        assert_eq!(cookie(&headers, "mode"), None);
    }
}
