//! Lists that come as files: members, organisations, schools, alliances. A file is kept, its columns are named, a dry run says of
//! each row what would become of it; applying finds the same once more, or refuses, and writes in one transaction; undoing
//! puts everything back, unless it has changed since. `run` does the three, in a request or as a job.
pub mod columns;
pub mod files;
mod forms;
mod members;
mod orgs;
pub mod pages;
mod places;
pub mod plan;
pub mod read;
mod run;
mod store;
mod tree;
mod words;

use crate::access::{Permission, Viewer};
use crate::audit::{Action, Doer};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, ImportId};
use crate::jobs;
use crate::lang::Message;
use crate::{msg, text_enum};
use chrono::Duration;
use columns::Column;
use plan::Judged;
pub use run::{gave_up, run, run_here};
use serde::{Deserialize, Serialize};
pub use store::{Import, choices, file, find as load, listed, name_of, rows};

text_enum! {
    pub enum Kind {
        Members = "members",
        Organizations = "organizations",
        Schools = "schools",
        Alliances = "alliances",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Members => msg!("党员"),
            Kind::Organizations => msg!("党组织"),
            Kind::Schools => msg!("微党校"),
            Kind::Alliances => msg!("联盟"),
        }
    }
}

text_enum! {
    pub enum State {
        /// The columns are not named yet.
        Mapping = "mapping",
        Checking = "checking",
        Checked = "checked",
        Applying = "applying",
        Applied = "applied",
        Undoing = "undoing",
        Undone = "undone",
        /// Never applied, and its file is gone.
        Dropped = "dropped",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Mapping => msg!("等待核对列"),
            State::Checking => msg!("正在检查"),
            State::Checked => msg!("已检查，还没有导入"),
            State::Applying => msg!("正在导入"),
            State::Applied => msg!("已导入"),
            State::Undoing => msg!("正在撤销"),
            State::Undone => msg!("已撤销"),
            State::Dropped => msg!("没有导入，文件已删除"),
        }
    }
    /// Whether something is being done about it.
    pub fn is_working(self) -> bool {
        matches!(self, State::Checking | State::Applying | State::Undoing)
    }
}

text_enum! {
    /// What a list is taken away for.
    pub enum Purpose {
        Check = "check",
        Correct = "correct",
        Report = "report",
        Move = "move",
    }
}

impl Purpose {
    pub fn words(self) -> Message {
        match self {
            Purpose::Check => msg!("核对名册"),
            Purpose::Correct => msg!("改好后再导入"),
            Purpose::Report => msg!("按规定上报"),
            Purpose::Move => msg!("搬到别的系统"),
        }
    }
}

/// So many rows are done while the reader waits; more are done by the worker.
pub const AT_ONCE: i32 = 2_000;
/// How long files are kept and imports can be undone, in days.
pub const KEPT_DAYS: i64 = 30;

/// What the columns of a file are: the row with the headings, from 0, and the column of each place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    pub head: usize,
    /// Names of columns; empty: not used.
    pub columns: Vec<String>,
}

impl Mapping {
    /// What the headings of these rows suggest.
    pub fn guess(kind: Kind, rows: &[Vec<String>]) -> Mapping {
        let head = columns::heading_row(kind, rows).unwrap_or_default();
        let width = rows.iter().map(Vec::len).max().unwrap_or_default();
        let mut headings = rows.get(head).cloned().unwrap_or_default();
        headings.resize(width, String::new());
        let guessed = columns::guess(kind, &headings);
        Mapping {
            head,
            columns: guessed.into_iter().map(|one| one.map_or("", Column::as_str).to_owned()).collect(),
        }
    }
    pub fn columns(&self) -> Vec<Option<Column>> {
        self.columns.iter().map(|name| Column::of(name)).collect()
    }
    fn to_kept(&self) -> String {
        serde_json::json!(self).to_string()
    }
}

