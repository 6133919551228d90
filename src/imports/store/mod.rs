//! Rows of imports: the file, what the dry run found, what was decided. `members`, `orgs`, `places` have the records that they
//! touch; `undo` what was before.
pub(super) mod members;
pub(super) mod orgs;
pub(super) mod places;
pub(super) mod undo;

use super::plan::{Choices, Detail, Judged, Verdict};
use super::{Kind, Purpose, State};
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AccountId, ImportId};
use crate::schema::{accounts, import_choices, import_exports, import_files, import_rows, imports, persons};
use diesel::prelude::*;

/// Rows in one statement.
pub(super) const CHUNK: usize = 500;

/// An import as it stands.
#[derive(Queryable, Selectable, Debug, Clone)]
#[diesel(table_name = imports)]
pub struct Import {
    pub id: ImportId,
    pub kind: Kind,
    pub state: State,
    pub file_name: String,
    pub row_count: i32,
    /// The names of the columns, as JSON.
    pub mapping: String,
    pub is_whole: bool,
    /// The sub-trees that the importer may touch, as JSON.
    pub scope: String,
    pub compared: String,
    pub new_count: i32,
    pub changed_count: i32,
    pub same_count: i32,
    pub gone_count: i32,
    pub unsure_count: i32,
    pub wrong_count: i32,
    /// Rows that the work under way has compared.
    pub progress: i32,
    pub problem: String,
    pub made_by: Option<AccountId>,
    pub made_at: Timestamp,
    pub applied_by: Option<AccountId>,
    pub applied_at: Option<Timestamp>,
    pub undone_by: Option<AccountId>,
    pub undone_at: Option<Timestamp>,
    pub is_swept: bool,
}

/// A file that has come.
pub struct NewImport<'a> {
    pub kind: Kind,
    pub file_name: &'a str,
    pub bytes: &'a [u8],
    pub row_count: usize,
    pub mapping: &'a str,
    pub scope: &'a str,
    pub made_by: Option<AccountId>,
    pub key: &'a str,
}

/// Keeps a file. The same key again is the same import: its id, and whether it is new.
pub fn insert(conn: &mut Conn, new: &NewImport<'_>, now: Timestamp) -> Result<(ImportId, bool)> {
    let row = (
        imports::kind.eq(new.kind),
        imports::state.eq(State::Mapping),
        imports::file_name.eq(new.file_name),
        imports::row_count.eq(i32::try_from(new.row_count).unwrap_or(i32::MAX)),
        imports::mapping.eq(new.mapping),
        imports::is_whole.eq(false),
        imports::scope.eq(new.scope),
        imports::compared.eq(""),
        (
            imports::new_count.eq(0),
            imports::changed_count.eq(0),
            imports::same_count.eq(0),
            imports::gone_count.eq(0),
            imports::unsure_count.eq(0),
            imports::wrong_count.eq(0),
        ),
        imports::progress.eq(0),
        imports::problem.eq(""),
        imports::made_by.eq(new.made_by),
        imports::made_at.eq(now),
        imports::is_swept.eq(false),
        imports::key.eq(new.key),
    );
    let made = either!(conn, c => diesel::insert_into(imports::table).values(row).on_conflict_do_nothing().execute(c))?;
    let of_key = imports::table.filter(imports::key.eq(new.key)).select(imports::id);
    let id: ImportId = either!(conn, c => of_key.first(c))?;
    if made == 1 {
        let file = (import_files::import_id.eq(id), import_files::bytes.eq(new.bytes));
        either!(conn, c => diesel::insert_into(import_files::table).values(file).execute(c))?;
    }
    Ok((id, made == 1))
}

pub fn find(conn: &mut Conn, id: ImportId) -> Result<Import> {
    Ok(either!(conn, c => imports::table.find(id).select(Import::as_select()).first(c))?)
}

/// The imports of an account, or everybody's, the newest first.
pub fn listed(conn: &mut Conn, by: Option<AccountId>, skip: i64, count: i64) -> Result<Vec<Import>> {
    Ok(either!(conn, c => {
        let mut query = imports::table.select(Import::as_select()).order(imports::id.desc()).offset(skip).limit(count).into_boxed();
        if let Some(by) = by {
            query = query.filter(imports::made_by.eq(by));
        }
        query.load(c)
    })?)
}

/// The name of whoever has this account.
pub fn name_of(conn: &mut Conn, account: AccountId) -> Result<String> {
    Ok(
        either!(conn, c => accounts::table.inner_join(persons::table).filter(accounts::id.eq(account)).select(persons::name).first(c))?,
    )
}

/// The person who has this account.
pub fn person_of(conn: &mut Conn, account: AccountId) -> Result<i64> {
    Ok(either!(conn, c => accounts::table.find(account).select(accounts::person_id).first(c))?)
}

