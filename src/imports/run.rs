//! The dry run, the application and the undoing of an import: in a request, by the worker, or by the command.
use super::columns::Column;
use super::plan::{Judged, Row, digest};
use super::store::members::{self as member_rows, nodes};
use super::store::{self, Import, orgs as org_rows, places as place_rows, undo};
use super::tree::Tree;
use super::{Kind, State, meanwhile, members, orgs, places, read};
use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AccountId, ImportId, OrgId, PersonId};
use crate::lang::Message;
use crate::roster::history::{Before, By, Sort};
use crate::{jobs, msg, roster};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How often the page is told how far the work is: after so long, or after so many rows.
const TELL: Duration = Duration::from_secs(1);
const TELL_ROWS: usize = 1_000;

/// What a writer of each kind needs.
enum Acts {
    Members(Vec<members::Act>),
    Orgs(Vec<orgs::Act>),
    Schools(Vec<places::SchoolAct>),
    Alliances(Vec<places::AllianceAct>),
}

/// Does what the state of the import asks for. `told` hears how many rows of how many have been compared; what follows is written
/// at once. Doing it twice is doing it once.
///
/// # Errors
/// Those of the database; then it is to be tried again. What a rule refuses is written to the import.
pub fn run(db: &Db, id: ImportId, told: &mut dyn FnMut(usize, usize), now: Timestamp) -> Result<()> {
    let import = db.read_now(|conn| store::find(conn, id))?;
    let done = match import.state {
        State::Checking => check(db, &import, told, now),
        State::Applying => apply(db, &import, told, now),
        State::Undoing => take_back(db, &import, now),
        _ => return Ok(()),
    };
    match done.map_err(settled) {
        Err(Error::Refused(why)) => db.write_now(|conn| back(conn, &import, &why)),
        other => other,
    }
}

/// [`run`] for somebody who waits for it: the job, which is there in case this is interrupted, is not needed then.
///
/// # Errors
/// As [`run`].
pub fn run_here(db: &Db, id: ImportId, told: &mut dyn FnMut(usize, usize), now: Timestamp) -> Result<()> {
    run(db, id, told, now)?;
    db.write_now(|conn| jobs::cancel(conn, jobs::Kind::Import, id.0, now)).map(drop)
}

/// The state from which this was asked.
fn back(conn: &mut Conn, import: &Import, why: &Message) -> Result<()> {
    let to = match import.state {
        State::Checking => State::Mapping,
        State::Applying => State::Checked,
        State::Undoing => State::Applied,
        _ => return Ok(()),
    };
    store::step(conn, import.id, import.state, to, &why.to_kept()).map(drop)
}

/// The worker has given up: the page says so, and it can be asked for again.
///
/// # Errors
/// Those of the database.
pub fn gave_up(conn: &mut Conn, id: ImportId) -> Result<()> {
    let import = store::find(conn, id)?;
    back(conn, &import, &msg!("没有办成，什么都没有改动。请再试一次；还不行，请把编号告诉管理员。"))
}

