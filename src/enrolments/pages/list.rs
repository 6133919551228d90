//! The list of those who are enrolled, wait or ask: found, decided, written to, added, taken off, and taken along as a file.
use super::{Managed, managed};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::{Conn, Db};
use crate::enrolments::forms::{BulkForm, LONGEST_MESSAGE, ListQuery};
use crate::enrolments::store::{self, Moved};
use crate::enrolments::{self, Asking, Channel, Filter, Refusal, Row, State, Verdict, What};
use crate::error::{Error, Result};
use crate::ids::{EnrolmentId, OfferingId, PersonId, random_hex};
use crate::inbox::{self, Kind, NewNotice};
use crate::lang::Message;
use crate::msg;
use crate::web::body;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use crate::web::sheet::{self, Cell, Sheet};
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/organize/offerings/{offering}/participants", MakeCourses, show),
        post("/organize/offerings/{offering}/participants", MakeCourses, act),
        post("/organize/offerings/{offering}/add", MakeCourses, add),
        post("/organize/offerings/{offering}/export", MakeCourses, export),
    ]
}

/// Lines on a page.
const LINES: i64 = 50;
/// Rows that an export holds at once.
const PIECE: i64 = 1_000;
/// Organisations that one word may mean.
const MOST_ORGS: i64 = 200;
/// A form in which every line of a page is chosen, with a long message.
const LARGEST: usize = 128 * 1024;

#[derive(Template)]
#[template(path = "enrolments/participants.html")]
struct Show {
    page: Page,
    of: Managed,
    query: ListQuery,
    rows: Vec<Row>,
    /// The places of those on this page who wait: number of the queue, place.
    places: Vec<(i32, i64)>,
    /// Those on this page who have a place at another date at the same time, with what that is called.
    overlaps: Vec<(PersonId, String)>,
    paging: Paging,
    chosen: Vec<EnrolmentId>,
    is_all: bool,
    text: String,
    number: String,
    /// Whoever adds this number was warned of an overlap.
    warned: String,
    key: String,
    errors: Errors,
}

/// The filter of a query, with the organisations that it means.
fn filter_of(conn: &mut Conn, query: &ListQuery) -> Result<Filter> {
    let paths = match query.org_text().as_str() {
        "" => None,
        text => {
            let found = store::orgs_named(conn, text, MOST_ORGS)?;
            // What lies below another one is in it already; they come in the order of the tree.
            let mut paths: Vec<String> = vec![];
            for (_, _, path) in found {
                if paths.last().is_none_or(|above| !path.starts_with(above.as_str())) {
                    paths.push(path);
                }
            }
            Some(paths)
        }
    };
    Ok(query.filter(paths))
}