/// The file, unless it has been deleted.
pub fn file(conn: &mut Conn, id: ImportId) -> Result<Option<Vec<u8>>> {
    Ok(either!(conn, c => import_files::table.find(id).select(import_files::bytes).first(c).optional())?)
}

/// What the columns are, and whose list it is; only before it is compared or while nothing is under way.
pub fn set_mapping(
    conn: &mut Conn,
    id: ImportId,
    mapping: &str,
    is_whole: bool,
    scope: &str,
) -> Result<bool> {
    let open =
        imports::id.eq(id).and(imports::state.eq(State::Mapping).or(imports::state.eq(State::Checked)));
    let values = (imports::mapping.eq(mapping), imports::is_whole.eq(is_whole), imports::scope.eq(scope));
    Ok(either!(conn, c => diesel::update(imports::table.filter(open)).set(values).execute(c))? == 1)
}

/// Goes from one state to another; `false`: it was not in that state, so somebody else was first.
pub fn step(conn: &mut Conn, id: ImportId, from: State, to: State, problem: &str) -> Result<bool> {
    let is_there = imports::id.eq(id).and(imports::state.eq(from));
    let values = (imports::state.eq(to), imports::problem.eq(problem), imports::progress.eq(0));
    Ok(either!(conn, c => diesel::update(imports::table.filter(is_there)).set(values).execute(c))? == 1)
}

pub fn set_scope(conn: &mut Conn, id: ImportId, scope: &str) -> Result<()> {
    either!(conn, c => diesel::update(imports::table.find(id)).set(imports::scope.eq(scope)).execute(c))?;
    Ok(())
}

/// Keeps how many rows have been compared, as long as the import is in this state.
pub fn tell(conn: &mut Conn, id: ImportId, state: State, rows: i32) -> Result<()> {
    let open = imports::table.filter(imports::id.eq(id).and(imports::state.eq(state)));
    either!(conn, c => diesel::update(open).set(imports::progress.eq(rows)).execute(c))?;
    Ok(())
}

/// Who asked for it to be applied.
pub fn applied_by(conn: &mut Conn, id: ImportId, by: Option<AccountId>) -> Result<()> {
    either!(conn, c => diesel::update(imports::table.find(id)).set(imports::applied_by.eq(by)).execute(c))?;
    Ok(())
}

pub fn applied(conn: &mut Conn, id: ImportId, now: Timestamp) -> Result<()> {
    either!(conn, c => diesel::update(imports::table.find(id)).set(imports::applied_at.eq(now)).execute(c))?;
    Ok(())
}

/// Who asked for it to be taken back.
pub fn undone_by(conn: &mut Conn, id: ImportId, by: Option<AccountId>) -> Result<()> {
    either!(conn, c => diesel::update(imports::table.find(id)).set(imports::undone_by.eq(by)).execute(c))?;
    Ok(())
}

pub fn undone(conn: &mut Conn, id: ImportId, now: Timestamp) -> Result<()> {
    either!(conn, c => diesel::update(imports::table.find(id)).set(imports::undone_at.eq(now)).execute(c))?;
    Ok(())
}

#[derive(Insertable)]
#[diesel(table_name = import_rows, treat_none_as_default_value = false)]
struct NewRow<'a> {
    import_id: ImportId,
    line: i32,
    verdict: Verdict,
    subject_id: Option<i64>,
    label: &'a str,
    detail: String,
}

/// What the dry run found, in the place of what an earlier one did.
pub fn write_rows(conn: &mut Conn, id: ImportId, rows: &[Judged], compared: &str) -> Result<()> {
    either!(conn, c => diesel::delete(import_rows::table.filter(import_rows::import_id.eq(id))).execute(c))?;
    for some in rows.chunks(CHUNK) {
        let new: Vec<_> = some
            .iter()
            .map(|row| NewRow {
                import_id: id,
                line: i32::try_from(row.line).unwrap_or(i32::MAX),
                verdict: row.verdict,
                subject_id: row.subject,
                label: &row.label,
                detail: serde_json::json!(row.detail).to_string(),
            })
            .collect();
        either!(conn, c => diesel::insert_into(import_rows::table).values(&new).execute(c))?;
    }
    let count =
        |verdict| i32::try_from(rows.iter().filter(|row| row.verdict == verdict).count()).unwrap_or(i32::MAX);
    let values = (
        imports::compared.eq(compared),
        imports::new_count.eq(count(Verdict::New)),
        imports::changed_count.eq(count(Verdict::Changed)),
        imports::same_count.eq(count(Verdict::Same)),
        imports::gone_count.eq(count(Verdict::Gone)),
        imports::unsure_count.eq(count(Verdict::Unsure)),
        imports::wrong_count.eq(count(Verdict::Wrong)),
    );
    either!(conn, c => diesel::update(imports::table.find(id)).set(values).execute(c))?;
    Ok(())
}

