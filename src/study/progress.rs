//! Where somebody stands in a course: what is done, what can be done, what is locked and why. Only facts count: seconds that
//! the server measured, the reader's own statement, tests passed, presence that was recorded.
use crate::courses::{Item, Opening, Task};
use crate::ids::{BookletId, CourseId, LectureId, TestId};
use crate::lang::Message;
use crate::msg;
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// What was seen of one recording of a lecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    pub seconds: i32,
    pub length_s: i32,
    /// Of a completion: the share that it was given for, in per cent.
    pub threshold: i32,
}

/// What is known of one person. Facts of others are never among them.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub watched: HashMap<LectureId, Vec<Proof>>,
    pub read: HashSet<(BookletId, i32)>,
    pub passed: HashSet<TestId>,
    /// Steps at one of whose dates the person was.
    pub attended: HashSet<(CourseId, String)>,
    /// Steps with a date that the person has a seat at, and its day.
    pub booked: HashMap<(CourseId, String), NaiveDate>,
}

/// What is still missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    NotWatched,
    /// Seconds.
    Watch(i32),
    Read(i32),
    Pass,
    Attend(Option<NaiveDate>),
}

impl Lack {
    pub fn words(&self) -> Message {
        match self {
            Lack::NotWatched => msg!("还没有看"),
            Lack::Watch(seconds) if *seconds < 60 => msg!("还差 {} 秒", seconds),
            Lack::Watch(seconds) => msg!("还差 {} 分钟", (seconds + 59) / 60),
            Lack::Read(chapter) => msg!("第 {} 章还没有读", chapter),
            Lack::Pass => msg!("自测还没有通过"),
            Lack::Attend(None) => msg!("还没有选时间"),
            Lack::Attend(Some(day)) => msg!("{} 到场", day),
        }
    }
}

/// Why a step cannot be taken yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lock {
    /// This one, of those before it, has to be done first.
    Before(String),
    Until(NaiveDate),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Done,
    Open(Lack),
    Locked(Lock, Lack),
}

/// A step, and where the person stands in it.
#[derive(Debug, Clone)]
pub struct Step {
    pub item: Item,
    pub standing: Standing,
}

impl Step {
    pub fn is_done(&self) -> bool {
        self.standing == Standing::Done
    }
    pub fn is_open(&self) -> bool {
        matches!(self.standing, Standing::Open(_))
    }
    pub fn lock(&self) -> Option<&Lock> {
        match &self.standing {
            Standing::Locked(lock, _) => Some(lock),
            _ => None,
        }
    }
    pub fn lack(&self) -> Option<&Lack> {
        match &self.standing {
            Standing::Done => None,
            Standing::Open(lack) | Standing::Locked(_, lack) => Some(lack),
        }
    }
}

/// Where somebody stands in a version of a course.
#[derive(Debug, Clone)]
pub struct Progress {
    pub steps: Vec<Step>,
}

impl Progress {
    /// Required steps, and how many of them are done.
    pub fn required(&self) -> (usize, usize) {
        let required = self.steps.iter().filter(|step| step.item.what.is_required);
        required.fold((0, 0), |(all, done), step| (all + 1, done + usize::from(step.is_done())))
    }
    /// Everything that is required is done; a course that requires nothing is never finished.
    pub fn is_finished(&self) -> bool {
        let (all, done) = self.required();
        all > 0 && all == done
    }
    /// What to do next: the first required step that can be taken, else the first that can.
    pub fn next(&self) -> Option<&Step> {
        let open = |step: &&Step| step.is_open();
        self.steps
            .iter()
            .filter(open)
            .find(|step| step.item.what.is_required)
            .or_else(|| self.steps.iter().find(open))
    }
    /// The required steps that are not done.
    pub fn missing(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.item.what.is_required && !step.is_done())
    }
}

/// Judges the steps by the facts. What is done stays done, whenever it opens.
pub fn judge(course: CourseId, items: Vec<Item>, facts: &Facts, today: NaiveDate) -> Progress {
    let mut before: Option<String> = None;
    let mut steps = vec![];
    for item in items {
        let standing = match lack(course, &item, facts) {
            None => Standing::Done,
            Some(lack) => match item.what.opening {
                Opening::OnDay(day) if today < day => Standing::Locked(Lock::Until(day), lack),
                Opening::InOrder => match &before {
                    Some(title) => Standing::Locked(Lock::Before(title.clone()), lack),
                    None => Standing::Open(lack),
                },
                Opening::AtOnce | Opening::OnDay(_) => Standing::Open(lack),
            },
        };
        if item.what.is_required && standing != Standing::Done && before.is_none() {
            before = Some(item.what.title.clone());
        }
        steps.push(Step { item, standing });
    }
    Progress { steps }
}

/// What is missing of a step; nothing if it is done.
fn lack(course: CourseId, item: &Item, facts: &Facts) -> Option<Lack> {
    match item.what.task {
        Task::Lecture(id, share) => watch_lack(facts.watched.get(&id).map_or(&[], Vec::as_slice), share),
        Task::Chapter(booklet, chapter) => {
            (!facts.read.contains(&(booklet, chapter))).then_some(Lack::Read(chapter))
        }
        Task::Test(id) => (!facts.passed.contains(&id)).then_some(Lack::Pass),
        Task::Session => {
            let step = (course, item.step.clone());
            (!facts.attended.contains(&step)).then(|| Lack::Attend(facts.booked.get(&step).copied()))
        }
    }
}

