//! Rankings: what is ranked, and each computed order of it, which never changes. One person computes, another checks by the
//! verifier, the first or a third publishes: provisionally with a notice period, then finally. A correction is the next revision;
//! what is withdrawn leaves a stone. Each publication is an entry of a signed log (`log`). domain.md §4.5, §5.7, D5, D6, D9.
//!
//! `document` is the file that is published, `ratings` makes rankings of ratings; `verify` computes everything again.
mod document;
mod forms;
mod log;
pub mod pages;
pub mod ratings;
mod store;
mod words;

use crate::audit::{Action, Doer};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{AccountId, RankingId, SnapshotId, random_hex};
use crate::lang::Message;
use crate::ratings::{Subject, Voices, city_mean, voices};
use crate::scoring::exact::Exact;
use crate::{calendar, cases, jobs, msg, text_enum, verify};
use chrono::NaiveDate;
pub use log::{Event, Head, Press, Witness, continue_log, publishing, start};
use serde_json::Value;
use std::collections::BTreeMap;
pub use store::{Ranking, Row, Snapshot, find as snapshot, newest, of_subject as revisions, rows, standing};

text_enum! {
    /// What is ranked. Members and branches never are. domain.md §1 D12, D13.
    pub enum Kind {
        Contest = "contest",
        LecturerRating = "lecturer_rating",
        LectureRating = "lecture_rating",
    }
}

impl Kind {
    pub fn words(self) -> Message {
        match self {
            Kind::Contest => msg!("赛课"),
            Kind::LecturerRating => msg!("讲师评价"),
            Kind::LectureRating => msg!("课程评价"),
        }
    }
}

text_enum! {
    pub enum State {
        Computed = "computed",
        Checked = "checked",
        /// Published, in its notice period (公示).
        Provisional = "provisional",
        Final = "final",
        /// A later revision stands in its place.
        Superseded = "superseded",
        Withdrawn = "withdrawn",
    }
}

impl State {
    pub fn words(self) -> Message {
        match self {
            State::Computed => msg!("待复核"),
            State::Checked => msg!("待发布"),
            State::Provisional => msg!("公示中"),
            State::Final => msg!("正式结果"),
            State::Superseded => msg!("已被新版取代"),
            State::Withdrawn => msg!("已撤回"),
        }
    }
    /// Whether visitors see it.
    pub fn is_public(self) -> bool {
        !matches!(self, State::Computed | State::Checked)
    }
}

/// Working days of notice that a contest's result gets at least. domain.md §7 item 9.
pub const LEAST_NOTICE: i32 = 5;
/// Ranks of a ranking by ratings that may be published: it is a list of the best, never of all.
pub const MOST_RANKS: i32 = 500;
/// Characters of a reason.
pub const LONGEST_REASON: usize = 500;

/// Somebody's name as a file says it.
#[derive(Debug, Clone)]
pub struct Named {
    /// A JSON object of texts: `name`, `lecture`, `school`, `alliance`, as far as there are such.
    pub name: Value,
    /// The person agreed to be named in public.
    pub agreed: bool,
    /// The page of the lecture or the person.
    pub link: Option<String>,
}

/// An order to be kept. docs/rankings.en.md says what is in method, inputs, rows and excluded.
#[derive(Debug, Clone)]
pub struct Draft {
    /// What is ranked: a kind of record and its key. One ranking for each.
    pub subject: (&'static str, i64),
    pub kind: Kind,
    pub title: String,
    pub method: Value,
    pub inputs: Vec<Value>,
    /// Without `name_commit`.
    pub rows: Vec<Value>,
    pub excluded: Vec<Value>,
    /// Of each row, by its entry or id.
    pub names: BTreeMap<String, Named>,
    /// Why there is another revision; needed from the second on.
    pub reason: Option<String>,
    /// The page where somebody objects.
    pub object_path: Option<String>,
}

/// Why something about a ranking is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    NeedsReason,
    OwnWork,
    OwnCheck,
    /// Somebody was faster, or it is not at that step.
    NotThere,
    /// The verifier does not come to the same rows.
    Differs(Message),
    NeedsNotice,
    NoticeRuns(NaiveDate),
    ObjectionOpen,
    /// The log in the database does not have the entry that was last published from here.
    LogLost(Head),
    WitnessUnreadable(String),
    LogWhole,
    KindTaken,
    NothingToRank,
    /// A result of a contest is published and made final there, with what the contest promised.
    OfContest,
}

