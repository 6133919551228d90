//! One import: its columns, what the dry run found, applying it, taking it back.
use super::super::columns::Column;
use super::super::plan::{ALL_GONE, Choices, Detail, END, Judged, Verdict, gone_mark};
use super::super::{AT_ONCE, Import, KEPT_DAYS, Kind, Mapping, State, forms, read};
use super::heading;
use crate::access::Permission::ImportRoster;
use crate::access::Viewer;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::ImportId;
use crate::lang::{self, Message};
use crate::web::body;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use actix_web::web::{Data, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

/// Rows on a page.
const LINES: i64 = 50;
/// A form with a choice for each row of a page.
const LARGEST_FORM: usize = 256 * 1024;
/// Rows of the file that are shown beside its columns.
const EXAMPLES: usize = 3;

/// Which column is which.
#[derive(Template)]
#[template(path = "imports/mapping.html")]
struct Ask {
    page: Page,
    import: Import,
    headings: Vec<String>,
    mapping: Mapping,
    /// The first rows below the headings, by column.
    examples: Vec<String>,
    whole: bool,
    problem: Option<Message>,
}

impl Ask {
    fn options(&self) -> Vec<(&'static str, String)> {
        let kind = self.import.kind;
        kind.columns().iter().map(|column| (column.as_str(), self.page.say(&column.words(kind)))).collect()
    }
    fn columns(&self) -> Vec<(usize, &String, &String, &String)> {
        let rows = self.headings.iter().zip(&self.mapping.columns).zip(&self.examples).enumerate();
        rows.map(|(place, ((heading, column), example))| (place, heading, column, example)).collect()
    }
    fn is_members(&self) -> bool {
        self.import.kind == Kind::Members
    }
    fn has_gone(&self) -> bool {
        self.import.kind != Kind::Alliances
    }
    fn kept(&self) -> String {
        lang::kept(&self.import.problem, self.page.manner.lang)
    }
}

/// What the dry run found, and what became of it.
#[derive(Template)]
#[template(path = "imports/one.html")]
struct Show {
    page: Page,
    import: Import,
    verdict: Verdict,
    rows: Vec<Judged>,
    choices: Choices,
    paging: Paging,
    now: Timestamp,
    /// Whether all who are not in the file end, unless something else was said of one.
    is_all_gone: bool,
    /// How many of those who are not in the file would be ended.
    ending: usize,
}

impl Show {
    fn kind(&self) -> String {
        self.page.say(&self.import.kind.words())
    }
    fn state(&self) -> String {
        self.page.say(&self.import.state.words())
    }
    fn tag(&self) -> &'static str {
        super::tag(self.import.state)
    }
    fn problem(&self) -> String {
        lang::kept(&self.import.problem, self.page.manner.lang)
    }
    fn is_applying(&self) -> bool {
        self.import.state == State::Applying
    }
    fn is_undoing(&self) -> bool {
        self.import.state == State::Undoing
    }
    fn is_checked(&self) -> bool {
        self.import.state == State::Checked
    }
    fn is_applied(&self) -> bool {
        self.import.state == State::Applied
    }
    fn has_rows(&self) -> bool {
        !self.import.is_swept && !self.import.state.is_working()
    }
    fn may_undo(&self) -> bool {
        self.import.may_undo(self.now)
    }
    fn until(&self) -> String {
        self.import.undo_until().map(|at| self.page.moment(&at)).unwrap_or_default()
    }
    fn kept_until(&self) -> String {
        self.page.date(&(self.import.made_at + chrono::Duration::days(KEPT_DAYS)))
    }
    /// Rows that have been compared, of how many.
    fn compared(&self) -> String {
        self.page.number(&i64::from(self.import.progress.min(self.import.row_count)))
    }
    fn total(&self) -> String {
        self.page.number(&i64::from(self.import.row_count))
    }
    /// All rows have been compared, and are being written.
    fn is_writing(&self) -> bool {
        self.is_applying() && self.import.progress >= self.import.row_count
    }
    /// What may be looked at: the verdict, in words, how many.
    fn tabs(&self) -> Vec<(&'static str, String, i32)> {
        let import = &self.import;
        let counts = [
            (Verdict::Wrong, import.wrong_count),
            (Verdict::Unsure, import.unsure_count),
            (Verdict::New, import.new_count),
            (Verdict::Changed, import.changed_count),
            (Verdict::Gone, import.gone_count),
            (Verdict::Same, import.same_count),
        ];
        counts
            .into_iter()
            .map(|(verdict, count)| (verdict.as_str(), self.page.say(&words(verdict)), count))
            .collect()
    }
    fn is_shown(&self, name: &str) -> bool {
        self.verdict.as_str() == name
    }
    fn is_gone(&self) -> bool {
        self.verdict == Verdict::Gone
    }
    fn is_wrong(&self) -> bool {
        self.verdict == Verdict::Wrong
    }
    /// What the reader has decided stays open to them until it is applied.
    fn may_choose(&self, row: &Judged) -> bool {
        self.is_checked() && !row.detail.choices.is_empty()
    }
    /// Whether the rows of the page stand in a form.
    fn has_form(&self) -> bool {
        self.is_checked() && (self.is_gone() || self.rows.iter().any(|row| self.may_choose(row)))
    }
    fn about(&self, row: &Judged) -> Vec<(String, String, String)> {
        let changes = row.detail.changes.iter();
        changes
            .map(|one| {
                (heading(&self.page, self.import.kind, &one.column), one.was.clone(), one.becomes.clone())
            })
            .collect()
    }
    fn problems(&self, detail: &Detail) -> Vec<(String, String, String)> {
        let lang = self.page.manner.lang;
        let all = detail.problems.iter();
        all.map(|one| {
            (
                heading(&self.page, self.import.kind, &one.column),
                one.cell.clone(),
                lang::kept(&one.told, lang),
            )
        })
        .collect()
    }
    fn options(&self, detail: &Detail) -> Vec<(String, String)> {
        let lang = self.page.manner.lang;
        detail.choices.iter().map(|one| (one.value.clone(), lang::kept(&one.told, lang))).collect()
    }
    fn mark(&self, row: &Judged) -> String {
        row.mark()
    }
    /// Whether a record that is not in the file is to end.
    fn is_ended(&self, row: &Judged) -> bool {
        is_ended(row, &self.choices, self.is_all_gone)
    }
}