/// How many there are: from the columns of the offering, where they know.
fn total(conn: &mut Conn, of: &Managed, query: &ListQuery, filter: &Filter) -> Result<i64> {
    let offering = &of.offering;
    let is_course = matches!(offering.what, What::Course(_));
    let known = match filter.state {
        _ if !query.is_plain() => None,
        None if filter.is_standing => Some(offering.taken + offering.waiting + offering.asking),
        Some(State::Waitlisted) => Some(offering.waiting),
        Some(State::Requested) => Some(offering.asking),
        // In a course a seat is never more than confirmed.
        Some(State::Confirmed) if is_course => Some(offering.taken),
        _ => None,
    };
    match known {
        Some(known) => Ok(known.into()),
        None => enrolments::participant_count(conn, offering.id, filter),
    }
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: OfferingId, query: ListQuery) -> Result<Show> {
        let of = managed(conn, viewer, id)?;
        let filter = filter_of(conn, &query)?;
        let number = paging::number(&query.page);
        let total = total(conn, &of, &query, &filter)?;
        let base = format!("/organize/offerings/{id}/participants?{}", query.query());
        let paging = Paging::new(&base, number, total, LINES)?;
        let rows = enrolments::participants(conn, id, &filter, (number - 1) * LINES, LINES)?;
        let mut waiting = rows.iter().filter(|row| row.state == State::Waitlisted).map(|row| row.seq);
        let places = match (waiting.next(), waiting.next_back()) {
            (Some(first), last) => enrolments::places(conn, id, first, last.unwrap_or(first))?,
            _ => vec![],
        };
        let overlaps = match of.offering.what {
            What::Event(event) => {
                let standing = rows.iter().filter(|row| row.state.is_active()).map(|row| row.person);
                store::overlaps(conn, event, &standing.collect::<Vec<_>>())?
            }
            What::Course(_) => vec![],
        };
        Ok(Show {
            page,
            of,
            query,
            rows,
            places,
            overlaps,
            paging,
            chosen: vec![],
            is_all: false,
            text: String::new(),
            number: String::new(),
            warned: String::new(),
            key: random_hex(16),
            errors: Errors::default(),
        })
    }
    fn states(&self) -> &'static [State] {
        State::ALL
    }
    fn is_state(&self, state: &State) -> bool {
        self.query.state == state.as_str()
    }
    fn place(&self, seq: &i32) -> Option<i64> {
        self.places.binary_search_by_key(seq, |one| one.0).ok().map(|at| self.places[at].1)
    }
    fn overlap(&self, person: &PersonId) -> Option<&String> {
        self.overlaps.iter().find(|one| one.0 == *person).map(|one| &one.1)
    }
    fn tone(&self, state: &State) -> &'static str {
        tone(*state)
    }
}

/// How a state is coloured.
pub fn tone(state: State) -> &'static str {
    match state {
        State::Confirmed | State::Attended => "done",
        State::Waitlisted | State::Excused => "info",
        State::Requested => "wait",
        State::NoShow => "bad",
        State::Cancelled | State::Declined => "line",
    }
}

async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<OfferingId>,
    query: Query<ListQuery>,
) -> Reply {
    let (id, query) = (*id, query.into_inner());
    let is_quick = query.is_plain();
    let work = move |conn: &mut Conn| Show::load(conn, page, &viewer, id, query);
    // What has to be counted takes longer.
    let view = if is_quick { db.read(work).await? } else { db.read_long(work).await? };
    reply::page(&view)
}

/// The page again with what was typed.
async fn again(
    db: &Db,
    page: Page,
    viewer: Viewer,
    id: OfferingId,
    query: ListQuery,
    change: impl FnOnce(Show) -> Show,
) -> Reply {
    let view = db.read_long(move |conn| Show::load(conn, page, &viewer, id, query)).await?;
    reply::invalid(&change(view))
}

/// What an organizer does to those who are chosen.
enum Step {
    Decide(Verdict),
    Message,
    Remove,
}

impl Step {
    fn of(sent: &str) -> Option<Step> {
        Some(match sent {
            "approve" => Step::Decide(Verdict::Approve),
            "decline" => Step::Decide(Verdict::Decline),
            "message" => Step::Message,
            "remove" => Step::Remove,
            _ => return None,
        })
    }
    fn done(&self) -> &'static str {
        match self {
            Step::Decide(_) => "decided",
            Step::Message => "messages-sent",
            Step::Remove => "removed",
        }
    }
}

