//! The figures as files: XLSX, CSV and JSON of what a page shows, and the members of a branch as a table. Each copy is on record.
use super::{Asked, alliance_of, figures, part_words, sees_people, share};
use crate::access::Permission::SeeCoverage;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::coverage::figures::{Figures, Group};
use crate::coverage::standing::{State, Tally};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::people;
use crate::web::page::Page;
use crate::web::reply::Reply;
use crate::web::route::{Route, get};
use crate::web::sheet::{self, Table};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde_json::{Value, json};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/coverage/export/{file}", SeeCoverage, export),
        get("/coverage/members/export/{file}", SeeCoverage, export_members),
    ]
}

/// The lines that the page shows for this question, the whole first.
fn lines(conn: &mut Conn, viewer: &Viewer, asked: &Asked) -> Result<(Figures, Vec<Group>)> {
    let (scope, figures) = figures(conn, viewer, asked)?;
    let figures = figures.ok_or(Error::NotFound)?;
    let alliance = scope.alliance(asked)?;
    let mut groups = vec![];
    if let Some((id, name)) = alliance {
        let of = alliance_of(conn, figures.day)?;
        groups.extend(figures.by_alliance(&of, &[(id, name)]).into_iter().filter(|group| group.id.is_some()));
        groups.extend(figures.branches_of(&of, id));
    } else if scope.is_of_alliance || (asked.by == "alliance" && !scope.alliances.is_empty()) {
        let of = alliance_of(conn, figures.day)?;
        if !scope.is_of_alliance {
            groups.push(figures.whole());
        }
        let below = figures.by_alliance(&of, &scope.alliances);
        groups.extend(below.into_iter().filter(|group| group.id.is_some() || !scope.is_of_alliance));
    } else {
        groups.push(figures.whole());
        groups.extend(figures.below(figures.top));
    }
    Ok((figures, groups))
}

async fn export(page: Page, viewer: Viewer, db: Data<Db>, file: Path<String>, query: Query<Asked>) -> Reply {
    let (asked, file) = (query.into_inner(), file.into_inner());
    let form = form_of(&file, "coverage")?;
    let doer = page.doer();
    let made = db.read_long(move |conn| {
        let (figures, groups) = lines(conn, &viewer, &asked)?;
        match form {
            Form::Json => Ok(Made::Json(as_json(&figures, &groups))),
            Form::Table(is_csv) => Ok(Made::Bytes(as_table(&page, &figures, &groups, is_csv)?, is_csv)),
        }
    });
    let made = made.await?;
    db.write(move |conn| doer.did(conn, Action::CoverageExported, ("coverage", 0), clock::now())).await?;
    Ok(made.reply("学习覆盖"))
}

enum Form {
    Json,
    /// CSV, or XLSX.
    Table(bool),
}

fn form_of(file: &str, name: &str) -> Result<Form> {
    match file.strip_prefix(name) {
        Some(".json") => Ok(Form::Json),
        Some(".csv") => Ok(Form::Table(true)),
        Some(".xlsx") => Ok(Form::Table(false)),
        _ => Err(Error::NotFound),
    }
}

enum Made {
    Json(Value),
    Bytes(Vec<u8>, bool),
}

impl Made {
    fn reply(self, name: &str) -> HttpResponse {
        match self {
            Made::Json(value) => {
                HttpResponse::Ok().insert_header(("Cache-Control", "private, no-store")).json(value)
            }
            Made::Bytes(bytes, true) => {
                sheet::attachment(bytes, "text/csv; charset=utf-8", &format!("{name}.csv"))
            }
            Made::Bytes(bytes, false) => sheet::attachment(bytes, sheet::XLSX, &format!("{name}.xlsx")),
        }
    }
}

fn counts(tally: &Tally) -> Value {
    let mut counts: serde_json::Map<String, Value> =
        State::ALL.into_iter().map(|state| (state.key().to_owned(), json!(tally.of(state)))).collect();
    counts.insert("total".into(), json!(tally.total()));
    Value::Object(counts)
}

