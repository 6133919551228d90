//! Three competitions, made by the rules, each at its own time: one that is over, with an accepted objection and gold lecturers; one
//! that is being judged; one that takes entries. And a published ranking of lectures by what members say.
use super::people::People;
use super::random::Random;
use super::store::{Contestant, contestants};
use super::study::signed_in;
use super::{ACCOUNTS, at};
use crate::access::Viewer;
use crate::audit::Doer;
use crate::cases::Outcome;
use crate::clock::{self, Timestamp};
use crate::contests::entries::{self, begin, endorse, screen, submit};
use crate::contests::judges::{Invitation, answer, assign, invite, recuse};
use crate::contests::objections::{self, Decision, Ground};
use crate::contests::sheets::{self, Hall};
use crate::contests::way::{self, By};
use crate::contests::{
    self, AssignmentState, ConflictKind, ContestDraft, EntryDraft, Method, RoundDraft, RoundKind, RulingKind,
    Scores, Verdict, outcome,
};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::honours::{self, Hand};
use crate::ids::{ContestId, EntryId, LectureId, OrgId, PersonId, RoundId, SchoolId, digest};
use crate::jobs;
use crate::organization;
use crate::rankings::{self, Press};
use chrono::Duration;
use std::collections::BTreeMap;

/// Gold lecturers of the competition that is over, and how many days ago they were appointed.
pub const GOLD: usize = 3;
pub const APPOINTED: i64 = 40;
const JUDGES: usize = 7;
/// What judges write beside their scores.
const COMMENTS: &[&str] =
    &["例子就在本地，听得懂。", "图示清楚，结尾可以再短一些。", "", "步骤讲得细，回去能照着做。", ""];

/// Everybody who runs competitions.
struct Office {
    who: BTreeMap<&'static str, (Viewer, Doer)>,
    now: Timestamp,
    random: Random,
}

/// Who did something so many days from now, at this hour.
type When = (i64, i64);