/// Of the recordings of one lecture the one of which least is missing decides.
fn watch_lack(proofs: &[Proof], share: i32) -> Option<Lack> {
    let missing = |proof: &Proof| -> i64 {
        if proof.threshold >= share && proof.threshold > 0 {
            return 0;
        }
        let needed = (i64::from(share) * i64::from(proof.length_s) + 99) / 100;
        (needed - i64::from(proof.seconds)).max(0)
    };
    let best = proofs.iter().filter(|proof| proof.seconds > 0 || proof.threshold > 0).map(missing).min();
    match best {
        None => Some(Lack::NotWatched),
        Some(0) => None,
        Some(seconds) => Some(Lack::Watch(i32::try_from(seconds).unwrap_or(i32::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::courses::NewItem;
    use crate::ids::ItemId;

    const COURSE: CourseId = CourseId(1);

    fn item(position: i32, task: Task, opening: Opening) -> Item {
        let what = NewItem {
            unit: String::new(),
            title: format!("第 {position} 步"),
            task,
            is_required: true,
            opening,
        };
        Item { id: ItemId(position.into()), version: 1, position, step: format!("s{position}"), what }
    }
    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }
    fn seen(seconds: i32, length_s: i32) -> Proof {
        Proof { seconds, length_s, threshold: 0 }
    }

    /// V-VID of domain.md §4.2: 42 of 600 seconds are 7 %, 480 of 600 are 80 %.
    #[test]
    fn a_lecture_is_done_from_its_share_on() {
        assert_eq!(watch_lack(&[seen(42, 600)], 80), Some(Lack::Watch(438)));
        assert_eq!(watch_lack(&[seen(479, 600)], 80), Some(Lack::Watch(1)));
        assert_eq!(watch_lack(&[seen(480, 600)], 80), None);
        assert_eq!(watch_lack(&[], 80), Some(Lack::NotWatched));
        // a share that is no whole second is rounded up
        assert_eq!(watch_lack(&[seen(66, 133)], 50), Some(Lack::Watch(1)));
        assert_eq!(watch_lack(&[seen(67, 133)], 50), None);
        // two recordings are not added up; the better one decides
        assert_eq!(watch_lack(&[seen(300, 600), seen(100, 120)], 80), None);
        assert_eq!(watch_lack(&[seen(300, 600), seen(60, 120)], 80), Some(Lack::Watch(36)));
        // a completion proves its own share and no more
        let group = Proof { seconds: 480, length_s: 600, threshold: 80 };
        assert_eq!(watch_lack(&[group], 80), None);
        assert_eq!(watch_lack(&[group], 90), Some(Lack::Watch(60)));
        assert_eq!(Lack::Watch(180).words().to_string(), "还差 3 分钟");
        assert_eq!(Lack::Watch(181).words().to_string(), "还差 4 分钟");
        assert_eq!(Lack::Watch(59).words().to_string(), "还差 59 秒");
    }

    #[test]
    fn steps_open_in_order_or_on_their_day() {
        let items = vec![
            item(1, Task::Lecture(LectureId(1), 80), Opening::AtOnce),
            item(2, Task::Chapter(BookletId(1), 2), Opening::InOrder),
            item(3, Task::Test(TestId(1)), Opening::OnDay(day("2026-11-02"))),
            item(4, Task::Session, Opening::InOrder),
        ];
        let mut facts = Facts::default();
        let judged = |facts: &Facts, today: &str| judge(COURSE, items.clone(), facts, day(today)).steps;
        let first = judged(&facts, "2026-11-01");
        assert!(first[0].is_open());
        assert_eq!(first[1].lock(), Some(&Lock::Before("第 1 步".into())));
        assert_eq!(first[2].lock(), Some(&Lock::Until(day("2026-11-02"))));
        assert!(judged(&facts, "2026-11-02")[2].is_open());
        facts.watched.insert(LectureId(1), vec![seen(480, 600)]);
        let second = judged(&facts, "2026-11-01");
        assert!(second[0].is_done() && second[1].is_open());
        assert_eq!(second[3].lock(), Some(&Lock::Before("第 2 步".into())));
        facts.read.insert((BookletId(1), 2));
        // done before its day: done
        facts.passed.insert(TestId(1));
        let third = judged(&facts, "2026-11-01");
        assert!(third[2].is_done() && third[3].is_open());
        facts.attended.insert((COURSE, "s4".into()));
        assert!(judge(COURSE, items.clone(), &facts, day("2026-11-01")).is_finished());
    }

    #[test]
    fn what_is_not_required_locks_nothing_and_finishes_nothing() {
        let mut items = vec![
            item(1, Task::Test(TestId(1)), Opening::AtOnce),
            item(2, Task::Test(TestId(2)), Opening::InOrder),
        ];
        items[0].what.is_required = false;
        let facts = Facts::default();
        let progress = judge(COURSE, items.clone(), &facts, day("2026-11-01"));
        assert!(progress.steps[1].is_open() && !progress.is_finished());
        assert_eq!(progress.next().map(|step| step.item.position), Some(2));
        items.truncate(1);
        assert!(!judge(COURSE, items, &facts, day("2026-11-01")).is_finished(), "nothing is required");
    }
}