async fn act(page: Page, viewer: Viewer, db: Data<Db>, id: Path<OfferingId>, sent: Payload) -> Reply {
    let id = *id;
    let sent = BulkForm::sent(body::pairs(sent, LARGEST).await?);
    let key = form::key(&sent.key).map_err(Error::Malformed)?;
    let step =
        Step::of(&sent.step).ok_or_else(|| Error::Malformed(msg!("这张表单不完整，请重新打开这一页再填")))?;
    let mut errors = Errors::default();
    let text = match step {
        Step::Message => form::text(&sent.text, LONGEST_MESSAGE),
        _ => form::optional(&sent.text, LONGEST_MESSAGE),
    };
    let text = errors.take("text", text);
    if sent.chosen.is_empty() && !sent.is_all {
        errors = errors.with("chosen", msg!("请先勾选要办理的人"));
    }
    // A whole list is not taken off by one press.
    if sent.is_all && matches!(step, Step::Remove) {
        errors = errors.with("chosen", msg!("移出要一个一个勾选，不能对整个名单移出"));
    }
    let Some(text) = text.filter(|_| errors.is_empty()) else {
        return once_more(&db, page, viewer, id, (sent, errors)).await;
    };
    let (done, query) = (step.done(), sent.query.query());
    let (asked, who, these) = (page.clone(), viewer.clone(), sent.clone());
    let performed = db
        .write(move |conn| {
            let of = managed(conn, &who, id)?;
            let chosen = match these.is_all {
                true => {
                    let filter = filter_of(conn, &these.query)?;
                    store::chosen(conn, id, &filter)?
                }
                false => store::of_these(conn, id, &these.chosen)?,
            };
            perform(conn, &asked, (&of, &who), &chosen, (&step, &text, &key))
        })
        .await;
    if let Err(Error::Refused(why)) = performed {
        let errors = Errors::default().with("chosen", why);
        return once_more(&db, page, viewer, id, (sent, errors)).await;
    }
    performed?;
    let divider = if query.is_empty() { "" } else { "&" };
    reply::see(format!("/organize/offerings/{id}/participants?{query}{divider}done={done}"))
}

/// The list again, with those who were chosen on it and what was to be said to them.
async fn once_more(
    db: &Db,
    page: Page,
    viewer: Viewer,
    id: OfferingId,
    (sent, errors): (BulkForm, Errors),
) -> Reply {
    let BulkForm { query, chosen, is_all, text, .. } = sent;
    again(db, page, viewer, id, query, |view| Show { chosen, is_all, text, errors, ..view }).await
}