impl Office {
    fn load(conn: &mut Conn, people: &People, now: Timestamp) -> Result<Office> {
        let mut who = BTreeMap::new();
        for account in ACCOUNTS {
            who.insert(account.name, signed_in(conn, people, account.name)?);
        }
        Ok(Office { who, now, random: Random::new(24) })
    }
    fn who(&self, name: &str, (days, hour): When) -> Result<(Viewer, By)> {
        let (viewer, doer) = self.who.get(name).ok_or(Error::NotFound)?.clone();
        let by = By { account: viewer.account, doer, now: at(self.now, days, hour) };
        Ok((viewer, by))
    }
    fn by(&self, name: &str, when: When) -> Result<By> {
        Ok(self.who(name, when)?.1)
    }
    /// A contest with one round whose method two people have frozen, announced. It opens on day `opens` and closes on `closes`.
    fn announced(
        &mut self,
        conn: &mut Conn,
        (slug, title, summary): (&str, &str, &str),
        (opens, closes): (i64, i64),
        gold_count: i32,
        round: RoundDraft,
    ) -> Result<(ContestId, RoundId)> {
        let today = clock::day(self.now);
        let draft = ContestDraft {
            title: title.into(),
            summary: summary.into(),
            rules: "每人一件，讲一件本地的事，不超过 8 分钟。\n\n- 讲稿写明事实的出处。\n- 用到的照片和数字要能核对。\n\
                    - 支部同意以后，由两个人审核资格。"
                .into(),
            opens_on: today + Duration::days(opens),
            closes_on: today + Duration::days(closes),
            needs_video: false,
            notice_days: rankings::LEAST_NOTICE,
            gold_count,
            gold_years: 2,
        };
        let by = self.by("organizer", (opens - 6, 9))?;
        let id = way::create(conn, (slug, &digest(slug)), &draft, &by)?;
        let round = way::add_round(conn, id, &round, &by)?;
        let method = contests::rounds(conn, id)?.first().ok_or(Error::NotFound)?.method.digest();
        way::freeze(conn, round, &method, &by)?;
        way::approve(conn, round, &method, &self.by("checker", (opens - 5, 10))?)?;
        way::announce(conn, id, &self.by("organizer", (opens - 4, 9))?)?;
        way::open(conn, id, &self.by("organizer", (opens, 9))?)?;
        Ok((id, round))
    }
    /// An entry of somebody without an account, written down by a clerk.
    fn entry(
        &mut self,
        conn: &mut Conn,
        contest: ContestId,
        one: &Contestant,
        when: When,
    ) -> Result<(EntryId, Viewer, By)> {
        let (clerk, by) = self.who("clerk", when)?;
        let entrant = Viewer {
            person: PersonId(one.person_id),
            grants: vec![],
            actor_name: Some(clerk.name.clone()),
            name: one.name.clone(),
            ..clerk
        };
        let doer = Doer { for_person: Some(entrant.person), ..by.doer };
        let by = By { doer, ..by };
        let draft = EntryDraft {
            title: one.title.clone(),
            summary: one.summary.clone(),
            script: format!("{}\n\n{}\n\n讲完请大家提问，再到现场走一遍。", one.title, one.summary),
            school: SchoolId(one.school_id),
            lecture: None,
            companions: vec![],
            is_original: true,
            may_broadcast: true,
            may_name: true,
        };
        let key = digest(&format!("demo-entry-{contest}-{}", one.person_id));
        let id = begin(conn, contest, &entrant, &draft, &key, &by)?;
        // The same talk is a lecture already.
        let draft = EntryDraft { lecture: Some(LectureId(one.lecture_id)), ..draft };
        entries::save(conn, id, entrant.person, &draft, &by)?;
        Ok((id, entrant, by))
    }
    /// The branch of the entrant agrees.
    fn agree(&mut self, conn: &mut Conn, one: &Contestant, id: EntryId, when: When) -> Result<()> {
        let (mut secretary, by) = self.who("secretary", when)?;
        let branch = organization::find(conn, OrgId(one.branch_id))?;
        for grant in &mut secretary.grants {
            grant.scope_id = Some(one.branch_id);
            grant.path = Some(branch.path.clone());
        }
        endorse(conn, id, &secretary, 1, &by)
    }
    /// Entries that two people have screened, of a contest that is closed then.
    fn screened(
        &mut self,
        conn: &mut Conn,
        contest: ContestId,
        those: &[Contestant],
        opens: i64,
        closes: i64,
    ) -> Result<()> {
        for (place, one) in those.iter().enumerate() {
            let day = opens + 1 + place as i64 % (closes - opens - 1);
            let (id, entrant, by) = self.entry(conn, contest, one, (day, 19))?;
            submit(conn, id, entrant.person, &by)?;
            self.agree(conn, one, id, (day + 1, 10))?;
            for name in ["reviewer1", "reviewer2"] {
                let (screener, by) = self.who(name, (closes + 1, 9))?;
                screen(conn, id, &screener, (1, Verdict::Passed, ""), &by)?;
            }
        }
        way::close(conn, contest, &self.by("organizer", (closes + 1, 8))?)
    }
    /// Judges are asked and accept, lots are drawn, sheets are open.
    fn begun(
        &mut self,
        conn: &mut Conn,
        (contest, round): (ContestId, RoundId),
        day: i64,
        due: Option<i64>,
    ) -> Result<()> {
        let units = ["水务局", "教育局", "档案馆", "融媒体中心", "农业农村局", "应急管理局", "文化馆"];
        for (number, unit) in (1..=JUDGES).zip(units) {
            let name = format!("judge{number}");
            let (judge, by) = self.who(&name, (day - 3, 20))?;
            let invitation =
                Invitation { person: judge.person, unit: unit.into(), expertise: String::new(), panel: None };
            invite(conn, contest, &invitation, &self.by("organizer", (day - 4, 9))?)?;
            answer(conn, contest, true, judge.person, &by)?;
        }
        let by = self.by("organizer", (day, 9))?;
        way::draw(conn, round, "4 1 6（现场三人掷骰子）", &by)?;
        assign(conn, round, &by)?;
        let due = due.map(|due| at(self.now, due, 18));
        way::start(conn, round, due, &By { now: by.now + Duration::minutes(30), ..by })
    }
    /// A judge's scores: good entries get more, judges are mild or not, in halves.
    fn scores(&mut self, judge: usize, good: usize) -> Scores {
        let mild = [0, 2, 1, 3, 0, 1, 2][judge % 7];
        let mut one = |best: usize| {
            let half = 2 * (best - good) + mild + self.random.below(4);
            let (whole, rest) = (half / 2, half % 2);
            if rest == 0 { whole.to_string() } else { format!("{whole}.5") }
        };
        let said = [("content", one(94)), ("delivery", one(92)), ("form", one(90))];
        said.map(|(key, score)| (key.to_owned(), score)).into()
    }
    /// Sheets are handed in, as far as `is_in` says so of a judge (from 1) and an entry (from 0).
    fn judged(
        &mut self,
        conn: &mut Conn,
        (contest, round): (ContestId, RoundId),
        day: i64,
        is_in: impl Fn(usize, usize) -> bool,
    ) -> Result<()> {
        let all = contests::assignments(conn, round)?;
        let mut entries: Vec<EntryId> = all.iter().map(|one| one.entry).collect();
        entries.sort();
        entries.dedup();
        for number in 1..=JUDGES {
            let (judge, by) = self.who(&format!("judge{number}"), (day, 19))?;
            let own = contests::judge_as(conn, contest, judge.person)?.ok_or(Error::NotFound)?;
            for one in all.iter().filter(|one| one.judge == own.id) {
                let place = entries.iter().position(|entry| *entry == one.entry).ok_or(Error::NotFound)?;
                if one.state != AssignmentState::Assigned || !is_in(number, place) {
                    continue;
                }
                let scores = self.scores(number, place * 7 % 9);
                let said = COMMENTS[(number + place) % COMMENTS.len()];
                let by = By { now: by.now + Duration::minutes(place as i64 * 6), ..by.clone() };
                sheets::submit(conn, (one.id, one.version), (&scores, said), true, judge.person, &by)?;
            }
        }
        Ok(())
    }
    /// Computed, checked and published, by three people, on this day.
    fn publish(
        &mut self,
        conn: &mut Conn,
        press: &Press,
        round: RoundId,
        day: i64,
        reason: Option<&str>,
    ) -> Result<()> {
        let scorer = self.by("scorer", (day, 9))?;
        let snapshot = outcome::compute_ranking(conn, round, reason.map(str::to_owned), &scorer)?;
        let checker = self.by("checker", (day, 10))?;
        rankings::check(conn, snapshot, &checker.doer, checker.now)?;
        outcome::publish(conn, press, round, snapshot, &self.by("organizer", (day, 11))?)
    }
    /// Somebody objects, and is right: a judge should have stood back.
    fn objection(&mut self, conn: &mut Conn, round: RoundId, (filed, answered): (i64, i64)) -> Result<()> {
        let (member, by) = self.who("member2", (filed, 20))?;
        let text = "评委和作品的讲师去年在同一个单位工作，评分表上没有回避。";
        let said = (Ground::Recusal, text, digest("demo-objection"));
        let case = objections::file(conn, round, (said.0, said.1, &said.2), &member, &by)?;
        let sheet = contests::assignments(conn, round)?
            .into_iter()
            .find(|one| one.state == AssignmentState::Submitted)
            .ok_or(Error::NotFound)?;
        let decision = Decision {
            outcome: Outcome::Upheld,
            ruling: RulingKind::SheetExcluded,
            entry: Some(sheet.entry),
            judge: Some(sheet.judge),
            seconds: None,
            reasons: "核对人事记录，情况属实。这份评分表不计入，名次重新计算。".into(),
        };
        let (supervisor, by) = self.who("supervisor", (answered, 15))?;
        objections::decide(conn, (round, case), &decision, &supervisor, &by)
    }
    fn hand(&self, name: &str, when: When) -> Result<Hand> {
        let (viewer, by) = self.who(name, when)?;
        Ok(Hand { account: viewer.account, person: viewer.person, doer: by.doer, now: by.now })
    }

