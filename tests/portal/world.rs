//! A town of its own for each test, and browsers to visit it with. The town is `demo::Scale::TOWN`, made once in a run
//! and copied: a file on SQLite, a database from a template on PostgreSQL.
use actix_web::body::to_bytes;
use actix_web::cookie::Cookie;
use actix_web::dev::Service;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{App, test};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use weixiao::app::Portal;
use weixiao::clock::{self, Timestamp};
use weixiao::config::Config;
use weixiao::db::{Conn, Db};
use weixiao::demo;

pub struct World {
    pub db: Db,
    pub portal: Portal,
    pub url: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub location: Option<String>,
    pub headers: BTreeMap<String, String>,
    pub body: String,
    pub bytes: usize,
    /// The body of a file, byte for byte.
    pub raw: Vec<u8>,
}

impl Answer {
    /// What comes between two pieces of the page, the first time.
    pub fn between(&self, before: &str, after: &str) -> &str {
        let rest = self.body.split_once(before).unwrap_or_else(|| panic!("no {before:?} in {}", self.body)).1;
        rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} in {rest}")).0
    }
    /// The idempotency key of the form on the page.
    pub fn key(&self) -> String {
        self.between(r#"name="key" value=""#, "\"").to_owned()
    }
}

static NUMBER: AtomicU32 = AtomicU32::new(0);
pub static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("weixiao-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
});
static MADE_AT: LazyLock<Timestamp> = LazyLock::new(clock::now);

/// The server of `TEST_DATABASE_URL`, without a database name; `None` on SQLite.
pub fn server() -> Option<String> {
    let url = std::env::var("TEST_DATABASE_URL").ok()?;
    Some(url.rsplit_once('/').expect("TEST_DATABASE_URL is postgres://…/database").0.to_owned())
}

fn on_server(server: &str, sql: &str) {
    let mut conn = PgConnection::establish(&format!("{server}/postgres")).unwrap();
    conn.batch_execute(sql).unwrap();
}

/// The town that all worlds are copies of: its address.
static TEMPLATE: LazyLock<String> = LazyLock::new(|| made(demo::Scale::TOWN));
/// The same town before anybody made a course.
static BARE: LazyLock<String> = LazyLock::new(|| made(demo::Scale::BARE));

fn made(scale: demo::Scale) -> String {
    let url = empty_database();
    let db = Db::open(&url, true).unwrap();
    let media = FOLDER.join("media");
    db.write_now(|conn| demo::make(conn, &media, scale, *MADE_AT, &mut |_, _| {})).unwrap();
    if url.starts_with("sqlite:") {
        db.close_sqlite().unwrap();
    }
    url
}

fn fresh_name() -> String {
    format!("t_{}_{}", std::process::id(), NUMBER.fetch_add(1, Relaxed))
}

/// The address of a database with nothing in it: a new one on PostgreSQL, a file that does not exist yet on SQLite.
pub fn empty_database() -> String {
    let name = fresh_name();
    match server() {
        Some(server) => {
            on_server(&server, &format!("CREATE DATABASE {name}"));
            format!("{server}/{name}")
        }
        None => format!("sqlite:{}", FOLDER.join(format!("{name}.db")).display()),
    }
}

/// How a server of the tests runs.
pub fn config(url: &str) -> Config {
    Config {
        database_url: url.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        media: FOLDER.join("media"),
        media_url: None,
        uploads: FOLDER.join("uploads"),
        witness: None,
        accel: None,
        public_url: None,
        trusted_proxies: vec![],
        metrics_token: None,
        smtp: None,
        is_demo: false,
    }
}