fn is_ended(row: &Judged, choices: &Choices, is_all_gone: bool) -> bool {
    let own = row.subject.and_then(|id| choices.get(&gone_mark(id)));
    own.map_or(is_all_gone, |choice| choice == END)
}

/// How many of those who are not in the file end when it is applied; they are only read where somebody decided so.
fn ending(conn: &mut Conn, import: &Import, choices: &Choices, is_all_gone: bool) -> Result<usize> {
    if !import.may_apply() || !choices.values().any(|choice| choice == END) {
        return Ok(0);
    }
    let gone = super::super::rows(conn, import.id, Verdict::Gone, 0, i64::from(import.gone_count))?;
    let ends = |row: &&Judged| row.detail.problems.is_empty() && is_ended(row, choices, is_all_gone);
    Ok(gone.iter().filter(ends).count())
}

fn words(verdict: Verdict) -> Message {
    use crate::msg;
    match verdict {
        Verdict::Wrong => msg!("有问题"),
        Verdict::Unsure => msg!("可能重复"),
        Verdict::New => msg!("新增"),
        Verdict::Changed => msg!("改动"),
        Verdict::Gone => msg!("文件里没有"),
        Verdict::Same => msg!("不变"),
    }
}

#[derive(Deserialize)]
pub struct ShowQuery {
    page: Option<String>,
    show: Option<String>,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, import: Import, query: &ShowQuery) -> Result<Show> {
        let counts = [
            (Verdict::Wrong, import.wrong_count),
            (Verdict::Unsure, import.unsure_count),
            (Verdict::New, import.new_count),
            (Verdict::Changed, import.changed_count),
            (Verdict::Gone, import.gone_count),
            (Verdict::Same, import.same_count),
        ];
        let first =
            counts.iter().find(|(_, count)| *count > 0).map_or(Verdict::Same, |(verdict, _)| *verdict);
        let asked = query.show.as_deref().and_then(Verdict::of);
        let verdict = asked.unwrap_or(first);
        let total = counts.iter().find(|(one, _)| *one == verdict).map_or(0, |(_, count)| i64::from(*count));
        let total = if import.is_swept { 0 } else { total };
        let number = paging::number(&query.page);
        let paging = Paging::new(&page.path, number, total, LINES)?;
        let rows = super::super::rows(conn, import.id, verdict, (number - 1) * LINES, LINES)?;
        let choices = super::super::choices(conn, import.id)?;
        let is_all_gone = choices.get(ALL_GONE).is_some_and(|choice| choice == END);
        let ending = ending(conn, &import, &choices, is_all_gone)?;
        Ok(Show { page, import, verdict, rows, choices, paging, now: clock::now(), is_all_gone, ending })
    }
}