    /// Over: judged in the hall, an objection upheld, three gold lecturers in office.
    fn finished(&mut self, conn: &mut Conn, press: &Press, those: &[Contestant]) -> Result<()> {
        let about = ("guanqu-saike", "灌区和社区微党课赛课", "一堂课讲清楚本地的一件事，评出三位金牌讲师。");
        let round = RoundDraft {
            kind: RoundKind::Final,
            title: "决赛".into(),
            panels: 1,
            sheets_each: 0,
            judge_load: 0,
            method: Method::usual(GOLD as u32),
        };
        let (contest, round) = self.announced(conn, about, (-130, -112), GOLD as i32, round)?;
        self.screened(conn, contest, those, -130, -112)?;
        self.begun(conn, (contest, round), -104, None)?;
        let scorer = self.by("scorer", (-104, 12))?;
        for (place, entry) in contests::places(conn, round)?.into_iter().enumerate() {
            let hall = Hall { seconds: Some(431 + (place as i32 * 37) % 110), audience: None };
            sheets::set_hall(conn, round, entry.entry, hall, &scorer)?;
        }
        self.judged(conn, (contest, round), -104, |_, _| true)?;
        sheets::ask_lock(conn, round, &self.by("scorer", (-103, 9))?)?;
        sheets::make_lock(conn, round, &self.by("supervisor", (-103, 10))?)?;
        self.publish(conn, press, round, -102, None)?;
        self.objection(conn, round, (-101, -98))?;
        self.publish(conn, press, round, -97, Some("一份评分表应当回避，不计入"))?;
        let standing = rankings::standing(conn, (contests::SUBJECT, round.0))?.ok_or(Error::NotFound)?;
        outcome::finish(conn, press, round, &standing, &self.by("organizer", (-70, 9))?)?;
        honours::nominate(conn, contest, "", &self.hand("organizer", (-69, 9))?)?;
        honours::start_notice(conn, contest, &self.hand("organizer", (-68, 9))?)?;
        honours::appoint_all(conn, contest, &self.hand("checker", (-APPOINTED, 9))?)?;
        Ok(())
    }

