//! Schools by township, for everybody; and the forms of schools and alliances, for those in whose scope they are.
use super::super::places_forms::{AllianceForm, SchoolForm};
use super::super::schooling;
use super::super::store::{self, Edit, Place};
use super::{hand, meant, refused};
use crate::access::Access::Anyone;
use crate::access::Permission::EditSchools;
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AllianceId, OrgId, SchoolId, random_hex};
use crate::lang::Message;
use crate::organization::{self, Level};
use crate::schools::{self, Alliance, AllianceKind};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/schools/places", Anyone, index).kept(&["page"]),
        get("/schools/new", EditSchools, new),
        post("/schools/new", EditSchools, make),
        get("/schools/{school}/edit", EditSchools, edit),
        post("/schools/{school}/edit", EditSchools, save),
        post("/schools/{school}/close", EditSchools, close),
        get("/alliances/new", EditSchools, new_alliance),
        post("/alliances/new", EditSchools, make_alliance),
        get("/alliances/{alliance}/edit", EditSchools, edit_alliance),
        post("/alliances/{alliance}/edit", EditSchools, save_alliance),
    ]
}

/// Schools on a page, and changes under one.
const ROWS: i64 = 60;
const EDITS: i64 = 100;

#[derive(Deserialize, Default)]
#[serde(default)]
struct PageQuery {
    page: Option<String>,
}

/// The schools of a township on this page.
struct Group {
    name: String,
    places: Vec<schools::Place>,
}

#[derive(Template)]
#[template(path = "roster/places.html")]
struct Index {
    page: Page,
    groups: Vec<Group>,
    paging: Paging,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Index> {
        let (places, total) = schools::places(conn, (number - 1) * ROWS, ROWS)?;
        let paging = Paging::new(&page.path, number, total, ROWS)?;
        let names = schools::townships(conn)?;
        let mut groups: Vec<(Option<OrgId>, Group)> = vec![];
        for place in places {
            let of = place.township();
            match groups.last_mut() {
                Some((last, group)) if *last == of => group.places.push(place),
                _ => {
                    let found = names.iter().find(|(id, _)| Some(*id) == of);
                    let name = found.map(|(_, name)| name.clone()).unwrap_or_default();
                    groups.push((of, Group { name, places: vec![place] }));
                }
            }
        }
        Ok(Index { page, groups: groups.into_iter().map(|(_, group)| group).collect(), paging })
    }
}

async fn index(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    reply::page(&db.read(move |conn| Index::load(conn, page, number)).await?)
}

#[derive(Template)]
#[template(path = "roster/school.html")]
struct Edited {
    page: Page,
    id: Option<SchoolId>,
    name: String,
    served: Vec<(OrgId, String, bool)>,
    alliances: Vec<Alliance>,
    edits: Vec<Edit>,
    form: SchoolForm,
    errors: Errors,
}

/// Which organisations a form means: the host, and a branch that is to use the school too.
type Meant = (Result<Option<OrgId>, Message>, Result<Option<OrgId>, Message>);

impl Edited {
    /// The form of a school whose host is in the viewer's scope, or of a new one; not found otherwise. `None` begins with what is.
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: Option<SchoolId>,
        form: Option<SchoolForm>,
    ) -> Result<Edited> {
        let alliances = schools::alliances(conn)?;
        let Some(id) = id else {
            let form = form.unwrap_or_else(|| SchoolForm { key: random_hex(16), ..SchoolForm::default() });
            let (name, errors) = (String::new(), Errors::default());
            return Ok(Edited {
                page,
                id: None,
                name,
                served: vec![],
                alliances,
                edits: vec![],
                form,
                errors,
            });
        };
        let school = schools::school(conn, id)?;
        organization::find_within(conn, &viewer.paths(EditSchools), school.host)?;
        let served = schools::served(conn, id)?;
        let own: Vec<_> =
            schools::alliances_of(conn, id)?.into_iter().map(|row| (row.id, row.is_primary)).collect();
        let form = form
            .unwrap_or_else(|| SchoolForm { key: random_hex(16), ..SchoolForm::of(&school, &served, &own) });
        let edits = store::edits(conn, Place::School(id), EDITS)?;
        let (name, errors) = (school.name, Errors::default());
        Ok(Edited { page, id: Some(id), name, served, alliances, edits, form, errors })
    }
    fn meant(&self, conn: &mut Conn, viewer: &Viewer) -> Result<Meant> {
        let paths = viewer.paths(EditSchools);
        let host = meant(conn, &paths, Level::ALL, &self.form.host)?;
        Ok((host, meant(conn, &paths, &[Level::Branch], &self.form.add)?))
    }
    fn action(&self) -> String {
        self.id.map_or_else(|| "/schools/new".to_owned(), |id| format!("/schools/{id}/edit"))
    }
    fn said(&self, problem: &Message) -> String {
        self.page.marked(&self.page.say(problem))
    }
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    reply::page(&db.read(move |conn| Edited::load(conn, page, &viewer, None, None)).await?)
}

async fn edit(page: Page, viewer: Viewer, db: Data<Db>, id: Path<SchoolId>) -> Reply {
    reply::page(&db.read(move |conn| Edited::load(conn, page, &viewer, Some(*id), None)).await?)
}

async fn make(page: Page, viewer: Viewer, db: Data<Db>, form: Form<Vec<(String, String)>>) -> Reply {
    keep((page, viewer, db), None, SchoolForm::sent(form.into_inner())).await
}