type Found = (i32, Verdict, Option<i64>, String, String);

fn judged((line, verdict, subject, label, detail): Found) -> Judged {
    let detail: Detail = serde_json::from_str(&detail).unwrap_or_default();
    Judged { line: usize::try_from(line).unwrap_or_default(), verdict, subject, label, detail }
}

/// What the dry run found of one kind, in the order of the file.
pub fn rows(conn: &mut Conn, id: ImportId, verdict: Verdict, skip: i64, count: i64) -> Result<Vec<Judged>> {
    let found: Vec<Found> = either!(conn, c => import_rows::table
        .filter(import_rows::import_id.eq(id).and(import_rows::verdict.eq(verdict)))
        .order(import_rows::id)
        .offset(skip)
        .limit(count)
        .select((import_rows::line, import_rows::verdict, import_rows::subject_id, import_rows::label, import_rows::detail))
        .load(c))?;
    Ok(found.into_iter().map(judged).collect())
}

pub fn choices(conn: &mut Conn, id: ImportId) -> Result<Choices> {
    let of_import = import_choices::table.filter(import_choices::import_id.eq(id));
    let found: Vec<(String, String)> =
        either!(conn, c => of_import.select((import_choices::mark, import_choices::choice)).load(c))?;
    Ok(found.into_iter().collect())
}

/// Keeps what was decided; an empty choice takes it back.
pub fn choose(conn: &mut Conn, id: ImportId, chosen: &[(String, String)]) -> Result<()> {
    for (mark, choice) in chosen {
        let of_mark = import_choices::import_id.eq(id).and(import_choices::mark.eq(mark));
        either!(conn, c => diesel::delete(import_choices::table.filter(of_mark)).execute(c))?;
        if !choice.is_empty() {
            let row = (
                import_choices::import_id.eq(id),
                import_choices::mark.eq(mark),
                import_choices::choice.eq(choice),
            );
            either!(conn, c => diesel::insert_into(import_choices::table).values(row).execute(c))?;
        }
    }
    Ok(())
}

/// Forgets all decisions about those who are not in the file, to decide for all of them at once.
pub fn forget_gone(conn: &mut Conn, id: ImportId) -> Result<()> {
    let gone = import_choices::import_id.eq(id).and(import_choices::mark.like("gone:%"));
    either!(conn, c => diesel::delete(import_choices::table.filter(gone)).execute(c))?;
    Ok(())
}

/// Records that a list was taken away; its number.
pub fn exported(
    conn: &mut Conn,
    kind: Kind,
    purpose: Purpose,
    rows: usize,
    by: Option<AccountId>,
    now: Timestamp,
) -> Result<i64> {
    let row = (
        import_exports::kind.eq(kind),
        import_exports::purpose.eq(purpose),
        import_exports::row_count.eq(i32::try_from(rows).unwrap_or(i32::MAX)),
        import_exports::made_by.eq(by),
        import_exports::made_at.eq(now),
    );
    Ok(
        either!(conn, c => diesel::insert_into(import_exports::table).values(row).returning(import_exports::id).get_result(c))?,
    )
}

/// Deletes the files of imports that came before this moment, what was found in them, and what undoing would need. Their own
/// rows stay, with the counts.
pub fn sweep(conn: &mut Conn, before: Timestamp, count: i64) -> Result<usize> {
    // What was applied later is kept until it cannot be undone any more.
    let is_over = imports::applied_at
        .is_null()
        .and(imports::made_at.lt(before))
        .or(imports::applied_at.lt(before).assume_not_null());
    let old: Vec<ImportId> = either!(conn, c => imports::table
        .filter(imports::is_swept.eq(false).and(is_over.assume_not_null()))
        .order(imports::made_at)
        .limit(count)
        .select(imports::id)
        .load(c))?;
    for id in &old {
        either!(conn, c => diesel::delete(import_files::table.find(id)).execute(c))?;
        either!(conn, c => diesel::delete(import_rows::table.filter(import_rows::import_id.eq(id))).execute(c))?;
        either!(conn, c => diesel::delete(import_choices::table.filter(import_choices::import_id.eq(id))).execute(c))?;
        undo::forget(conn, *id)?;
        let open = imports::id.eq(id).and(imports::applied_at.is_null());
        either!(conn, c => diesel::update(imports::table.filter(open)).set(imports::state.eq(State::Dropped)).execute(c))?;
        either!(conn, c => diesel::update(imports::table.find(id)).set(imports::is_swept.eq(true)).execute(c))?;
    }
    Ok(old.len())
}