    /// Being judged: more than half of the sheets are in, one judge stood back.
    fn in_judging(&mut self, conn: &mut Conn, those: &[Contestant]) -> Result<()> {
        let about =
            ("fangxun-saike", "防汛和应急微党课赛课", "把水位、预警和转移讲清楚。评委在网上看录像评分。");
        let round = RoundDraft {
            kind: RoundKind::VideoPrelim,
            title: "初评".into(),
            panels: 1,
            sheets_each: 0,
            judge_load: 0,
            method: Method { time: None, ..Method::usual(3) },
        };
        let (contest, round) = self.announced(conn, about, (-40, -20), 0, round)?;
        self.screened(conn, contest, those, -40, -20)?;
        self.begun(conn, (contest, round), -3, Some(6))?;
        let (judge, by) = self.who("judge5", (-2, 8))?;
        let own = contests::judge_as(conn, contest, judge.person)?.ok_or(Error::NotFound)?;
        let sheets = contests::assignments(conn, round)?;
        let is_own =
            |one: &&contests::Assignment| one.judge == own.id && one.state == AssignmentState::Assigned;
        if let Some(sheet) = sheets.iter().find(is_own) {
            let why = (ConflictKind::Coached, "去年帮他改过讲稿");
            recuse(conn, sheet.id, why, judge.person, &by)?;
        }
        self.judged(conn, (contest, round), -2, |judge, place| (judge * 3 + place * 5) % 7 > 2)
    }

    /// Takes entries: one handed in, one that waits for the screeners, one sent back.
    fn open(&mut self, conn: &mut Conn, those: &[Contestant]) -> Result<()> {
        let about = (
            "jilu-saike",
            "记录和档案微党课赛课",
            "会议怎样记、老照片怎样存、家谱怎样修，讲一件您做过的事。",
        );
        let round = |kind, title: &str, promoted| RoundDraft {
            kind,
            title: title.into(),
            panels: 1,
            sheets_each: 0,
            judge_load: 0,
            method: Method { time: None, ..Method::usual(promoted) },
        };
        let (contest, _) =
            self.announced(conn, about, (-6, 24), 3, round(RoundKind::VideoPrelim, "初评", 10))?;
        for (place, one) in those.iter().enumerate() {
            let (id, entrant, by) = self.entry(conn, contest, one, (-5, 19))?;
            if place == 0 {
                continue;
            }
            submit(conn, id, entrant.person, &by)?;
            match place {
                1 => {}
                2 => self.agree(conn, one, id, (-4, 10))?,
                _ => {
                    self.agree(conn, one, id, (-4, 10))?;
                    let (screener, by) = self.who("reviewer1", (-3, 9))?;
                    let why = "第二段的数字没有写出处，补上再交。";
                    screen(conn, id, &screener, (1, Verdict::Returned, why), &by)?;
                }
            }
        }
        Ok(())
    }

    /// Lectures by what members say of them, for good.
    fn ranking(&mut self, conn: &mut Conn, press: &Press) -> Result<()> {
        let organizer = self.by("organizer", (-3, 9))?;
        let about = (rankings::Kind::LectureRating, "党员评价的课程", 50);
        let id = rankings::define(conn, about, &organizer.doer, organizer.now)?;
        rankings::ask(conn, id, None, &organizer.doer, organizer.now)?;
        let computed = rankings::rate(conn, id, at(self.now, -2, 3));
        // What a worker would have done is done.
        jobs::cancel(conn, jobs::Kind::Rank, id.0, organizer.now)?;
        let snapshot = match computed {
            Ok(snapshot) => snapshot,
            // A small town has too few voices.
            Err(Error::Refused(_)) => return Ok(()),
            Err(other) => return Err(other),
        };
        let checker = self.by("checker", (-2, 9))?;
        rankings::check(conn, snapshot, &checker.doer, checker.now)?;
        let organizer = self.by("organizer", (-1, 9))?;
        rankings::publish(conn, press, snapshot, None, &organizer.doer, organizer.now)
    }
}

pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    // Nobody has published from this database: the server will witness what stands in its log.
    let press = Press::of_new(conn)?;
    let those = contestants(conn, 14)?;
    let of = |from: usize, to: usize| those.get(from..to.min(those.len())).unwrap_or_default();
    let mut office = Office::load(conn, people, now)?;
    office.finished(conn, &press, of(0, 9))?;
    office.in_judging(conn, of(5, 12))?;
    office.open(conn, of(10, 14))?;
    office.ranking(conn, &press)
}