impl Refusal {
    pub fn words(&self) -> Message {
        match self {
            Refusal::NeedsReason => msg!("这张榜发布过，再算一版要写明原因"),
            Refusal::OwnWork => msg!("这一版是您计算的，要由另一个人复核"),
            Refusal::OwnCheck => msg!("这一版是您复核的，要由另一个人发布"),
            Refusal::NotThere => msg!("这一版现在不在这一步，可能别人刚办过。请刷新再看"),
            Refusal::Differs(first) => msg!("独立程序重算的结果不同，没有通过：{}", first),
            Refusal::NeedsNotice => msg!("赛课结果至少公示 {} 个工作日", LEAST_NOTICE),
            Refusal::NoticeRuns(until) => msg!("公示期到 {} 为止，还没有满", until),
            Refusal::ObjectionOpen => msg!("还有没办完的异议，办完才能定为正式结果"),
            Refusal::LogLost(head) => msg!(
                "数据库里的发布日志没有第 {} 条（{}），它却发布过：可能恢复了旧备份。现在不能发布。请运行 weixiao log-continue，见操作手册",
                head.seq,
                head.hash.get(..8).unwrap_or_default()
            ),
            Refusal::WitnessUnreadable(path) => msg!("发布日志的见证文件 {} 读不出来，现在不能发布", path),
            Refusal::LogWhole => msg!("发布日志是完整的，没有什么要声明，什么都没有改动"),
            Refusal::KindTaken => msg!("这一种榜已经有了，在它下面再算一版就可以"),
            Refusal::NothingToRank => msg!("还没有达到公布人数的评价，算不出榜"),
            Refusal::OfContest => msg!("赛课的结果在赛课的结果页公布、定为正式结果，不在这里办"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

fn account_of(doer: &Doer) -> Result<AccountId> {
    doer.account.ok_or(Error::SignIn)
}

/// Keeps an order as the next revision of its ranking, which is made where there is none. What was computed before and is not
/// published gives way to it.
///
/// # Errors
/// Refused without a reason where a revision was published before.
pub fn compute(conn: &mut Conn, draft: &Draft, doer: &Doer, now: Timestamp) -> Result<SnapshotId> {
    let by = account_of(doer)?;
    let top_k = draft.method.get("top_k").and_then(Value::as_i64).and_then(|k| i32::try_from(k).ok());
    // Locked from here on: of two at once the later one gives the rows.
    let ranking = store::kept(conn, draft, top_k, by, now)?;
    let reason = draft.reason.as_deref().map(str::trim).unwrap_or_default();
    if ranking.published_revision > 0 && reason.is_empty() {
        return Err(Refusal::NeedsReason.into());
    }
    store::drop_open(conn, ranking.id)?;
    let about = document::About {
        ranking: ranking.id.0,
        kind: draft.kind,
        revision: ranking.published_revision + 1,
        as_of: now,
    };
    let mut built = document::build(&about, draft, || random_hex(16))?;
    // A name that was taken out does not come back: the row keeps its commitment, and nobody keeps what would open it.
    for whose in store::redacted(conn, ranking.id)? {
        built.names.remove(&whose);
    }
    let before = store::places(conn, ranking.id, ranking.published_revision)?;
    let moved = if before.is_empty() { vec![] } else { document::moved(&before, &built.rows) };
    let id = store::insert(conn, &about, draft, &built, &moved, by, reason)?;
    doer.did(conn, Action::RankingComputed, ("snapshot", id.0), now)?;
    Ok(id)
}

/// Checks an order that somebody else computed: the verifier, which shares no arithmetic with it, must come to the same rows.
///
/// # Errors
/// Refused for whoever computed it, if it was checked already, and if the verifier differs.
pub fn check(conn: &mut Conn, id: SnapshotId, doer: &Doer, now: Timestamp) -> Result<()> {
    let by = account_of(doer)?;
    let snapshot = store::find(conn, id)?;
    if snapshot.computed_by == by {
        return Err(Refusal::OwnWork.into());
    }
    if snapshot.checked_by == Some(by) {
        // The form was sent twice.
        return Ok(());
    }
    let kept = document::read(&store::document(conn, id)?)?;
    let roots = verify::document(&kept).map_err(|problems| {
        Refusal::Differs(problems.into_iter().next().unwrap_or_else(|| msg!("文件里不是一张榜")))
    })?;
    if (&roots.rows_root, &roots.document) != (&snapshot.rows_root, &snapshot.digest) {
        return Err(Refusal::Differs(msg!("{} 和内容不符", "rows_root")).into());
    }
    if !store::set_checked(conn, id, by, now)? {
        return Err(Refusal::NotThere.into());
    }
    doer.did(conn, Action::RankingChecked, ("snapshot", id.0), now)
}

/// Publishes a checked order: with so many working days of notice, or at once for good. The revision that stood is superseded.
/// Inside [`publishing`].
///
/// # Errors
/// Refused for whoever checked it, if it is not at that step, for a contest with too short a notice, and in a year without a
/// calendar.
pub fn publish(
    conn: &mut Conn,
    press: &Press,
    id: SnapshotId,
    notice_days: Option<i32>,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let by = account_of(doer)?;
    let snapshot = store::find(conn, id)?;
    if snapshot.published_by == Some(by) {
        // The form was sent twice.
        return Ok(());
    }
    if snapshot.checked_by == Some(by) {
        return Err(Refusal::OwnCheck.into());
    }
    if snapshot.kind == Kind::Contest && notice_days.is_none_or(|days| days < LEAST_NOTICE) {
        return Err(Refusal::NeedsNotice.into());
    }
    let today = clock::day(now);
    let notice =
        notice_days.map(|days| Ok::<_, Error>((today, calendar::after(conn, today, days)?))).transpose()?;
    let before = store::standing_of(conn, snapshot.ranking)?;
    if let Some(before) = &before {
        if !store::set_superseded(conn, before.id)? {
            return Err(Refusal::NotThere.into());
        }
        log::append(conn, press, Event::Superseded, before, now)?;
    }
    if !store::set_published(conn, &snapshot, by, notice, now)? {
        return Err(Refusal::NotThere.into());
    }
    let event = if notice.is_some() { Event::Provisional } else { Event::Final };
    log::append(conn, press, event, &snapshot, now)?;
    doer.did(conn, Action::RankingPublished, ("snapshot", id.0), now)
}

/// Makes a provisional result final, after its notice period. Inside [`publishing`].
///
/// # Errors
/// Refused until the last day of the notice has passed, and while an objection is open, also one about an earlier revision.
pub fn finish(conn: &mut Conn, press: &Press, id: SnapshotId, doer: &Doer, now: Timestamp) -> Result<()> {
    account_of(doer)?;
    let snapshot = store::find(conn, id)?;
    let until = snapshot.notice_until.filter(|_| snapshot.state == State::Provisional);
    let until = until.ok_or(Refusal::NotThere)?;
    if clock::day(now) <= until {
        return Err(Refusal::NoticeRuns(until).into());
    }
    // First the row, which locks it: an objection that is filed now comes after it.
    if !store::set_final(conn, id, now)? {
        return Err(Refusal::NotThere.into());
    }
    // An earlier revision takes no objection any more: it gave way in a transaction that locked it, before this one began.
    for one in store::of_subject(conn, (snapshot.subject.0.as_str(), snapshot.subject.1))? {
        if cases::are_open_about(conn, "snapshot", one.id.0)? {
            return Err(Refusal::ObjectionOpen.into());
        }
    }
    log::append(conn, press, Event::Final, &snapshot, now)?;
    doer.did(conn, Action::RankingFinal, ("snapshot", id.0), now)
}

/// Whether somebody may object to this snapshot now: it is locked until the transaction ends, so that it does not become final
/// beside the objection.
///
/// # Errors
/// Those of the database.
pub fn is_open_to_objections(conn: &mut Conn, id: SnapshotId) -> Result<bool> {
    store::hold_provisional(conn, id)
}

/// Takes back a published order. Its address says so and why, for good. Inside [`publishing`].
///
/// # Errors
/// Refused without a reason, and for what is not public or taken back already.
pub fn withdraw(
    conn: &mut Conn,
    press: &Press,
    id: SnapshotId,
    reason: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let by = account_of(doer)?;
    let snapshot = store::find(conn, id)?;
    if reason.trim().is_empty() {
        return Err(Refusal::NeedsReason.into());
    }
    if !store::set_withdrawn(conn, id, by, reason.trim(), now)? {
        return Err(Refusal::NotThere.into());
    }
    log::append(conn, press, Event::Withdrawn, &snapshot, now)?;
    doer.did(conn, Action::RankingWithdrawn, ("snapshot", id.0), now)
}

/// Sets up the ranking by ratings of a kind; it is computed later, by a job.
///
/// # Errors
/// Refused if there is one of this kind.
pub fn define(
    conn: &mut Conn,
    (kind, title, top_k): (Kind, &str, i32),
    doer: &Doer,
    now: Timestamp,
) -> Result<RankingId> {
    let by = account_of(doer)?;
    let id = store::define(conn, (kind, title, top_k), ratings::subject(kind), by, now)?;
    let id = id.ok_or(Refusal::KindTaken)?;
    doer.did(conn, Action::RankingDefined, ("ranking", id.0), now)?;
    Ok(id)
}

/// Asks for a ranking by ratings to be computed by a worker. Asking while it is under way changes nothing.
///
/// # Errors
/// Not found for another kind; refused without a reason where a revision was published before.
pub fn ask(conn: &mut Conn, id: RankingId, reason: Option<&str>, doer: &Doer, now: Timestamp) -> Result<()> {
    let by = account_of(doer)?;
    let ranking = store::ranking(conn, id)?;
    if ranking.kind == Kind::Contest {
        return Err(Error::NotFound);
    }
    if ranking.published_revision > 0 && reason.is_none() {
        return Err(Refusal::NeedsReason.into());
    }
    store::ask(conn, id, by, reason.unwrap_or_default())?;
    jobs::enqueue(conn, jobs::Kind::Rank, id.0, None, now)
}

/// Computes a ranking by ratings that somebody asked for, as of now, in their name.
///
/// # Errors
/// Refused if nobody has enough voices; not found, if nobody asked.
pub fn rate(conn: &mut Conn, id: RankingId, now: Timestamp) -> Result<SnapshotId> {
    let ranking = store::ranking(conn, id)?;
    let (Some(by), Some(top_k)) = (ranking.asked_by, ranking.top_k) else { return Err(Error::NotFound) };
    let terms = crate::ratings::terms(conn, clock::day(now))?;
    let (mean, rated) = rated(conn, ranking.kind)?;
    let public = store::named(conn, ranking.kind)?;
    let link = |id: &i64| match ranking.kind {
        Kind::LecturerRating => format!("/instructors/{id}"),
        _ => format!("/lectures/{id}"),
    };
    let names = public
        .iter()
        .map(|(id, said)| (*id, Named { name: said.to_value(), agreed: true, link: Some(link(id)) }));
    let reason = Some(ranking.asked_reason).filter(|reason| !reason.is_empty());
    let about = (ranking.title.as_str(), top_k, reason);
    let draft = ratings::draft(ranking.kind, about, (&mean, terms), &rated, &names.collect())?;
    compute(conn, &draft, &Doer { account: Some(by), request: "job".into(), ..Doer::default() }, now)
}

/// The mean of the city, and the voices of everybody of a kind.
fn rated(conn: &mut Conn, kind: Kind) -> Result<(Exact, Vec<Voices>)> {
    let subject = match kind {
        Kind::LecturerRating => Subject::Instructor,
        _ => Subject::Lecture,
    };
    Ok((city_mean(conn)?.unwrap_or_default(), voices(conn, subject)?))
}

/// Takes a name out of all revisions of a ranking, pages and files; digests and signatures hold as before. Once more changes
/// nothing.
///
/// # Errors
/// Not found, if nobody there is called so.
pub fn redact(
    conn: &mut Conn,
    ranking: RankingId,
    subject: &str,
    reason: &str,
    doer: &Doer,
    now: Timestamp,
) -> Result<()> {
    let by = account_of(doer)?;
    // Before or behind a computation, never beside it: one of the two sees the other.
    store::hold(conn, ranking)?;
    if !store::is_named(conn, ranking, subject)? {
        return Err(Error::NotFound);
    }
    if store::redact(conn, ranking, subject, now)? {
        store::insert_redaction(conn, ranking, (subject, reason), by, now)?;
        doer.did(conn, Action::NameRedacted, ("ranking", ranking.0), now)?;
    }
    Ok(())
}