/// The columns of a file, with its first rows.
async fn ask(
    page: Page,
    db: &Db,
    import: Import,
    problem: Option<Message>,
    sent: Option<(Mapping, bool)>,
) -> Result<Ask> {
    let id = import.id;
    let bytes = db.read(move |conn| super::super::file(conn, id)).await?.ok_or(Error::NotFound)?;
    let rows = actix_web::web::block(move || read::rows(&bytes)).await.map_err(Error::internal)?;
    let rows = rows.map_err(Error::Refused)?;
    let (mapping, whole) = sent.unwrap_or_else(|| (import.mapping(), import.is_whole));
    let cell =
        |row: usize, place: usize| rows.get(row).and_then(|row| row.get(place)).cloned().unwrap_or_default();
    let width = mapping.columns.len();
    let headings = (0..width).map(|place| cell(mapping.head, place)).collect();
    let example = |place: usize| {
        let some = (1..=EXAMPLES).map(|row| cell(mapping.head + row, place)).filter(|cell| !cell.is_empty());
        some.map(|cell| cell.chars().take(24).collect::<String>()).collect::<Vec<_>>().join(" / ")
    };
    let examples = (0..width).map(example).collect();
    Ok(Ask { page, import, headings, mapping, examples, whole, problem })
}

#[derive(Deserialize)]
pub struct ShowPath {
    pub import: i64,
}

async fn found(db: &Db, viewer: &Viewer, path: &Path<ShowPath>) -> Result<Import> {
    let (viewer, id) = (viewer.clone(), ImportId(path.import));
    db.read(move |conn| super::super::find(conn, &viewer, id)).await
}

pub async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<ShowPath>,
    query: Query<ShowQuery>,
) -> Reply {
    let import = found(&db, &viewer, &path).await?;
    let wants_columns = query.show.as_deref() == Some("columns") && import.state == State::Checked;
    if !import.is_swept && (import.state == State::Mapping || wants_columns) {
        return reply::page(&ask(page, &db, import, None, None).await?);
    }
    let query = query.into_inner();
    let view = db.read(move |conn| Show::load(conn, page, import, &query)).await?;
    reply::page(&view)
}

/// Does what was asked for while the reader waits, if that is not long; then shows the import.
async fn done(db: Data<Db>, import: &Import, notice: &str) -> Reply {
    let id = import.id;
    if import.row_count <= AT_ONCE {
        let here = db.clone();
        actix_web::web::block(move || super::super::run_here(&here, id, &mut |_, _| {}, clock::now()))
            .await
            .map_err(Error::internal)??;
    }
    // What was refused meanwhile has taken it back to where it was: then nothing is told as done.
    let state = db.read(move |conn| super::super::state(conn, id)).await?;
    let is_done = matches!(state, State::Applied | State::Undone) && !notice.is_empty();
    reply::see(if is_done { format!("/imports/{id}?done={notice}") } else { format!("/imports/{id}") })
}