/// A number or a name that somebody took at the same moment.
fn settled(error: Error) -> Error {
    use diesel::result::{DatabaseErrorKind, Error as DieselError};
    let is_taken = matches!(&error, Error::Internal(cause) if matches!(
        cause.downcast_ref::<DieselError>(),
        Some(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
    ));
    if is_taken { Error::Refused(meanwhile()) } else { error }
}

fn rows_of(db: &Db, import: &Import) -> Result<Vec<Vec<String>>> {
    let bytes = db.read_now(|conn| store::file(conn, import.id))?;
    let bytes = bytes.ok_or_else(|| Error::Refused(msg!("文件已经删除，请重新上传。")))?;
    read::rows(&bytes).map_err(Error::Refused)
}

fn check(db: &Db, import: &Import, told: &mut dyn FnMut(usize, usize), now: Timestamp) -> Result<()> {
    let rows = rows_of(db, import)?;
    let judged = compare_aloud(db, import, &rows, told, now)?;
    db.write_now(|conn| match store::step(conn, import.id, State::Checking, State::Checked, "")? {
        true => store::write_rows(conn, import.id, &judged, &digest(&judged)),
        false => Ok(()),
    })
}

/// [`compare`] with the count of rows kept where the page finds it, whichever process does the work.
fn compare_aloud(
    db: &Db,
    import: &Import,
    rows: &[Vec<String>],
    told: &mut dyn FnMut(usize, usize),
    now: Timestamp,
) -> Result<Vec<Judged>> {
    let total = usize::try_from(import.row_count).unwrap_or_default();
    let (mut last, mut since) = (0, Instant::now());
    let keep = |done: usize| {
        let count = i32::try_from(done).unwrap_or(i32::MAX);
        // Only for the page: without it the work goes on.
        if let Err(error) = db.write_now(|conn| store::tell(conn, import.id, import.state, count)) {
            tracing::warn!(%error, "the progress of an import was not kept");
        }
    };
    let mut hear = |done: usize| {
        if done >= last + TELL_ROWS || since.elapsed() >= TELL {
            (last, since) = (done, Instant::now());
            keep(done);
        }
        told(done, total);
    };
    let (judged, _) = db.read_now(|conn| compare(conn, import, rows, now, &mut hear))?;
    keep(total);
    told(total, total);
    Ok(judged)
}

/// What the import would do as things are now.
fn compare(
    conn: &mut Conn,
    import: &Import,
    rows: &[Vec<String>],
    now: Timestamp,
    told: &mut dyn FnMut(usize),
) -> Result<(Vec<Judged>, Acts)> {
    let mapping = import.mapping();
    let columns = mapping.columns();
    if !columns.contains(&Some(Column::Name)) {
        return Err(Error::Refused(msg!("没有指明哪一列是名称。请在“核对列”里选好。")));
    }
    let rows: Vec<Row<'_>> = rows
        .iter()
        .enumerate()
        .skip(mapping.head + 1)
        .filter(|(_, cells)| cells.iter().any(|cell| !cell.is_empty()))
        .map(|(place, cells)| Row { line: place + 1, cells, mapping: &columns })
        .collect();
    let tree = Tree::new(nodes(conn)?, &import.scope());
    let choices = store::choices(conn, import.id)?;
    let (whole, today) = (import.is_whole, clock::day(now));
    Ok(match import.kind {
        Kind::Members => {
            let members = member_rows::load(conn)?;
            let roster = members::Roster::new(&members, &tree);
            let plan = members::compare(&roster, &rows, &choices, whole, today, told);
            (plan.rows, Acts::Members(plan.acts))
        }
        Kind::Organizations => {
            let busy = org_rows::busy(conn)?;
            let plan = orgs::compare(&tree, &rows, &choices, &busy, whole, told);
            (plan.rows, Acts::Orgs(plan.acts))
        }
        Kind::Schools => {
            let (schools, alliances) = (place_rows::schools(conn)?, place_rows::alliances(conn)?);
            let places = places::Places { tree: &tree, schools: &schools, alliances: &alliances };
            let plan = places::compare_schools(&places, &rows, &choices, whole, told);
            (plan.rows, Acts::Schools(plan.acts))
        }
        Kind::Alliances => {
            let plan = places::compare_alliances(&tree, &place_rows::alliances(conn)?, &rows);
            (plan.rows, Acts::Alliances(plan.acts))
        }
    })
}

fn apply(db: &Db, import: &Import, told: &mut dyn FnMut(usize, usize), now: Timestamp) -> Result<()> {
    let rows = rows_of(db, import)?;
    // Once before the transaction: what has changed since the check is found before anybody has to wait, and how far it is can
    // be seen, which nothing can that is written within.
    if digest(&compare_aloud(db, import, &rows, told, now)?) != import.compared {
        return Err(Error::Refused(meanwhile()));
    }
    db.write_now(|conn| {
        // Whoever is second finds it applied.
        if !store::step(conn, import.id, State::Applying, State::Applied, "")? {
            return Ok(());
        }
        if import.kind == Kind::Organizations {
            org_rows::hold(conn)?;
        }
        let (judged, acts) = compare(conn, import, &rows, now, &mut |_| {})?;
        if digest(&judged) != import.compared {
            return Err(Error::Refused(meanwhile()));
        }
        check_own(conn, import, &acts)?;
        let subjects = write(conn, import, &acts, now)?;
        if import.kind == Kind::Members {
            undo::touch(conn, import.id, &in_words(&judged, &subjects))?;
        }
        store::applied(conn, import.id, now)?;
        let doer = Doer { account: import.applied_by, for_person: None, request: String::new() };
        end_roles(conn, &acts, &doer, now)?;
        doer.did(conn, Action::ImportApplied, ("import", import.id.0), now)
    })
}

/// Nobody changes what is kept of themselves, by a list neither.
fn check_own(conn: &mut Conn, import: &Import, acts: &Acts) -> Result<()> {
    if let (Acts::Members(acts), Some(by)) = (acts, import.applied_by) {
        let own = store::person_of(conn, by)?;
        if acts.iter().any(|act| act.person == Some(own)) {
            return Err(roster::Refusal::OwnPerson.into());
        }
    }
    Ok(())
}

/// Roles go with the membership, and with the organisation that ends.
fn end_roles(conn: &mut Conn, acts: &Acts, doer: &Doer, now: Timestamp) -> Result<()> {
    match acts {
        Acts::Members(acts) => {
            for act in acts {
                if let (Some(person), Some(from)) = (act.person, act.leaves) {
                    // Whoever only goes to another branch keeps what is not of the old one.
                    let branch = act.joins.is_some().then_some(OrgId(from));
                    roster::end_roles(conn, PersonId(person), branch, doer, now)?;
                }
            }
        }
        Acts::Orgs(acts) => {
            for id in acts.iter().filter(|act| act.ends).filter_map(|act| act.id) {
                roster::end_roles_of(conn, OrgId(id), doer, now)?;
            }
        }
        Acts::Schools(_) | Acts::Alliances(_) => {}
    }
    Ok(())
}

/// What is recorded of the records of this kind, as the forms do it; members have their own record of lists.
fn recorded(kind: Kind) -> Option<Sort> {
    match kind {
        Kind::Members => None,
        Kind::Organizations => Some(Sort::Organizations),
        Kind::Schools => Some(Sort::Schools),
        Kind::Alliances => Some(Sort::Alliances),
    }
}

/// These records as they are, where what becomes of them is to be recorded. A record names an account: what the command does on
/// the server has none.
fn before(conn: &mut Conn, kind: Kind, by: Option<AccountId>, ids: &[i64]) -> Result<Option<Before>> {
    recorded(kind).filter(|_| by.is_some()).map(|sort| Before::of(conn, sort, ids)).transpose()
}

/// Records what this import did to them, or undid.
fn record(
    conn: &mut Conn,
    import: &Import,
    before: Option<Before>,
    (account, verb, words): (Option<AccountId>, &str, &str),
    now: Timestamp,
) -> Result<()> {
    let (Some(before), Some(account)) = (before, account) else { return Ok(()) };
    let (key, note) = (format!("import-{}-{verb}", import.id), format!("{words}：{}", import.file_name));
    before.keep(conn, &By { account, acted_by: None, key: &key, note: &note, now })
}

/// Writes, and keeps what was before and after.
fn write(conn: &mut Conn, import: &Import, acts: &Acts, now: Timestamp) -> Result<Vec<i64>> {
    let (known, labels): (Vec<Option<i64>>, Vec<String>) = match acts {
        Acts::Members(acts) => acts.iter().map(|act| (act.person, act.label.clone())).unzip(),
        Acts::Orgs(acts) => acts.iter().map(|act| (act.id, act.label.clone())).unzip(),
        Acts::Schools(acts) => acts.iter().map(|act| (act.id, act.label.clone())).unzip(),
        Acts::Alliances(acts) => acts.iter().map(|act| (act.id, act.label.clone())).unzip(),
    };
    let mut known: Vec<i64> = known.into_iter().flatten().collect();
    // Schools that are not on the list, and may become the own one of a branch by it.
    let mut heirs = match acts {
        Acts::Schools(acts) => place_rows::heirs(conn, acts)?,
        _ => vec![],
    };
    heirs.retain(|heir| !known.contains(&heir.0));
    known.extend(heirs.iter().map(|heir| heir.0));
    let was = undo::states(conn, import.kind, &known)?;
    let shown = before(conn, import.kind, import.applied_by, &known)?;
    let subjects = match acts {
        Acts::Members(acts) => member_rows::write(conn, acts, clock::day(now), now)?,
        Acts::Orgs(acts) => org_rows::write(conn, acts, now)?,
        Acts::Schools(acts) => place_rows::write_schools(conn, acts, now)?,
        Acts::Alliances(acts) => place_rows::write_alliances(conn, acts)?,
    };
    record(conn, import, shown, (import.applied_by, "done", "名单导入"), now)?;
    let mut labelled: Vec<(i64, String)> = subjects.iter().copied().zip(labels).collect();
    let touched: Vec<i64> = subjects.iter().copied().chain(heirs.iter().map(|heir| heir.0)).collect();
    let became = undo::states(conn, import.kind, &touched)?;
    labelled.extend(heirs.into_iter().filter(|(id, _)| was.get(id) != became.get(id)));
    undo::keep(conn, import.id, &labelled, &was, &became)?;
    Ok(subjects)
}

/// What became of each of these members, in words.
fn in_words(judged: &[Judged], subjects: &[i64]) -> Vec<(i64, String)> {
    let of: HashMap<i64, &Judged> = judged.iter().filter_map(|row| Some((row.subject?, row))).collect();
    subjects
        .iter()
        .map(|id| (*id, of.get(id).map_or_else(String::new, |row| row.told(Kind::Members))))
        .collect()
}

fn take_back(db: &Db, import: &Import, now: Timestamp) -> Result<()> {
    db.write_now(|conn| {
        if !store::step(conn, import.id, State::Undoing, State::Undone, "")? {
            return Ok(());
        }
        if import.kind == Kind::Organizations {
            org_rows::hold(conn)?;
        }
        if let (Kind::Members, Some(by)) = (import.kind, import.undone_by) {
            let own = store::person_of(conn, by)?;
            if undo::concerns(conn, import.id, own)? {
                return Err(roster::Refusal::OwnPerson.into());
            }
        }
        let touched = undo::subjects(conn, import.id)?;
        let shown = before(conn, import.kind, import.undone_by, &touched)?;
        let subjects = undo::restore(conn, import.id, import.kind)?;
        match import.kind {
            Kind::Organizations => org_rows::follow_placements(conn, &subjects)?,
            Kind::Schools => place_rows::count(conn)?,
            Kind::Members | Kind::Alliances => {}
        }
        record(conn, import, shown, (import.undone_by, "undone", "撤销名单导入"), now)?;
        store::undone(conn, import.id, now)?;
        let doer = Doer { account: import.undone_by, for_person: None, request: String::new() };
        doer.did(conn, Action::ImportUndone, ("import", import.id.0), now)
    })
}
