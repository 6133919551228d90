//! A member's file: what is and was valid of the member, who recorded it, and the forms that change it.
use super::super::forms::{MemberForm, Topic};
use super::super::members;
use super::super::store::{self, Line, Listed};
use super::super::{EndReason, Kind};
use super::words::Names;
use super::{hand, meant, refused};
use crate::access::Permission::{EditRoster, MoveMembers, SeePeople};
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{PersonId, TransferId, random_hex};
use crate::msg;
use crate::people::{self, Category, File, Office, Spell, Stage};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/roster/{person}", SeePeople, show),
        // What a topic needs beyond moving members is asked for by its own permission.
        get("/roster/{person}/change", MoveMembers, ask),
        post("/roster/{person}/change", MoveMembers, change),
    ]
}

/// Changes on a page of the file, and those that are looked through for who recorded a row.
const LINES: i64 = 30;
const MOST: i64 = 1_000;
/// Lists that a file tells of.
const LISTS: i64 = 50;

/// Who recorded something, and when.
type Recorded = Option<(String, Timestamp)>;

/// A row of the file.
struct Row {
    what: String,
    from: NaiveDate,
    to: Option<NaiveDate>,
    begun: Recorded,
    ended: Recorded,
    /// The form that ends it, for those who may.
    end: Option<String>,
}

