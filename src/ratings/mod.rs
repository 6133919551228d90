//! What members say of lectures (domain.md §4.4, §5.6): who has a proof of viewing rates a lecture once, and nobody who reads
//! a page learns who did. Stands before `lectures`, whose pages show it; it knows their tables, not their rules.
//!
//! `measure` makes of counted ratings what is shown, `detect` looks for blocks, `follow` is what the worker does, `words`
//! holds comments back. Ratings are small writes that come by the thousand after a lecture was watched together: they are
//! committed in groups (`db::Batch`), and nothing is counted where somebody waits.
pub mod detect;
mod follow;
mod forms;
mod judging;
pub mod measure;
mod moderating;
pub mod pages;
mod store;
pub mod words;

use crate::audit::Doer;
use crate::clock::Timestamp;
use crate::db::{Batch, Conn, Db, LEASE};
use crate::error::{Error, Result};
use crate::ids::{InstructorId, LectureId, PersonId, random_hex};
use crate::lang::Message;
use crate::scoring::voices::Terms;
use crate::site::Setting;
use crate::{msg, site, text_enum};
use chrono::{NaiveDate, Timelike};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub use follow::{look, refresh_all, tend};
pub use forms::RatingForm;
pub use judging::{
    decide, decide_lifting, dismiss, propose, propose_lifting, propose_unmask, settle_unmask, unmask,
};
pub use moderating::{judge_reply, judge_text, reply};
pub use store::decisions::{Announced, Exclusion, Lifting, Unmask};
pub use store::flags::Flag;
pub use store::own::{Mine, Own, OwnText, lose_proof, mine};
pub use store::sums::{
    InstructorRating, LectureRating, city_mean, of_instructor, of_instructor_lectures, voices,
};
pub use store::texts::{Comment, Waiting, queue};

/// What scores are made by on `day`, as the office has set it. domain.md §6.
///
/// # Errors
/// Those of the database.
pub fn terms(conn: &mut Conn, day: NaiveDate) -> Result<Terms> {
    Ok(Terms {
        prior: site::number(conn, Setting::RatingPrior, day)?,
        voices: site::number(conn, Setting::RatingVoices, day)?,
        branches: site::number(conn, Setting::RatingBranches, day)?,
    })
}

/// The longest comment and reply, in characters.
pub const LONGEST: usize = 500;

text_enum! {
    /// What a member may say beside the stars.
    pub enum Tag {
        Clear = "clear",
        Earthy = "earthy",
        Useful = "useful",
        Fresh = "fresh",
        Improve = "improve",
    }
}

impl Tag {
    /// The tag in words.
    pub fn words(self) -> Message {
        match self {
            Tag::Clear => msg!("讲得清"),
            Tag::Earthy => msg!("接地气"),
            Tag::Useful => msg!("有收获"),
            Tag::Fresh => msg!("有新意"),
            Tag::Improve => msg!("可改进"),
        }
    }
}

text_enum! {
    /// Whether a rating counts.
    pub enum Status {
        Counted = "counted",
        /// By a decision of two people; it stays stored.
        Excluded = "excluded",
        /// By whoever gave it, or because its proof was taken back.
        Withdrawn = "withdrawn",
    }
}

text_enum! {
    /// Where a comment or a reply stands.
    pub enum TextState {
        Pending = "pending",
        Shown = "shown",
        Hidden = "hidden",
        /// Its author wrote another one, or withdrew the rating.
        Replaced = "replaced",
    }
}

impl TextState {
    /// The state in words, for its author.
    pub fn words(self) -> Message {
        match self {
            TextState::Pending => msg!("等待审核"),
            TextState::Shown => msg!("已公开"),
            TextState::Hidden => msg!("未公开"),
            TextState::Replaced => msg!("已由新的代替"),
        }
    }
}

text_enum! {
    /// What raised a flag.
    pub enum Detector {
        Block = "block",
        Burst = "burst",
        Run = "run",
    }
}

impl Detector {
    /// What it looks for, in words.
    pub fn words(self) -> Message {
        match self {
            Detector::Block => msg!("同一支部的评价过于集中"),
            Detector::Burst => msg!("十分钟内评价过多"),
            Detector::Run => msg!("连续给出同样的星数"),
        }
    }
}