/// The same figures for programs. Its names are a contract.
fn as_json(figures: &Figures, groups: &[Group]) -> Value {
    let items: Vec<Value> = figures
        .items
        .iter()
        .map(|item| {
            json!({"step": item.step, "title": item.title, "kind": item.matter.kind().as_str(),
                   "required": item.is_required, "due_on": item.due_on.to_string()})
        })
        .collect();
    let lines: Vec<Value> = groups
        .iter()
        .map(|group| {
            json!({"id": group.id, "name": group.name, "level": group.level.map(|level| level.as_str()),
                   "people": counts(&group.people), "items": group.items.iter().map(counts).collect::<Vec<_>>()})
        })
        .collect();
    let part = &figures.part;
    let audience = part.audience.as_ref().map(|one| json!({"id": one.id.0, "name": one.name}));
    json!({"plan": {"id": figures.plan.id.0, "title": figures.plan.title, "version": figures.version},
           "audience": audience, "due_from": part.period.from.map(|day| day.to_string()),
           "due_to": part.period.to.map(|day| day.to_string()),
           "as_of": figures.day.to_string(), "items": items, "lines": lines})
}

fn as_table(page: &Page, figures: &Figures, groups: &[Group], is_csv: bool) -> Result<Vec<u8>> {
    let mut heads = vec![page.t("组织").to_owned(), page.t("应学人数").to_owned()];
    heads.extend(State::ALL.into_iter().map(|state| page.say(&state.words())));
    heads.push(page.t("已学和已补学").to_owned());
    for item in &figures.items {
        for state in State::ALL {
            heads.push(format!("{}：{}", item.title, page.say(&state.words())));
        }
    }
    let mut table = Table::new(page.t("学习覆盖"), heads, is_csv)?;
    for group in groups {
        let name =
            if group.id.is_none() { page.t("没有联盟的支部").to_owned() } else { group.name.clone() };
        let mut cells = vec![name, group.people.total().to_string()];
        cells.extend(State::ALL.into_iter().map(|state| group.people.of(state).to_string()));
        cells.push(share(&group.people));
        for tally in &group.items {
            cells.extend(State::ALL.into_iter().map(|state| tally.of(state).to_string()));
        }
        table.row(cells)?;
    }
    notes(page, figures, &mut table)?;
    table.finish()
}

/// Under a table: which version, which day, and what of the plan.
fn notes(page: &Page, figures: &Figures, table: &mut Table) -> Result<()> {
    table.row(vec![page.tf2("计划第 {} 版，数据截至 {}", figures.version, figures.day)])?;
    match part_words(page, &figures.part) {
        Some(only) => table.row(vec![only]),
        None => Ok(()),
    }
}

async fn export_members(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    file: Path<String>,
    query: Query<Asked>,
) -> Reply {
    let (asked, file) = (query.into_inner(), file.into_inner());
    let Form::Table(is_csv) = form_of(&file, "members")? else { return Err(Error::NotFound) };
    let doer = page.doer();
    let made = db.read_long(move |conn| {
        let (scope, figures) = figures(conn, &viewer, &asked)?;
        if !sees_people(&viewer, &scope.org.path) {
            return Err(Error::NotFound);
        }
        let figures = figures.ok_or(Error::NotFound)?;
        Ok((scope.org.id, Made::Bytes(members_table(conn, &page, &figures, is_csv)?, is_csv)))
    });
    let (org, made) = made.await?;
    db.write(move |conn| doer.did(conn, Action::CoverageExported, ("org", org.0), clock::now())).await?;
    Ok(made.reply("党员学习情况"))
}

/// Names that are looked up at once.
const PIECE: usize = 500;

fn members_table(conn: &mut Conn, page: &Page, figures: &Figures, is_csv: bool) -> Result<Vec<u8>> {
    let mut heads = vec![page.t("党支部").to_owned(), page.t("姓名").to_owned(), page.t("总体").to_owned()];
    heads.extend(figures.items.iter().map(|item| item.title.clone()));
    let mut table = Table::new(page.t("党员学习情况"), heads, is_csv)?;
    let all: Vec<usize> = (0..figures.members.len()).collect();
    for piece in all.chunks(PIECE) {
        let ids: Vec<PersonId> = piece.iter().map(|at| figures.members[*at].person).collect();
        let names = people::names(conn, &ids)?;
        for at in piece {
            let member = figures.members[*at];
            let name = names.get(&member.person).cloned().unwrap_or_default();
            let branch = figures.tree.nodes()[member.place].name.clone();
            let mut cells = vec![branch, name, page.say(&figures.overall(*at).words())];
            cells.extend((0..figures.items.len()).map(|item| page.say(&figures.state(*at, item).words())));
            table.row(cells)?;
        }
    }
    notes(page, figures, &mut table)?;
    table.finish()
}