/// Rows of one kind.
struct Section {
    id: &'static str,
    title: &'static str,
    rows: Vec<Row>,
    /// The form that begins one, and its name.
    add: Option<(String, &'static str)>,
}

#[derive(Template)]
#[template(path = "roster/file.html")]
struct Show {
    page: Page,
    file: File,
    sections: Vec<Section>,
    lines: Vec<(Line, String, String)>,
    lists: Vec<Listed>,
    paging: Paging,
    /// The open transfer.
    transfer: Option<TransferId>,
    may_move: bool,
    may_edit: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct PageQuery {
    page: Option<String>,
}

/// What is known of who recorded the rows of a file.
struct Records {
    lines: Vec<Line>,
    lists: Vec<Listed>,
}

impl Records {
    /// Who recorded that a row of the table that these kinds are about began on `day`, or ended on it.
    fn of(&self, page: &Page, kinds: &[Kind], id: i64, (day, is_begin): (NaiveDate, bool)) -> Recorded {
        let key = |line: &&Line| if is_begin { line.begun == Some(id) } else { line.ended == Some(id) };
        if let Some(found) = self.lines.iter().filter(|line| kinds.contains(&line.kind)).find(key) {
            return Some((found.by.clone(), found.at));
        }
        // What a list changes holds from its own day; of a member whom it brings, from the day that it says.
        let is_it = |list: &&Listed| match (is_begin && list.detail.is_empty(), list.at) {
            (true, Some(at)) => day <= clock::day(at),
            (false, Some(at)) => day == clock::day(at),
            (_, None) => false,
        };
        let list = self.lists.iter().find(is_it)?;
        Some((list_by(page, list), list.at?))
    }
}

fn list_by(page: &Page, list: &Listed) -> String {
    let by = list.by.as_deref().unwrap_or_else(|| page.t("管理员"));
    page.tf("{}（名单导入）", by)
}

impl Show {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: PersonId, number: i64) -> Result<Show> {
        let file = people::file_within(conn, &viewer.paths(SeePeople), id)?;
        let is_other = viewer.person != id;
        let is_in = |paths: Vec<String>| paths.iter().any(|path| file.branch_path.starts_with(path.as_str()));
        let may_move = is_other && is_in(viewer.paths(MoveMembers));
        let may_edit = is_other && is_in(viewer.paths(EditRoster));
        let records = Records {
            lines: store::lines(conn, (Some(id), None), 0, MOST)?,
            lists: store::listed(conn, id, LISTS)?,
        };
        let names = Names::of(conn, &records.lines)?;
        let sections = sections(
            conn,
            &page,
            id,
            &records,
            (may_move && file.until.is_none(), may_edit && file.until.is_none()),
        )?;
        let Records { lines: all, lists } = records;
        let total = all.len() as i64;
        let paging = Paging::new(&page.path, number, total, LINES)?;
        let skip = usize::try_from((number - 1) * LINES).unwrap_or_default();
        let shown = all.into_iter().skip(skip).take(usize::try_from(LINES).unwrap_or_default());
        let lines = shown
            .map(|line| {
                let (old, new) = names.both(&page, &line);
                (line, old, new)
            })
            .collect();
        Ok(Show {
            transfer: store::open_transfer(conn, id)?,
            page,
            file,
            sections,
            lines,
            lists,
            paging,
            may_move,
            may_edit,
        })
    }
    fn by(&self, list: &Listed) -> String {
        list_by(&self.page, list)
    }
}

fn sections(
    conn: &mut Conn,
    page: &Page,
    id: PersonId,
    records: &Records,
    (may_move, may_edit): (bool, bool),
) -> Result<Vec<Section>> {
    fn row<T>((page, records): (&Page, &Records), kinds: &[Kind], spell: &Spell<T>, what: String) -> Row {
        Row {
            what,
            from: spell.from,
            to: spell.to,
            begun: records.of(page, kinds, spell.id, (spell.from, true)),
            ended: spell.to.and_then(|day| records.of(page, kinds, spell.id, (day, false))),
            end: None,
        }
    }
    let lines = (page, records);
    let form = |topic: Topic| format!("/roster/{id}/change?what={}", topic.as_str());
    let ended = |topic: Topic, may: bool, row: Row, key: i64| Row {
        end: (may && row.to.is_none()).then(|| format!("{}&row={key}", form(topic))),
        ..row
    };
    let homes = [Kind::Joined, Kind::Moved, Kind::MembershipEnded];
    let memberships = people::memberships_of(conn, id)?;
    let memberships =
        memberships.iter().map(|it| row(lines, &homes, it, format!("{} {}", it.what.1, it.what.2))).collect();
    let stages = people::stages_of(conn, id)?;
    let stages =
        stages.iter().map(|it| row(lines, &[Kind::Stage], it, page.say(&it.what.0.words()))).collect();
    let kinds = [Kind::CategoryBegun, Kind::CategoryEnded];
    let categories = people::categories_of(conn, id)?;
    let categories = categories
        .iter()
        .map(|it| {
            let row = row(lines, &kinds, it, page.say(&it.what.words()));
            ended(Topic::EndCategory, may_move, row, it.id)
        })
        .collect();
    let kinds = [Kind::OfficeBegun, Kind::OfficeEnded];
    let offices = people::offices_of(conn, id)?;
    let offices = offices
        .iter()
        .map(|it| {
            let what = format!("{} {}", page.say(&it.what.0.words()), it.what.2);
            ended(Topic::EndOffice, may_edit, row(lines, &kinds, it, what), it.id)
        })
        .collect();
    let kinds = [Kind::StayBegun, Kind::StayEnded];
    let stays = people::stays_of(conn, id)?;
    let stays = stays
        .iter()
        .map(|it| {
            let what = format!("{} {}", it.what.1, it.what.2).trim().to_owned();
            ended(Topic::EndStay, may_move, row(lines, &kinds, it, what), it.id)
        })
        .collect();
    let add = |may: bool, topic: Topic, words| may.then(|| (form(topic), words));
    Ok(vec![
        Section { id: "memberships", title: page.t("组织关系"), rows: memberships, add: None },
        Section {
            id: "stages",
            title: page.t("发展阶段"),
            rows: stages,
            add: add(may_move, Topic::Stage, page.t("改发展阶段")),
        },
        Section {
            id: "categories",
            title: page.t("类别"),
            rows: categories,
            add: add(may_move, Topic::Category, page.t("加入类别")),
        },
        Section {
            id: "offices",
            title: page.t("职务"),
            rows: offices,
            add: add(may_edit, Topic::Office, page.t("登记任职")),
        },
        Section {
            id: "stays",
            title: page.t("流动"),
            rows: stays,
            add: add(may_move, Topic::Stay, page.t("登记流动")),
        },
    ])
}

/// Looking at a file is recorded, and the person sees it. The page is not shown if that fails.
async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<PersonId>,
    query: Query<PageQuery>,
) -> Reply {
    let (doer, id, number) = (page.doer(), *id, paging::number(&query.page));
    let view = db.read(move |conn| Show::load(conn, page, &viewer, id, number)).await?;
    db.write(move |conn| doer.did_to(conn, Action::PersonSeen, id, clock::now())).await?;
    reply::page(&view)
}