pub async fn map(page: Page, viewer: Viewer, db: Data<Db>, path: Path<ShowPath>, sent: Payload) -> Reply {
    let pairs = body::pairs(sent, LARGEST_FORM).await?;
    let import = found(&db, &viewer, &path).await?;
    let before = import.mapping();
    let whole = pairs.iter().any(|(name, value)| name == "whole" && value == "yes");
    match forms::mapping(import.kind, &before, &pairs) {
        Err(problem) if !import.is_swept => {
            let named = |place: usize| {
                let pair = pairs.iter().find(|(name, _)| *name == format!("c{place}"));
                pair.and_then(|(_, value)| Column::of(value)).map_or("", Column::as_str).to_owned()
            };
            let columns = (0..before.columns.len()).map(named).collect();
            let sent = Mapping { head: before.head, columns };
            reply::invalid(&ask(page, &db, import, Some(problem), Some((sent, whole))).await?)
        }
        Err(problem) => Err(Error::Refused(problem)),
        Ok((mapping, whole)) => {
            let scope = viewer.paths(ImportRoster);
            let asked = import.clone();
            db.write(move |conn| {
                super::super::ask_check(conn, &asked, &mapping, whole, &scope, clock::now())
            })
            .await?;
            done(db, &import, "").await
        }
    }
}

pub async fn decide(viewer: Viewer, db: Data<Db>, path: Path<ShowPath>, sent: Payload) -> Reply {
    let pairs = body::pairs(sent, LARGEST_FORM).await?;
    let import = found(&db, &viewer, &path).await?;
    let of = |wanted: &str| pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let mut chosen: Vec<(String, String)> = vec![];
    match of("all") {
        Some("end") => chosen.push((ALL_GONE.into(), END.into())),
        Some("keep") => chosen.push((ALL_GONE.into(), String::new())),
        _ => {
            // Boxes that are not ticked are not sent: the rows of the page are named beside them.
            for (_, mark) in pairs.iter().filter(|(name, mark)| name == "row" && mark.starts_with("gone:")) {
                let is_ticked = pairs.iter().any(|(name, value)| name == "end" && value == mark);
                chosen.push((mark.clone(), if is_ticked { END } else { "keep" }.into()));
            }
            let lines = pairs.iter().filter(|(name, _)| name.starts_with("line:"));
            chosen.extend(lines.filter(|(_, value)| value.len() <= 40).cloned());
        }
    }
    let needs_check = chosen.iter().any(|(mark, _)| mark.starts_with("line:"));
    let scope = viewer.paths(ImportRoster);
    let asked = import.clone();
    db.write(move |conn| {
        super::super::decide(conn, &asked, &chosen)?;
        // Whoever is the same or another changes what is found.
        match needs_check {
            true => {
                super::super::ask_check(conn, &asked, &asked.mapping(), asked.is_whole, &scope, clock::now())
            }
            false => Ok(()),
        }
    })
    .await?;
    if needs_check {
        return done(db, &import, "").await;
    }
    reply::see(format!("/imports/{}?show=gone&done=saved", import.id))
}

pub async fn apply(viewer: Viewer, db: Data<Db>, path: Path<ShowPath>) -> Reply {
    let import = found(&db, &viewer, &path).await?;
    let (asked, scope, by) = (import.clone(), viewer.paths(ImportRoster), Some(viewer.account));
    db.write(move |conn| super::super::ask_apply(conn, &asked, &scope, by, clock::now())).await?;
    done(db, &import, "imported").await
}

pub async fn undo(viewer: Viewer, db: Data<Db>, path: Path<ShowPath>) -> Reply {
    let import = found(&db, &viewer, &path).await?;
    let (asked, by) = (import.clone(), Some(viewer.account));
    db.write(move |conn| super::super::ask_undo(conn, &asked, by, clock::now())).await?;
    done(db, &import, "import-undone").await
}