impl Import {
    pub fn mapping(&self) -> Mapping {
        serde_json::from_str(&self.mapping).unwrap_or_default()
    }
    fn scope(&self) -> Vec<String> {
        serde_json::from_str(&self.scope).unwrap_or_default()
    }
    /// The moment from which it cannot be undone any more.
    pub fn undo_until(&self) -> Option<Timestamp> {
        self.applied_at.map(|at| at + Duration::days(KEPT_DAYS))
    }
    pub fn may_apply(&self) -> bool {
        self.state == State::Checked && self.wrong_count == 0 && self.unsure_count == 0
    }
    pub fn may_undo(&self, now: Timestamp) -> bool {
        self.state == State::Applied && !self.is_swept && self.undo_until().is_some_and(|until| now < until)
    }
}

/// What changed between the dry run and now.
pub(crate) fn meanwhile() -> Message {
    msg!("检查以后，名册里相关的内容又变了，什么都没有导入。请重新检查一遍。")
}

/// A file that somebody sends.
pub struct Sent<'a> {
    pub kind: Kind,
    pub name: &'a str,
    pub bytes: &'a [u8],
    /// Its rows, as `read::rows` gives them.
    pub rows: &'a [Vec<String>],
    /// The sub-trees that the sender may touch.
    pub scope: &'a [String],
    pub by: Option<AccountId>,
    pub key: &'a str,
}

/// Keeps a file and guesses its columns. The same key again is the same import.
///
/// # Errors
/// Those of the database.
pub fn upload(conn: &mut Conn, sent: &Sent<'_>, now: Timestamp) -> Result<ImportId> {
    let mapping = Mapping::guess(sent.kind, sent.rows);
    let scope = serde_json::json!(sent.scope).to_string();
    let new = store::NewImport {
        kind: sent.kind,
        file_name: sent.name,
        bytes: sent.bytes,
        row_count: sent.rows.len().saturating_sub(mapping.head + 1),
        mapping: &mapping.to_kept(),
        scope: &scope,
        made_by: sent.by,
        key: sent.key,
    };
    Ok(store::insert(conn, &new, now)?.0)
}

/// An import as this viewer may see it: the own ones, while what it was compared with is still in the viewer's scope, and all for
/// those who import for the whole city.
///
/// # Errors
/// [`Error::NotFound`] for others, as if there were none.
pub fn find(conn: &mut Conn, viewer: &Viewer, id: ImportId) -> Result<Import> {
    let import = store::find(conn, id)?;
    let paths = viewer.paths(Permission::ImportRoster);
    let is_covered = |scope: &String| paths.iter().any(|path| scope.starts_with(path.as_str()));
    let is_own = import.made_by == Some(viewer.account) && import.scope().iter().all(is_covered);
    if is_own || sees_all(viewer) { Ok(import) } else { Err(Error::NotFound) }
}

/// How far an import is.
///
/// # Errors
/// Those of the database.
pub fn state(conn: &mut Conn, id: ImportId) -> Result<State> {
    Ok(store::find(conn, id)?.state)
}

/// Whether this viewer sees everybody's imports.
pub fn sees_all(viewer: &Viewer) -> bool {
    viewer.paths(Permission::ImportRoster).iter().any(|path| path == "/")
}

/// Asks for something to be done about an import: by the worker, or at once and by the worker only if that is interrupted.
fn enqueue(conn: &mut Conn, import: &Import, now: Timestamp) -> Result<()> {
    let at = if import.row_count <= AT_ONCE { now + Duration::minutes(1) } else { now };
    jobs::enqueue(conn, jobs::Kind::Import, import.id.0, None, at)
}