fn perform(
    conn: &mut Conn,
    page: &Page,
    (of, viewer): (&Managed, &Viewer),
    chosen: &Moved,
    (step, text, key): (&Step, &str, &str),
) -> Result<()> {
    let (id, doer, now) = (of.offering.id, page.doer(), clock::now());
    match step {
        Step::Decide(verdict) => {
            let ids: Vec<EnrolmentId> = chosen.iter().map(|one| one.0).collect();
            enrolments::decide(conn, id, Some(&ids), (*verdict, text), &doer, now)?;
        }
        Step::Message => {
            let title = msg!("{} 给“{}”名单上的人发来消息", viewer.name, of.title);
            let notices: Vec<NewNotice> = chosen
                .iter()
                .map(|(_, person)| NewNotice {
                    person: *person,
                    kind: Kind::Message,
                    title: title.clone(),
                    body: text.to_owned(),
                    link: of.link.clone(),
                    sent_by: Some(viewer.account),
                    key: format!("message:{key}:{person}"),
                })
                .collect();
            // The same post again tells nobody anything new.
            if inbox::tell(conn, &notices, now)? > 0 {
                doer.did(conn, Action::MessageSent, ("offering", id.0), now)?;
            }
        }
        Step::Remove => {
            let mut staying = vec![];
            for (enrolment, person) in chosen {
                // Who is off the list already stays so.
                if !enrolments::find(conn, *enrolment)?.state.is_active() {
                    continue;
                }
                match enrolments::cancel(conn, *enrolment, true, &doer, now) {
                    Err(Error::Refused(_)) => staying.push(*person),
                    other => other?,
                }
            }
            if !staying.is_empty() {
                let names = store::names(conn, &staying)?.join("、");
                return Err(Refusal::CannotRemove(names).into());
            }
        }
    }
    Ok(())
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AddForm {
    number: String,
    key: String,
    /// The number about which a warning was seen.
    warned: String,
}

async fn add(page: Page, viewer: Viewer, db: Data<Db>, id: Path<OfferingId>, form: Form<AddForm>) -> Reply {
    let (id, AddForm { number, key, warned }) = (*id, form.into_inner());
    let key = form::key(&key).map_err(Error::Malformed)?;
    let (typed, who, doer) = (number.clone(), viewer.clone(), page.doer());
    let is_sure = warned == number;
    let added: Result<(), (Message, bool)> = db
        .write(move |conn| {
            managed(conn, &who, id)?;
            let typed = match form::text(&typed, 40) {
                Ok(typed) => typed,
                Err(problem) => return Ok(Err((problem, false))),
            };
            let Some(found) = store::numbered(conn, &[typed])?.pop() else {
                return Ok(Err((msg!("没有这个编号的党员，请核对"), false)));
            };
            let asking = Asking {
                person: found.person,
                channel: Channel::Organizer,
                by: who.account,
                key,
                code: String::new(),
                is_sure,
            };
            let stands = enrolments::try_enrol(conn, id, &asking, &doer, clock::now())?;
            Ok(stands.map(|_| ()).map_err(|why| (why.words(), matches!(why, Refusal::Overlap(_)))))
        })
        .await?;
    match added {
        Ok(()) => reply::see(format!("/organize/offerings/{id}/participants?done=added")),
        Err((problem, is_warning)) => {
            let errors = Errors::default().with("number", problem);
            let warned = if is_warning { number.clone() } else { String::new() };
            let change = |view| Show { number, warned, errors, ..view };
            again(&db, page, viewer, id, ListQuery::default(), change).await
        }
    }
}

async fn export(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<OfferingId>,
    form: Form<ListQuery>,
) -> Reply {
    let (id, query, doer, now) = (*id, form.into_inner(), page.doer(), clock::now());
    // That somebody takes a list along is recorded before there is one.
    let of = db
        .write(move |conn| {
            let of = managed(conn, &viewer, id)?;
            doer.did(conn, Action::ListExported, ("offering", id.0), now)?;
            Ok(of)
        })
        .await?;
    let name = format!("{}-{}-{}.xlsx", page.t("名单"), of.title, clock::day(now));
    let bytes = db.read_long(move |conn| written(conn, &page, id, &query)).await?;
    Ok(sheet::attachment(bytes, sheet::XLSX, &name))
}

/// The list as a spreadsheet, piece by piece along the queue.
fn written(conn: &mut Conn, page: &Page, id: OfferingId, query: &ListQuery) -> Result<Vec<u8>> {
    let columns = [
        (page.t("序号"), 8),
        (page.t("姓名"), 12),
        (page.t("党员编号"), 14),
        (page.t("支部"), 30),
        (page.t("状态"), 12),
        (page.t("候补位次"), 10),
        (page.t("怎样报的"), 14),
        (page.t("报名时间"), 18),
        (page.t("状态时间"), 18),
        (page.t("学完时间"), 18),
    ];
    let columns = columns.map(|(heading, width)| (heading.to_owned(), width));
    let mut sheet = Sheet::new(page.t("名单"), &columns)?;
    let mut filter = filter_of(conn, query)?;
    let moment =
        |at: crate::clock::Timestamp| Cell::from(clock::local(at).format("%Y-%m-%d %H:%M").to_string());
    let mut number = 0_i64;
    loop {
        let rows = enrolments::participants(conn, id, &filter, 0, PIECE)?;
        let Some(last) = rows.last().map(|row| row.seq) else { break };
        let first = rows.iter().find(|row| row.state == State::Waitlisted).map(|row| row.seq);
        let places = match first {
            Some(first) => enrolments::places(conn, id, first, last)?,
            None => vec![],
        };
        for row in rows {
            number += 1;
            let place = places.binary_search_by_key(&row.seq, |one| one.0).ok().map(|at| places[at].1);
            sheet.row(&[
                number.into(),
                row.name.into(),
                row.member_no.unwrap_or_default().into(),
                row.branch.unwrap_or_default().into(),
                page.say(&row.state.words()).into(),
                place.map_or(Cell::from(""), Cell::from),
                page.say(&row.channel.words()).into(),
                moment(row.created_at),
                moment(row.changed_at),
                row.finished_at.map_or(Cell::from(""), moment),
            ])?;
        }
        filter.after = last;
    }
    sheet.finish()
}