text_enum! {
    /// What became of a flag.
    pub enum FlagState {
        Open = "open",
        Dismissed = "dismissed",
        Confirmed = "confirmed",
    }
}

text_enum! {
    /// The second person's word.
    pub enum Verdict {
        Confirmed = "confirmed",
        Refused = "refused",
    }
}

/// Whose ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Lecture,
    Instructor,
}

/// The counted voices of one subject: what a ranking is computed from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voices {
    /// The lecture's or the instructor's number.
    pub id: i64,
    /// For each voice the sum of its stars and how many ratings they are of, in no order that says anything.
    pub voices: Vec<(i64, i64)>,
    /// Branches that they come from.
    pub branches: i64,
    /// Ratings that two people excluded.
    pub apart: i64,
}

/// The secret that turns members into keys: without it nobody tells whose a key is.
#[derive(Clone)]
pub struct Keys(Hmac<Sha256>);

impl Keys {
    /// # Panics
    /// Never: HMAC takes keys of any length.
    pub fn of(secret: &str) -> Keys {
        Keys(Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length"))
    }
    fn mac(&self, text: &str) -> Vec<u8> {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().to_vec()
    }
    /// The same for a member and a lecture, whenever it is asked.
    pub fn rater(&self, person: PersonId, lecture: LectureId) -> Vec<u8> {
        self.mac(&format!("lecture {person} {lecture}"))
    }
    /// The same for all ratings that a member gives to lectures of one instructor.
    pub fn voice(&self, person: PersonId, instructor: InstructorId) -> Vec<u8> {
        self.mac(&format!("instructor {person} {instructor}"))
    }
}

/// The name of the secret among those of the installation.
const SECRET: &str = "rating_key";

/// The secret of this installation; made where there is none.
///
/// # Errors
/// Those of the database.
pub fn keys(conn: &mut Conn) -> Result<Keys> {
    Ok(Keys::of(&site::secret(conn, SECRET, &random_hex(32))?))
}

/// A rating that somebody gives.
#[derive(Debug, Clone)]
pub struct Vote {
    pub person: PersonId,
    pub lecture: LectureId,
    pub stars: i32,
    pub tags: Vec<Tag>,
    /// Empty without one.
    pub comment: String,
    /// The list of words holds the comment.
    pub is_held: bool,
    /// While somebody acts for the member: who, for the record.
    pub acting: Option<Doer>,
    pub now: Timestamp,
}

/// One write of the group.
#[derive(Debug, Clone)]
pub enum Ask {
    Rate(Vote),
    Withdraw { person: PersonId, lecture: LectureId, acting: Option<Doer>, now: Timestamp },
}

impl Ask {
    fn person(&self) -> PersonId {
        match self {
            Ask::Rate(vote) => vote.person,
            Ask::Withdraw { person, .. } => *person,
        }
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Done,
    /// There is no such lecture, or no such rating.
    NotFound,
    Refused(Refusal),
}

/// Why something about ratings is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NoProof,
    OwnLecture,
    TooLate,
    DecidedAlready,
    ProposedAlready,
    OwnProposal,
    LecturersOwn,
    RepliedAlready,
    NotShown,
    KeyIsGone,
    NotOneOfTwo,
}

impl Refusal {
    /// Why, in words.
    pub fn words(self) -> Message {
        match self {
            Refusal::NoProof => {
                msg!("看完这堂课以后才能评价：自己看完，或者参加一场集体收看。")
            }
            Refusal::OwnLecture => msg!("这是您自己讲的课，由别人评价。"),
            Refusal::TooLate => msg!("评价可以修改的期限已过，现在只能撤回。"),
            Refusal::DecidedAlready => msg!("这一件已经办过。"),
            Refusal::ProposedAlready => msg!("已有人提出，请先办完那一件。"),
            Refusal::OwnProposal => msg!("自己提出的要请另一个人决定。"),
            Refusal::LecturersOwn => msg!("这堂课是您讲的，由别人办理。"),
            Refusal::RepliedAlready => msg!("这条评价已经回复过。"),
            Refusal::NotShown => msg!("这条评价文字现在没有公开。"),
            Refusal::KeyIsGone => msg!("对照已按期销毁，谁也查不到这条评价是谁写的。"),
            Refusal::NotOneOfTwo => msg!("只有作出决定的两个人可以查看。"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}

/// The door for ratings.
pub struct Ratings {
    keys: Keys,
    batch: Batch<(Keys, Ask), store::Outcome>,
}

impl Ratings {
    /// Starts the threads that commit them.
    ///
    /// # Errors
    /// Those of the database, and if the operating system gives no thread.
    pub fn start(db: Db) -> Result<Ratings> {
        let keys = db.write_now(keys)?;
        Ok(Ratings { keys, batch: Batch::start(db, "ratings", store::group::some)? })
    }
    /// The secret that finds a member's own ratings.
    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }
    /// Asks, and is answered after the commit. Whoever took back words that readers saw is answered when no server can show
    /// them any more; nobody else waits for that.
    ///
    /// # Errors
    /// Busy, or those of the database.
    pub async fn send(&self, ask: Ask) -> Result<Told> {
        let outcome = self.batch.send(ask.person().0.unsigned_abs(), (self.keys(), ask)).await?;
        if outcome.is_unsaid {
            tokio::time::sleep(LEASE).await;
        }
        Ok(outcome.told)
    }
}

/// Does some of them in one transaction, each as if it were alone.
///
/// # Errors
/// Those of the database.
pub fn some(conn: &mut Conn, asks: &[(Keys, Ask)]) -> Result<Vec<Told>> {
    Ok(store::group::some(conn, asks)?.into_iter().map(|outcome| outcome.told).collect())
}

/// The flags that wait, the oldest first.
///
/// # Errors
/// Those of the database.
pub fn open_flags(conn: &mut Conn) -> Result<Vec<Flag>> {
    store::flags::listed(conn, true, 0, 100)
}

/// The author of a hidden comment asks for another look, once.
///
/// # Errors
/// Refused if there is nothing to ask for.
pub fn ask_again(conn: &mut Conn, keys: &Keys, person: PersonId, lecture: LectureId) -> Result<()> {
    let key = keys.rater(person, lecture);
    match store::texts::ask_again(conn, &key)? {
        true => Ok(()),
        false if store::texts::has_text(conn, &key)? => Err(Refusal::DecidedAlready.into()),
        false => Err(Error::NotFound),
    }
}

/// The day in the city and the ten minutes of it, counted from midnight.
fn slot(now: Timestamp) -> (NaiveDate, i32) {
    let local = crate::clock::local(now);
    (local.date(), (local.hour() * 6 + local.minute() / 10) as i32)
}

/// What the page of a lecture shows to everybody.
pub struct OnPage {
    pub rating: Option<LectureRating>,
    pub comments: Vec<Comment>,
    pub has_more: bool,
    /// Reason and number of ratings, for each decision of two people.
    pub exclusions: Vec<Announced>,
}

/// Comments on the page of a lecture; the others have a page of their own.
const COMMENTS: i64 = 5;

impl OnPage {
    /// # Errors
    /// Those of the database.
    pub fn load(conn: &mut Conn, lecture: LectureId) -> Result<OnPage> {
        let mut comments = store::texts::shown(conn, lecture, 0, COMMENTS + 1)?;
        let has_more = comments.len() as i64 > COMMENTS;
        comments.truncate(COMMENTS as usize);
        Ok(OnPage {
            rating: store::sums::of_lecture(conn, lecture)?,
            comments,
            has_more,
            exclusions: store::decisions::announced(conn, lecture)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_members_lectures_and_purposes_apart() {
        let (keys, others) = (Keys::of("a"), Keys::of("b"));
        let one = keys.rater(PersonId(1), LectureId(23));
        assert_eq!(one, keys.rater(PersonId(1), LectureId(23)));
        assert_eq!(one.len(), 32);
        for other in [
            keys.rater(PersonId(12), LectureId(3)),
            keys.rater(PersonId(1), LectureId(2)),
            keys.voice(PersonId(1), InstructorId(23)),
            others.rater(PersonId(1), LectureId(23)),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_moment_is_kept_as_ten_minutes_of_a_day_in_the_city() {
        let at = |text: &str| slot(text.parse().unwrap());
        assert_eq!(at("2026-11-28T15:59:59").1, 143);
        assert_eq!(at("2026-11-28T16:00:00"), ("2026-11-29".parse().unwrap(), 0));
    }
}
