//! The terms of an offering: who may come, when, how many, and seats that are reserved.
use super::{Managed, managed};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::config::LARGEST_FORM;
use crate::db::{Conn, Db};
use crate::enrolments::forms::TermsForm;
use crate::enrolments::{self, Mode, Offering, Quota, Terms, What, store};
use crate::error::{Error, Result};
use crate::ids::{OfferingId, OrgId, random_code};
use crate::lang::Message;
use crate::msg;
use crate::people::Category;
use crate::web::body;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/organize/offerings/{offering}", MakeCourses, show),
        post("/organize/offerings/{offering}", MakeCourses, update),
        post("/organize/offerings/{offering}/closing", MakeCourses, close),
    ]
}

/// Organisations that a search shows.
const FOUND: i64 = 30;

/// An organisation in the form, with the seats that are typed for it and those that are used.
struct Line {
    id: OrgId,
    name: String,
    seats: String,
    taken: i32,
}

#[derive(Template)]
#[template(path = "enrolments/terms.html")]
struct Show {
    page: Page,
    of: Managed,
    form: TermsForm,
    errors: Errors,
    lines: Vec<Line>,
    /// A search that found nothing.
    is_unknown: bool,
    /// What somebody else saved meanwhile.
    theirs: Vec<(&'static str, String)>,
}

impl Show {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: OfferingId,
        sent: Option<TermsForm>,
    ) -> Result<Show> {
        let of = managed(conn, viewer, id)?;
        let quotas = enrolments::quotas(conn, id)?;
        let mut form = match sent {
            Some(form) => form,
            None => present(&of, &quotas),
        };
        let find = form::optional(&form.find, 80).unwrap_or_default();
        let found = match find.as_str() {
            "" => vec![],
            find => store::orgs_named(conn, find, FOUND)?,
        };
        let is_unknown = !find.is_empty() && found.is_empty();
        for (org, ..) in &found {
            if form.seats.iter().all(|seats| seats.0 != org.0) {
                form.seats.push((org.0, String::new()));
            }
        }
        let lines = store::orgs_of(conn, &form.orgs())?
            .into_iter()
            .map(|(org, name, _)| Line {
                id: org,
                name,
                seats: form
                    .seats
                    .iter()
                    .find(|seats| seats.0 == org.0)
                    .map(|one| one.1.clone())
                    .unwrap_or_default(),
                taken: quotas.iter().find(|quota| quota.org == org).map_or(0, |quota| quota.taken),
            })
            .collect();
        Ok(Show { page, of, form, errors: Errors::default(), lines, is_unknown, theirs: vec![] })
    }
    /// The terms as they are kept, in words.
    fn theirs(&self) -> Vec<(&'static str, String)> {
        let (page, terms) = (&self.page, &self.of.offering.terms);
        let moment = |at: Option<Timestamp>| at.map(|at| page.moment(&at)).unwrap_or_default();
        let audience: Vec<String> = terms.audience.iter().map(|one| page.say(&one.words())).collect();
        vec![
            (page.t("报名方式"), page.say(&terms.mode.words())),
            (page.t("开始报名（可不填）"), moment(terms.opens_at)),
            (page.t("截止报名（可不填）"), moment(terms.closes_at)),
            (page.t("退出的期限（可不填）"), moment(terms.withdraw_until)),
            (page.t("总名额（可不填）"), terms.capacity.map(|n| n.to_string()).unwrap_or_default()),
            (page.t("面向哪些人"), audience.join(", ")),
            (page.t("预留名额"), self.of.offering.reserved.to_string()),
        ]
    }
    fn modes(&self) -> &'static [Mode] {
        Mode::ALL
    }
    fn categories(&self) -> &'static [Category] {
        Category::ALL
    }
    fn is_mode(&self, mode: &Mode) -> bool {
        self.form.mode == mode.as_str()
    }
    fn is_within(&self, id: &OrgId) -> bool {
        self.form.within == id.to_string()
    }
}

/// The terms as they stand, in the form.
fn present(of: &Managed, quotas: &[Quota]) -> TermsForm {
    let mut terms = of.offering.terms.clone();
    terms.quotas = quotas.iter().map(|quota| (quota.org, quota.seats)).collect();
    // The last part of a path is the node's own number.
    let within = terms.path.trim_end_matches('/').rsplit('/').next().and_then(|id| id.parse().ok());
    TermsForm::of(&terms, within.map(OrgId))
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<OfferingId>) -> Reply {
    let id = *id;
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id, None)).await?;
    reply::page(&view)
}