impl World {
    pub fn new() -> World {
        World::copy(&TEMPLATE)
    }
    /// A town in which nobody has made a course, an event or a question yet.
    pub fn before_courses() -> World {
        World::copy(&BARE)
    }
    fn copy(template: &str) -> World {
        let name = fresh_name();
        let url = match server() {
            Some(server) => {
                let from = template.rsplit('/').next().unwrap();
                on_server(&server, &format!("CREATE DATABASE {name} TEMPLATE {from}"));
                format!("{server}/{name}")
            }
            None => {
                let path = FOLDER.join(format!("{name}.db"));
                std::fs::copy(template.trim_start_matches("sqlite:"), &path).unwrap();
                format!("sqlite:{}", path.display())
            }
        };
        World::at(url)
    }
    pub fn at(url: String) -> World {
        let db = Db::open(&url, true).unwrap();
        World { portal: Portal::new(db.clone(), config(&url)).unwrap(), db, url }
    }
    /// The same town behind another configuration.
    pub fn with(&self, change: impl FnOnce(&mut Config)) -> World {
        let mut config = config(&self.url);
        change(&mut config);
        let portal = Portal::new(self.db.clone(), config).unwrap();
        World { portal, db: self.db.clone(), url: self.url.clone() }
    }
    pub fn visitor(&self) -> Browser<'_> {
        Browser {
            world: self,
            cookies: RefCell::default(),
            headers: vec![("sec-fetch-site".into(), "same-origin".into())],
        }
    }
    /// A browser in which this demo account has signed in.
    pub async fn signed_in(&self, name: &str) -> Browser<'_> {
        let browser = self.visitor();
        let answer = browser.post("/sign-in", &[("name", name), ("password", demo::PASSWORD)]).await;
        assert_eq!(answer.status, 303, "{name} signs in: {}", answer.body);
        browser
    }
    /// Runs SQL that both databases understand.
    pub fn sql(&self, sql: &str) {
        self.try_sql(sql).unwrap();
    }
    pub fn try_sql(&self, sql: &str) -> Result<(), String> {
        self.db
            .write_now(|conn| Ok(weixiao::either!(conn, c => c.batch_execute(sql))?))
            .map_err(|error| error.to_string())
    }
    /// How SQLite would run this query.
    pub fn plan(&self, query: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Step {
            #[diesel(sql_type = diesel::sql_types::Text)]
            detail: String,
        }
        let sql = format!("EXPLAIN QUERY PLAN {query}");
        let steps = self
            .db
            .write_now(|conn: &mut Conn| {
                Ok(weixiao::either!(conn, c => diesel::sql_query(&sql).load::<Step>(c))?)
            })
            .unwrap();
        steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("; ")
    }
    /// The one text that this query gives.
    pub fn text(&self, sql: &str) -> String {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::Text)]
            t: String,
        }
        let sql = format!("SELECT CAST(({sql}) AS TEXT) AS t");
        self.db
            .write_now(|conn: &mut Conn| {
                Ok(weixiao::either!(conn, c => diesel::sql_query(&sql).get_result::<Row>(c))?.t)
            })
            .unwrap()
    }
    /// The one number that this query gives.
    pub fn number(&self, sql: &str) -> i64 {
        #[derive(diesel::QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            n: i64,
        }
        let sql = format!("SELECT CAST(({sql}) AS BIGINT) AS n");
        self.db
            .write_now(|conn: &mut Conn| {
                Ok(weixiao::either!(conn, c => diesel::sql_query(&sql).get_result::<Row>(c))?.n)
            })
            .unwrap()
    }
}

/// Somebody's browser: keeps cookies, and says that its forms come from our own pages.
pub struct Browser<'a> {
    pub world: &'a World,
    pub cookies: RefCell<BTreeMap<String, String>>,
    /// Sent with every request.
    pub headers: Vec<(String, String)>,
}

impl Browser<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect::<Vec<_>>()
            .join("&");
        self.send(Method::POST, path, Some(body), &[]).await
    }
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        form: Option<String>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut request = self.request(method, path, headers);
        if let Some(form) = form {
            request = request
                .insert_header((header::CONTENT_TYPE, "application/x-www-form-urlencoded"))
                .set_payload(form);
        }
        self.answer(request).await
    }
    /// Posts JSON, as a script of our pages does.
    pub async fn json(&self, path: &str, body: &str) -> Answer {
        let kind = (header::CONTENT_TYPE, "application/json");
        self.answer(self.request(Method::POST, path, &[]).insert_header(kind).set_payload(body.to_owned()))
            .await
    }
    /// Posts a form with a file; its parts are divided by `frontier`.
    pub async fn send_bytes(&self, path: &str, body: Vec<u8>) -> Answer {
        let kind = (header::CONTENT_TYPE, "multipart/form-data; boundary=frontier");
        let request = self.request(Method::POST, path, &[]).insert_header(kind).set_payload(body);
        self.answer(request).await
    }
    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> test::TestRequest {
        let mut request = test::TestRequest::default()
            .method(method)
            .uri(path)
            .peer_addr("127.0.0.9:4000".parse().unwrap());
        for (name, value) in
            self.headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(headers.iter().copied())
        {
            request = request.insert_header((name, value));
        }
        for (name, value) in self.cookies.borrow().iter() {
            request = request.cookie(Cookie::new(name.clone(), value.clone()));
        }
        request
    }
    /// A file as it was sent.
    pub async fn bytes(&self, path: &str) -> (Answer, Vec<u8>) {
        self.whole(self.request(Method::GET, path, &[])).await
    }
    async fn answer(&self, request: test::TestRequest) -> Answer {
        self.whole(request).await.0
    }
    async fn whole(&self, request: test::TestRequest) -> (Answer, Vec<u8>) {
        let portal = self.world.portal.clone();
        let app = test::init_service(App::new().configure(|app| portal.configure(app))).await;
        let response = match app.call(request.to_request()).await {
            Ok(response) => response.into_parts().1.map_into_boxed_body(),
            Err(error) => error.error_response(),
        };
        for cookie in response.cookies() {
            let gone = cookie.value().is_empty() || cookie.max_age().is_some_and(|age| age.is_zero());
            if gone {
                self.cookies.borrow_mut().remove(cookie.name());
            } else {
                self.cookies.borrow_mut().insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        let headers: BTreeMap<_, _> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
            .collect();
        let status = response.status();
        let bytes = to_bytes(response.into_body()).await.unwrap();
        let answer = Answer {
            status,
            location: headers.get("location").cloned(),
            headers,
            bytes: bytes.len(),
            raw: bytes.to_vec(),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        };
        (answer, bytes.to_vec())
    }
}

/// Percent-encodes a value for a form.
pub fn escape(value: &str) -> String {
    value
        .bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