async fn save(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<SchoolId>,
    form: Form<Vec<(String, String)>>,
) -> Reply {
    keep((page, viewer, db), Some(*id), SchoolForm::sent(form.into_inner())).await
}

async fn keep((page, viewer, db): (Page, Viewer, Data<Db>), id: Option<SchoolId>, form: SchoolForm) -> Reply {
    let who = viewer.clone();
    let (mut view, (host, add)) = db
        .read(move |conn| {
            let view = Edited::load(conn, page, &who, id, Some(form))?;
            let meant = view.meant(conn, &who)?;
            Ok((view, meant))
        })
        .await?;
    let draft = match view.form.check(host, add) {
        Ok(draft) => draft,
        Err(errors) => {
            if errors.of("key").is_some() {
                view.form.key = random_hex(16);
            }
            return reply::invalid(&Edited { errors, ..view });
        }
    };
    let by = hand(&view.page, &viewer, draft.key.clone());
    let done = db
        .write(move |conn| {
            let paths = viewer.paths(EditSchools);
            if let Some(id) = id {
                let host = schools::school(conn, id)?.host;
                organization::find_within(conn, &paths, host)?;
            }
            organization::find_within(conn, &paths, draft.school.host)?;
            schooling::save(conn, id, &draft, &by)
        })
        .await;
    match refused(done, "name")? {
        Ok(id) => reply::see(format!("/schools/{id}?done=school")),
        Err(errors) => reply::invalid(&Edited { errors, ..view }),
    }
}

async fn close(page: Page, viewer: Viewer, db: Data<Db>, id: Path<SchoolId>) -> Reply {
    let by = hand(&page, &viewer, random_hex(16));
    db.write(move |conn| {
        let host = schools::school(conn, *id)?.host;
        organization::find_within(conn, &viewer.paths(EditSchools), host)?;
        schooling::close(conn, *id, &by)
    })
    .await?;
    reply::see("/schools?done=school-closed")
}

#[derive(Template)]
#[template(path = "roster/alliance.html")]
struct EditedAlliance {
    page: Page,
    id: Option<AllianceId>,
    name: String,
    kinds: Vec<(&'static str, String)>,
    edits: Vec<Edit>,
    form: AllianceForm,
    errors: Errors,
}

impl EditedAlliance {
    /// Alliances are the city's: for whoever keeps all schools; not found otherwise.
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: Option<AllianceId>,
        form: Option<AllianceForm>,
    ) -> Result<EditedAlliance> {
        of_the_city(viewer)?;
        let kinds = AllianceKind::ALL.iter().map(|kind| (kind.as_str(), page.say(&kind.words()))).collect();
        let (name, present, edits) = match id {
            Some(id) => {
                let alliance = schools::alliance(conn, id)?;
                let edits = store::edits(conn, Place::Alliance(id), EDITS)?;
                (alliance.name.clone(), AllianceForm::of(&alliance), edits)
            }
            None => (String::new(), AllianceForm::default(), vec![]),
        };
        let form = form.unwrap_or_else(|| AllianceForm { key: random_hex(16), ..present });
        Ok(EditedAlliance { page, id, name, kinds, edits, form, errors: Errors::default() })
    }
    fn action(&self) -> String {
        self.id.map_or_else(|| "/alliances/new".to_owned(), |id| format!("/alliances/{id}/edit"))
    }
}

fn of_the_city(viewer: &Viewer) -> Result<()> {
    let is_it = viewer.paths(EditSchools).iter().any(|path| path == "/");
    if is_it { Ok(()) } else { Err(Error::NotFound) }
}

async fn new_alliance(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    reply::page(&db.read(move |conn| EditedAlliance::load(conn, page, &viewer, None, None)).await?)
}

async fn edit_alliance(page: Page, viewer: Viewer, db: Data<Db>, id: Path<AllianceId>) -> Reply {
    reply::page(&db.read(move |conn| EditedAlliance::load(conn, page, &viewer, Some(*id), None)).await?)
}

async fn make_alliance(page: Page, viewer: Viewer, db: Data<Db>, form: Form<AllianceForm>) -> Reply {
    keep_alliance((page, viewer, db), None, form.into_inner()).await
}

async fn save_alliance(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<AllianceId>,
    form: Form<AllianceForm>,
) -> Reply {
    keep_alliance((page, viewer, db), Some(*id), form.into_inner()).await
}

async fn keep_alliance(
    (page, viewer, db): (Page, Viewer, Data<Db>),
    id: Option<AllianceId>,
    form: AllianceForm,
) -> Reply {
    let who = viewer.clone();
    let mut view = db.read(move |conn| EditedAlliance::load(conn, page, &who, id, Some(form))).await?;
    let (new, key) = match view.form.check() {
        Ok(checked) => checked,
        Err(errors) => {
            if errors.of("key").is_some() {
                view.form.key = random_hex(16);
            }
            return reply::invalid(&EditedAlliance { errors, ..view });
        }
    };
    let by = hand(&view.page, &viewer, key);
    let done = db.write(move |conn| schooling::save_alliance(conn, id, &new, &by)).await;
    match refused(done, "name")? {
        Ok(id) => reply::see(format!("/alliances/{id}?done=school")),
        Err(errors) => reply::invalid(&EditedAlliance { errors, ..view }),
    }
}