async fn again(
    db: &Db,
    page: Page,
    viewer: Viewer,
    id: OfferingId,
    (form, errors): (TermsForm, Errors),
) -> Reply {
    let is_wrong = !errors.is_empty();
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id, Some(form))).await?;
    let view = Show { errors, ..view };
    if is_wrong { reply::invalid(&view) } else { reply::page(&view) }
}

enum Saved {
    Yes,
    Wrong(Errors),
    /// Somebody else saved other terms meanwhile, which this names.
    Overtaken(String),
}

async fn update(page: Page, viewer: Viewer, db: Data<Db>, id: Path<OfferingId>, sent: Payload) -> Reply {
    let id = *id;
    let mut form = TermsForm::sent(body::pairs(sent, LARGEST_FORM).await?);
    match form.step.as_str() {
        "find" => return again(&db, page, viewer, id, (form, Errors::default())).await,
        "code" => {
            form.code = random_code(6);
            form.mode = Mode::Code.as_str().into();
            return again(&db, page, viewer, id, (form, Errors::default())).await;
        }
        _ => {}
    }
    let (typed, who, doer) = (form.clone(), viewer.clone(), page.doer());
    let saved = db
        .write(move |conn| {
            store::lock(conn, id)?;
            let of = managed(conn, &who, id)?;
            let orgs = store::orgs_of(conn, &typed.orgs())?;
            let path_of = |org: OrgId| orgs.iter().find(|one| one.0 == org).map(|one| one.2.clone());
            match typed.check(of.offering.terms.is_closed, path_of) {
                Ok(terms) => {
                    let quotas = enrolments::quotas(conn, id)?;
                    let (now, would_be) = (present(&of, &quotas), TermsForm::of(&terms, None));
                    // A form that was sent twice has nothing more to save.
                    if would_be.seen == now.seen {
                        return Ok(Saved::Yes);
                    }
                    if typed.seen != now.seen {
                        return Ok(Saved::Overtaken(now.seen));
                    }
                    if let Some(problem) = over_room(conn, &of.offering, terms.capacity)? {
                        return Ok(Saved::Wrong(Errors::default().with("capacity", problem)));
                    }
                    enrolments::set_terms(conn, id, &terms, &doer, clock::now())?;
                    Ok(Saved::Yes)
                }
                Err(errors) => Ok(Saved::Wrong(errors)),
            }
        })
        .await;
    let errors = match saved {
        Ok(Saved::Yes) => return reply::see(format!("/organize/offerings/{id}?done=saved")),
        Ok(Saved::Wrong(errors)) => errors,
        // Whoever has seen the other terms may save over them.
        Ok(Saved::Overtaken(seen)) => {
            let form = TermsForm { seen, ..form };
            let view = db.read(move |conn| Show::load(conn, page, &viewer, id, Some(form))).await?;
            let theirs = view.theirs();
            let errors = Errors::default().with("mode", form::overtaken());
            return reply::invalid(&Show { errors, theirs, ..view });
        }
        // What is typed is not lost; nothing was changed.
        Err(Error::Refused(why)) => Errors::default().with("capacity", why),
        Err(other) => return Err(other),
    };
    again(&db, page, viewer, id, (form, errors)).await
}

/// Why a date at a base cannot have these seats. Seats that it has already are not asked about again.
fn over_room(conn: &mut Conn, offering: &Offering, seats: Option<i32>) -> Result<Option<Message>> {
    let What::Event(id) = offering.what else { return Ok(None) };
    let event = store::event(conn, id)?;
    let Some(base) = event.base.filter(|_| seats != offering.terms.capacity) else { return Ok(None) };
    Ok(match seats {
        None => Some(msg!("在基地上课要写名额，基地的地方有限")),
        Some(seats) => {
            enrolments::room(conn, base, (event.starts_at, event.ends_at), Some(id))?.problem(seats)
        }
    })
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Closing {
    is_closed: String,
}

async fn close(page: Page, viewer: Viewer, db: Data<Db>, id: Path<OfferingId>, form: Form<Closing>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let is_closed = match form.is_closed.as_str() {
        "1" => true,
        "0" => false,
        _ => return Err(Error::Malformed(msg!("这张表单不完整，请重新打开这一页再填"))),
    };
    db.write(move |conn| {
        managed(conn, &viewer, id)?;
        enrolments::change_terms(conn, id, |terms| Terms { is_closed, ..terms }, &doer, clock::now())?;
        Ok(())
    })
    .await?;
    reply::see(format!("/organize/offerings/{id}?done=saved"))
}