/// Names the columns and asks for a dry run, with the scope that the viewer has now.
///
/// # Errors
/// [`Error::Refused`] if something is under way or it has been applied.
pub fn ask_check(
    conn: &mut Conn,
    import: &Import,
    mapping: &Mapping,
    is_whole: bool,
    scope: &[String],
    now: Timestamp,
) -> Result<()> {
    let is_other = is_whole != import.is_whole || *mapping != import.mapping() || *scope != import.scope();
    let scope = serde_json::json!(scope).to_string();
    let from = import.state;
    let may = matches!(from, State::Mapping | State::Checked)
        && store::set_mapping(conn, import.id, &mapping.to_kept(), is_whole, &scope)?
        && store::step(conn, import.id, from, State::Checking, "")?;
    if !may {
        return Err(Error::Refused(busy()));
    }
    if is_other {
        // Those who are missing are others then: what was decided about "all" was not about them.
        store::forget_gone(conn, import.id)?;
    }
    enqueue(conn, import, now)
}

/// Keeps what the reader decided of rows.
///
/// # Errors
/// [`Error::Refused`] if it has been applied meanwhile.
pub fn decide(conn: &mut Conn, import: &Import, chosen: &[(String, String)]) -> Result<()> {
    // The row is locked: nobody applies it between the look and the decision.
    if !store::step(conn, import.id, State::Checked, State::Checked, &import.problem)? {
        return Err(Error::Refused(busy()));
    }
    if chosen.iter().any(|(mark, _)| mark == plan::ALL_GONE) {
        store::forget_gone(conn, import.id)?;
    }
    store::choose(conn, import.id, chosen)
}

fn busy() -> Message {
    msg!("这次导入正在办理或已经办完，请刷新页面再看。")
}

/// Asks for an import to be applied; asking again changes nothing.
///
/// # Errors
/// [`Error::Refused`] while a row is wrong or undecided.
pub fn ask_apply(
    conn: &mut Conn,
    import: &Import,
    scope: &[String],
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<()> {
    if matches!(import.state, State::Applying | State::Applied) {
        return Ok(());
    }
    if !import.may_apply() {
        return Err(Error::Refused(msg!("还有没改好或没决定的行，或者已经办理过。请看检查结果。")));
    }
    if store::step(conn, import.id, State::Checked, State::Applying, "")? {
        store::set_scope(conn, import.id, &serde_json::json!(scope).to_string())?;
        store::applied_by(conn, import.id, by)?;
        enqueue(conn, import, now)?;
    }
    Ok(())
}

/// Asks for an import to be taken back; asking again changes nothing.
///
/// # Errors
/// [`Error::Refused`] once it is too late.
pub fn ask_undo(conn: &mut Conn, import: &Import, by: Option<AccountId>, now: Timestamp) -> Result<()> {
    if matches!(import.state, State::Undoing | State::Undone) {
        return Ok(());
    }
    if !import.may_undo(now) {
        return Err(Error::Refused(msg!("已经不能撤销了：没有导入过，或已过 {} 天。", KEPT_DAYS)));
    }
    if store::step(conn, import.id, State::Applied, State::Undoing, "")? {
        store::undone_by(conn, import.id, by)?;
        enqueue(conn, import, now)?;
    }
    Ok(())
}

/// Records that a list is taken away.
///
/// # Errors
/// Those of the database.
pub fn record_export(
    conn: &mut Conn,
    kind: Kind,
    purpose: Purpose,
    rows: usize,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let id = store::exported(conn, kind, purpose, rows, doer.account, now)?;
    doer.did(conn, Action::ListExported, ("export", id), now)
}

/// Deletes files and what undoing needs, some weeks after an import came or was applied.
///
/// # Errors
/// Those of the database.
pub fn sweep(conn: &mut Conn, now: Timestamp) -> Result<usize> {
    store::sweep(conn, now - Duration::days(KEPT_DAYS), 20)
}

/// The rows that the worker or the command tells of, one after the other: those that are wrong first.
///
/// # Errors
/// Those of the database.
pub fn problems(conn: &mut Conn, id: ImportId, count: i64) -> Result<Vec<Judged>> {
    let mut found = store::rows(conn, id, plan::Verdict::Wrong, 0, count)?;
    found.extend(store::rows(conn, id, plan::Verdict::Unsure, 0, count)?);
    found.sort_by_key(|row| row.line);
    Ok(found)
}
