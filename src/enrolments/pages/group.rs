//! A branch enrols its people together: a list is pasted or sent, looked at as it would go, and then it goes.
use super::branch::open_course;
use crate::access::Permission::EnrolMembers;
use crate::access::Viewer;
use crate::clock;
use crate::courses::Course;
use crate::db::{Conn, Db};
use crate::enrolments::group::{self, Judged, Line, Listing, MOST_LINES};
use crate::enrolments::{self, Mode, Offering, Refusal};
use crate::error::{Error, Result};
use crate::ids::random_hex;
use crate::web::body;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use crate::web::sheet;
use actix_multipart::Multipart;
use actix_web::web::{Data, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/branch/enrol/group", EnrolMembers, show),
        post("/branch/enrol/group", EnrolMembers, check),
        post("/branch/enrol/group/apply", EnrolMembers, apply),
    ]
}

/// A file with what stands beside it in the form.
const LARGEST_FILE: usize = sheet::LARGEST + 256 * 1024;
/// The list as it is kept between the steps, escaped: some 200 bytes a line.
const LARGEST_LIST: usize = MOST_LINES * 1_024;

#[derive(Deserialize, Default)]
#[serde(default)]
struct GroupQuery {
    course: String,
}

#[derive(Template)]
#[template(path = "enrolments/group.html")]
struct Ask {
    page: Page,
    course: Course,
    offering: Offering,
    text: String,
    code: String,
    errors: Errors,
}

impl Ask {
    fn needs_code(&self) -> bool {
        self.offering.terms.mode == Mode::Code
    }
}

/// The list with what becomes of each line.
#[derive(Template)]
#[template(path = "enrolments/judged.html")]
struct Told {
    page: Page,
    course: Course,
    judged: Vec<Judged>,
    /// The list, kept until it is sent again; not after it went.
    kept: String,
    code: String,
    key: String,
    is_done: bool,
}

impl Told {
    fn good(&self) -> usize {
        self.judged.iter().filter(|one| one.outcome.is_good()).count()
    }
    fn others(&self) -> usize {
        self.judged.len() - self.good()
    }
}

async fn show(page: Page, db: Data<Db>, query: Query<GroupQuery>) -> Reply {
    let query = query.into_inner();
    if query.course.is_empty() {
        return reply::see("/branch/enrol");
    }
    let (course, offering) = db.read(move |conn| open_course(conn, &query.course)).await?;
    reply::page(&Ask {
        page,
        course,
        offering,
        text: String::new(),
        code: String::new(),
        errors: Errors::default(),
    })
}

/// What is sent to be looked at.
#[derive(Default)]
struct Sent {
    course: String,
    text: String,
    code: String,
    file: Vec<u8>,
}

impl Sent {
    async fn of(sent: Multipart) -> Result<Sent> {
        let mut form = Sent::default();
        for (name, bytes) in body::parts(sent, LARGEST_FILE).await? {
            let text = || String::from_utf8_lossy(&bytes).into_owned();
            match name.as_str() {
                "course" => form.course = text(),
                "text" => form.text = text(),
                "code" => form.code = text(),
                "file" => form.file = bytes,
                _ => {}
            }
        }
        Ok(form)
    }
}

/// Runs the list as it is; whether it stays is the caller's to say.
fn run(
    conn: &mut Conn,
    (page, viewer): (&Page, &Viewer),
    course: &str,
    lines: &[Line],
    (code, key): (&str, &str),
) -> Result<(Course, Vec<Judged>)> {
    let (course, offering) = open_course(conn, course)?;
    let paths = viewer.paths(EnrolMembers);
    let listing = Listing { offering: offering.id, paths: &paths, by: viewer.account, code, key };
    let judged = group::enrol_all(conn, &listing, lines, &page.doer(), clock::now())?;
    Ok((course, judged))
}

/// Whether the code is right, before the list is looked at: a rehearsal would forget that it was wrong.
async fn knows_code(db: &Db, viewer: &Viewer, course: &str, code: &str) -> Result<bool> {
    let (course, code, by) = (course.to_owned(), code.to_owned(), viewer.account);
    db.write(move |conn| {
        let (_, offering) = open_course(conn, &course)?;
        enrolments::knows_code(conn, &offering, &code, by, clock::now())
    })
    .await
}

/// The lines as they may be pasted again.
fn typed(lines: &[Line]) -> String {
    let line = |line: &Line| format!("{}\t{}\n", line.name, line.codes.join("\t"));
    lines.iter().map(line).collect()
}

async fn check(page: Page, viewer: Viewer, db: Data<Db>, sent: Multipart) -> Reply {
    let sent = Sent::of(sent).await?;
    let slug = sent.course.clone();
    let (course, offering) = db.read(move |conn| open_course(conn, &slug)).await?;
    let rows = match sent.file.as_slice() {
        [] => sheet::read(sent.text.as_bytes()).map_err(|problem| ("text", problem)),
        // Unpacking a spreadsheet keeps a thread busy for a while.
        _ => {
            let file = sent.file.clone();
            actix_web::web::block(move || sheet::read(&file))
                .await
                .map_err(Error::internal)?
                .map_err(|problem| ("file", problem))
        }
    };
    let field = if sent.file.is_empty() { "text" } else { "file" };
    let lines = match rows.and_then(|rows| group::lines(&rows).map_err(|problem| (field, problem))) {
        Ok(lines) => lines,
        Err((field, problem)) => {
            let errors = Errors::default().with(field, problem);
            let (text, code) = (sent.text, sent.code);
            return reply::invalid(&Ask { page, course, offering, text, code, errors });
        }
    };
    if !knows_code(&db, &viewer, &sent.course, &sent.code).await? {
        let errors = Errors::default().with("code", Refusal::WrongCode.words());
        return reply::invalid(&Ask { page, course, offering, text: typed(&lines), code: sent.code, errors });
    }
    let (key, kept, code) = (random_hex(16), group::kept(&lines), sent.code.clone());
    let (asked, tried) = (page.clone(), key.clone());
    let (course, judged) = db
        .rehearse(move |conn| run(conn, (&asked, &viewer), &sent.course, &lines, (&sent.code, &tried)))
        .await?;
    reply::page(&Told { page, course, judged, kept, code, key, is_done: false })
}

async fn apply(page: Page, viewer: Viewer, db: Data<Db>, sent: Payload) -> Reply {
    let (mut course, mut kept, mut code, mut key) = Default::default();
    for (name, value) in body::pairs(sent, LARGEST_LIST).await? {
        match name.as_str() {
            "course" => course = value,
            "list" => kept = value,
            "code" => code = value,
            "key" => key = value,
            _ => {}
        }
    }
    let key: String = form::key(&key).map_err(Error::Malformed)?;
    let lines = group::unkept(&kept);
    if lines.is_empty() {
        return Err(Error::Malformed(crate::msg!("这张表单不完整，请重新打开这一页再填")));
    }
    if !knows_code(&db, &viewer, &course, &code).await? {
        let (course, offering) = db.read(move |conn| open_course(conn, &course)).await?;
        let errors = Errors::default().with("code", Refusal::WrongCode.words());
        return reply::invalid(&Ask { page, course, offering, text: typed(&lines), code, errors });
    }
    let (asked, made) = (page.clone(), key.clone());
    let (course, judged) =
        db.write(move |conn| run(conn, (&asked, &viewer), &course, &lines, (&code, &made))).await?;
    let (kept, code) = (String::new(), String::new());
    reply::page(&Told { page, course, judged, kept, code, key, is_done: true })
}