#[derive(Template)]
#[template(path = "roster/change.html")]
struct Ask {
    page: Page,
    file: File,
    topic: Topic,
    /// What can be chosen.
    choices: Vec<(&'static str, String)>,
    /// What is so now, or the row that ends.
    present: String,
    today: NaiveDate,
    form: MemberForm,
    errors: Errors,
}

impl Ask {
    /// The form, for those who may fill it in; not found otherwise.
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, id: PersonId, form: MemberForm) -> Result<Ask> {
        let topic = form.topic().ok_or(Error::NotFound)?;
        let file = people::file_within(conn, &viewer.paths(topic.permission()), id)?;
        let present = present(conn, &page, &file, topic, form.row())?;
        let said = |value: &'static str, words: crate::lang::Message| (value, page.say(&words));
        let choices = match topic {
            Topic::Stage => Stage::ALL.iter().map(|it| said(it.as_str(), it.words())).collect(),
            Topic::Category => Category::ALL.iter().map(|it| said(it.as_str(), it.words())).collect(),
            Topic::Office => Office::ALL.iter().map(|it| said(it.as_str(), it.words())).collect(),
            Topic::End => EndReason::ENTERED.iter().map(|it| said(it.as_str(), it.words())).collect(),
            _ => vec![],
        };
        let today = clock::day(clock::now());
        Ok(Ask { page, file, topic, choices, present, today, form, errors: Errors::default() })
    }
    fn heading(&self) -> String {
        self.page.say(&self.topic.words())
    }
    fn label(&self) -> String {
        self.page.say(&self.topic.label())
    }
}

/// What is so now, or the row that ends; not found if that one is not open.
fn present(conn: &mut Conn, page: &Page, file: &File, topic: Topic, row: i64) -> Result<String> {
    let id = file.id;
    Ok(match topic {
        Topic::Stage => {
            let open = people::stages_of(conn, id)?.into_iter().find(Spell::is_open);
            open.map(|it| page.say(&it.what.0.words())).unwrap_or_default()
        }
        Topic::EndCategory => {
            let found = people::categories_of(conn, id)?.into_iter().find(|it| it.id == row && it.is_open());
            page.say(&found.ok_or(Error::NotFound)?.what.words())
        }
        Topic::EndOffice => {
            let found = people::offices_of(conn, id)?.into_iter().find(|it| it.id == row && it.is_open());
            let found = found.ok_or(Error::NotFound)?.what;
            format!("{} {}", page.say(&found.0.words()), found.2)
        }
        Topic::EndStay => {
            let found = people::stays_of(conn, id)?.into_iter().find(|it| it.id == row && it.is_open());
            found.ok_or(Error::NotFound)?.what.1
        }
        Topic::Name => file.name.clone(),
        Topic::Phone => file.phone.clone().unwrap_or_default(),
        Topic::BirthYear => file.birth_year.map(|year| year.to_string()).unwrap_or_default(),
        _ => String::new(),
    })
}

async fn ask(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<PersonId>,
    query: Query<MemberForm>,
) -> Reply {
    let asked = query.into_inner();
    let today = clock::day(clock::now());
    let form = MemberForm { day: today.to_string(), key: random_hex(16), ..asked };
    reply::page(&db.read(move |conn| Ask::load(conn, page, &viewer, *id, form)).await?)
}

async fn change(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    id: Path<PersonId>,
    form: Form<MemberForm>,
) -> Reply {
    let (id, form, who) = (*id, form.into_inner(), viewer.clone());
    let (mut view, org) = db
        .read(move |conn| {
            let view = Ask::load(conn, page, &who, id, form)?;
            // An office is one of the scope; a mobile member may stay anywhere in the city.
            let paths = match view.topic {
                Topic::Stay => vec!["/".to_owned()],
                topic => who.paths(topic.permission()),
            };
            let mut org = meant(conn, &paths, view.topic.levels(), &view.form.org)?;
            if org == Ok(None) && !view.topic.levels().is_empty() {
                org = Err(msg!("请填写"));
            }
            Ok((view, org))
        })
        .await?;
    let (draft, key) = match view.form.check(view.topic, org, view.today.year()) {
        Ok(checked) => checked,
        Err(errors) => {
            if errors.of("key").is_some() {
                view.form.key = random_hex(16);
            }
            return reply::invalid(&Ask { errors, ..view });
        }
    };
    let (by, permission) = (hand(&view.page, &viewer, key), view.topic.permission());
    let done = db
        .write(move |conn| {
            people::file_within(conn, &viewer.paths(permission), id)?;
            members::change(conn, id, &draft, &by)
        })
        .await;
    match refused(done, "day")? {
        Ok(()) => reply::see(format!("/roster/{id}?done=roster")),
        Err(errors) => reply::invalid(&Ask { errors, ..view }),
    }
}
