//! The pages of instructors, schools and alliances.
use crate::access::Access::Anyone;
use crate::access::Permission::EditSchools;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{AllianceId, InstructorId, LectureId, OrgId, SchoolId};
use crate::lectures::{self, Card, Filter, Instructor, Title};
use crate::organization;
use crate::ratings::{self, InstructorRating, LectureRating};
use crate::schools::{self, Alliance, AllianceKind, AllianceRow, School, SchoolRow};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/instructors", Anyone, instructors).kept(&["page"]),
        get("/instructors/{instructor}", Anyone, instructor).kept(&[]),
        get("/schools", Anyone, all_schools).kept(&["page"]),
        get("/schools/{school}", Anyone, school).kept(&[]),
        get("/alliances/{alliance}", Anyone, alliance).kept(&["page"]),
    ]
}

/// Rows on a page of a list, and cards under a school or an instructor.
const ROWS: i64 = 30;
const CARDS: i64 = 8;

/// Rated lectures on the page of an instructor.
const RATED: i64 = 20;

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "directory/instructors.html")]
struct Instructors {
    page: Page,
    gold: Vec<Instructor>,
    instructors: Vec<Instructor>,
    paging: Paging,
}

impl Instructors {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Instructors> {
        let gold = lectures::gold_instructors(conn, clock::day(clock::now()))?;
        let (instructors, total) = lectures::instructors(conn, (number - 1) * ROWS, ROWS)?;
        let paging = Paging::new(&page.path, number, total, ROWS)?;
        Ok(Instructors { page, gold, instructors, paging })
    }
    fn is_gold(&self, id: &InstructorId) -> bool {
        self.gold.iter().any(|gold| gold.id == *id)
    }
}

async fn instructors(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Instructors::load(conn, page, number)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "directory/instructor.html")]
struct OneInstructor {
    page: Page,
    instructor: Instructor,
    is_gold: bool,
    cards: Vec<Card>,
    titles: Vec<Title>,
    rating: Option<InstructorRating>,
    /// The lectures that have enough ratings to show.
    rated: Vec<(LectureId, String, LectureRating)>,
}

impl OneInstructor {
    fn load(conn: &mut Conn, page: Page, id: InstructorId) -> Result<OneInstructor> {
        let instructor = lectures::instructor(conn, id)?;
        let today = clock::day(clock::now());
        let titles = lectures::titles_of(conn, id)?;
        let filter =
            Filter { instructor: Some(id), is_signed_in: page.viewer.is_some(), ..Filter::default() };
        let cards = lectures::cards(conn, &filter, 0, CARDS)?;
        let is_signed_in = page.viewer.is_some();
        Ok(OneInstructor {
            is_gold: titles.iter().any(|title| title.holds_on(today)),
            rating: ratings::of_instructor(conn, id)?,
            rated: ratings::of_instructor_lectures(conn, id, is_signed_in, RATED)?,
            page,
            instructor,
            cards,
            titles,
        })
    }
}

async fn instructor(page: Page, db: Data<Db>, id: Path<InstructorId>) -> Reply {
    let view = db.read(move |conn| OneInstructor::load(conn, page, *id)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "directory/schools.html")]
struct Schools {
    page: Page,
    alliances: Vec<Alliance>,
    schools: Vec<SchoolRow>,
    paging: Paging,
}

impl Schools {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Schools> {
        let (schools, total) = schools::schools(conn, (number - 1) * ROWS, ROWS)?;
        let paging = Paging::new(&page.path, number, total, ROWS)?;
        Ok(Schools { alliances: schools::alliances(conn)?, page, schools, paging })
    }
    fn kinds(&self) -> &'static [AllianceKind] {
        AllianceKind::ALL
    }
}

async fn all_schools(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Schools::load(conn, page, number)).await?;
    reply::page(&view)
}

/// Whether the viewer keeps the schools of this place in the tree.
fn may_edit(page: &Page, path: &str) -> bool {
    let viewer = page.viewer.as_ref();
    viewer
        .is_some_and(|viewer| viewer.paths(EditSchools).iter().any(|scope| path.starts_with(scope.as_str())))
}

#[derive(Template)]
#[template(path = "directory/school.html")]
struct OneSchool {
    page: Page,
    school: School,
    host: String,
    alliances: Vec<AllianceRow>,
    cards: Vec<Card>,
    /// The host is in the viewer's scope.
    may_edit: bool,
}

impl OneSchool {
    fn load(conn: &mut Conn, page: Page, id: SchoolId) -> Result<OneSchool> {
        let school = schools::school(conn, id)?;
        let host = organization::find(conn, OrgId(school.host.0))?;
        let may_edit = may_edit(&page, &host.path);
        let host = host.name;
        let filter = Filter { school: Some(id), is_signed_in: page.viewer.is_some(), ..Filter::default() };
        let cards = lectures::cards(conn, &filter, 0, CARDS)?;
        Ok(OneSchool { alliances: schools::alliances_of(conn, id)?, page, school, host, cards, may_edit })
    }
}

async fn school(page: Page, db: Data<Db>, id: Path<SchoolId>) -> Reply {
    let view = db.read(move |conn| OneSchool::load(conn, page, *id)).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "directory/alliance.html")]
struct OneAlliance {
    page: Page,
    alliance: Alliance,
    schools: Vec<SchoolRow>,
    paging: Paging,
    cards: Vec<Card>,
    may_edit: bool,
}

impl OneAlliance {
    fn load(conn: &mut Conn, page: Page, id: AllianceId, number: i64) -> Result<OneAlliance> {
        let alliance = schools::alliance(conn, id)?;
        let schools = schools::schools_of(conn, id, (number - 1) * ROWS, ROWS)?;
        let paging = Paging::new(&page.path, number, alliance.school_count.into(), ROWS)?;
        let filter = Filter { alliance: Some(id), is_signed_in: page.viewer.is_some(), ..Filter::default() };
        let cards = lectures::cards(conn, &filter, 0, CARDS)?;
        let may_edit = may_edit(&page, "/");
        Ok(OneAlliance { page, alliance, schools, paging, cards, may_edit })
    }
}

async fn alliance(page: Page, db: Data<Db>, id: Path<AllianceId>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| OneAlliance::load(conn, page, *id, number)).await?;
    reply::page(&view)
}
