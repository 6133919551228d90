//! What members say of lectures: votes by the rules, at their own time, with comments in each state; one lecture that is
//! flagged, and one from which two people took ratings out.
use super::at;
use super::people::People;
use super::random::Random;
use super::store::{
    CompletionRow, Rated, branch_members, largest_branch, members, of_instructor, seen_by, to_rate,
};
use super::study::signed_in;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::{InstructorId, LectureId, PersonId};
use crate::ratings::{self, Ask, Tag, TextState, Verdict, Vote};
use crate::watching::credit::RULE;
use chrono::Duration;

/// Lectures with ratings.
const LECTURES: i64 = 12;
/// The places of the flagged one and of the one with an exclusion.
const FLAGGED: usize = 3;
const CORRECTED: usize = 6;

/// What people write, and what becomes of it.
const SAID: &[(&str, Option<TextState>)] = &[
    ("例子都是附近的，回去就跟组里的人讲了一遍。", Some(TextState::Shown)),
    ("图再大一点就好了，后排看不清渠道的编号。", Some(TextState::Shown)),
    ("把轮灌的先后说明白了，以前一直没弄懂。", Some(TextState::Shown)),
    ("语速合适，老人家也跟得上。", Some(TextState::Shown)),
    ("希望再讲一次冬天检修时怎样排班。", Some(TextState::Shown)),
    ("看了两遍，第二遍才明白闸门为什么先关左边的。", Some(TextState::Shown)),
    ("建议配一张可以打印的步骤单。", None),
    ("声音有点小，字幕帮了大忙。", Some(TextState::Shown)),
    ("请打 000-0000 找我，我有那年的老照片。", Some(TextState::Hidden)),
    ("最后三分钟讲得太快。", Some(TextState::Shown)),
    ("我们村也是这样做的，可以来看看。", None),
    ("材料要的话加微信发您。", None),
];

/// Words of the setting that hold a comment.
pub const HELD: &str = "加微信\n转账\n代办证件";

struct Town {
    members: Vec<PersonId>,
    random: Random,
    asks: Vec<(ratings::Keys, Ask)>,
    seen: Vec<CompletionRow>,
    keys: ratings::Keys,
}

impl Town {
    /// Somebody has seen a lecture, and says so many stars unless it is none.
    fn votes(
        &mut self,
        lecture: &Rated,
        person: PersonId,
        stars: Option<i32>,
        comment: &str,
        when: Timestamp,
    ) {
        let length_s = lecture.duration_ms / 1_000;
        self.seen.push(CompletionRow {
            person_id: person.0,
            lecture_id: lecture.id,
            media_id: lecture.media_id,
            kind: "online",
            completed_at: when - Duration::minutes(3),
            seconds: length_s,
            length_s,
            threshold: 80,
            rule: RULE,
            number: 1,
        });
        if let Some(stars) = stars {
            self.says((person, LectureId(lecture.id)), stars, comment, when);
        }
    }
    /// Somebody who has seen a lecture rates it.
    fn says(&mut self, (person, lecture): (PersonId, LectureId), stars: i32, comment: &str, when: Timestamp) {
        let tags = match stars {
            5 => vec![Tag::Clear, Tag::Useful],
            4 => vec![Tag::Earthy],
            3 => vec![],
            _ => vec![Tag::Improve],
        };
        let vote = Vote {
            person,
            lecture,
            stars,
            tags,
            comment: comment.to_owned(),
            is_held: ratings::words::holds(HELD, comment),
            acting: None,
            now: when,
        };
        self.asks.push((self.keys.clone(), Ask::Rate(vote)));
    }
    /// One, two … five, more of the high ones where a lecture is good.
    fn stars(&mut self, good: usize) -> i32 {
        match self.random.below(100) {
            n if n < good => 5,
            n if n < good + 25 => 4,
            n if n < good + 38 => 3,
            n if n < good + 44 => 2,
            _ => 1,
        }
    }
}

pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let keys = ratings::keys(conn)?;
    let own: Vec<PersonId> = people.accounts.iter().map(|account| PersonId(account.1)).collect();
    let others = |all: Vec<PersonId>| all.into_iter().filter(|person| !own.contains(person)).collect();
    let members = others(members(conn, 1_500)?);
    let mut town = Town { members, random: Random::new(22), asks: vec![], seen: vec![], keys };
    let lectures = to_rate(conn, LECTURES)?;
    let largest = largest_branch(conn)?;
    let branch: Vec<PersonId> = others(branch_members(conn, largest, 30)?);
    let mut said = SAID.iter().map(|one| one.0);
    let member = PersonId(people.account("member").1);
    for (place, lecture) in lectures.iter().enumerate() {
        // Two of them are too new for a score.
        let count = if place % 5 == 4 { 6 } else { 28 + place * 7 % 30 };
        let is_odd = [FLAGGED, CORRECTED].contains(&place);
        let from = place * 61;
        let those: Vec<PersonId> = (0..count + if is_odd { 160 } else { 0 })
            .map(|n| town.members[(from + n * 3) % town.members.len()])
            .filter(|person| !(is_odd && branch.contains(person)))
            .collect();
        for (n, person) in those.into_iter().enumerate() {
            let stars = town.stars(if is_odd { 15 } else { 45 + place * 3 });
            let comment = if n % 13 == 5 { said.next().unwrap_or_default() } else { "" };
            let days = 2 + town.random.below(25) as i64;
            let when = at(now, -days, 8 + (n % 12) as i64) + Duration::minutes((n * 7 % 50) as i64);
            town.votes(lecture, person, (n < count).then_some(stars), comment, when);
        }
        if is_odd {
            for (n, person) in branch.iter().enumerate() {
                let when = at(now, -2 - (n % 23) as i64, 12) + Duration::minutes(n as i64 * 11);
                town.votes(lecture, *person, Some(5), "", when);
            }
        }
    }
    if let Some(lecture) = seen_by(conn, member)? {
        town.says((member, lecture), 4, "讲到的那段渠就在我家后面。", at(now, -2, 20));
    }
    town.seen.sort_by_key(|row| (row.person_id, row.lecture_id));
    town.seen.dedup_by_key(|row| (row.person_id, row.lecture_id));
    // In the order of time: nobody gives all of a branch one after the other.
    town.asks.sort_by_key(|(_, ask)| match ask {
        Ask::Rate(vote) => vote.now,
        Ask::Withdraw { now, .. } => *now,
    });
    CompletionRow::write(conn, &town.seen)?;
    ratings::some(conn, &town.asks)?;
    ratings::refresh_all(conn, now)?;
    for lecture in &lectures {
        ratings::look(conn, LectureId(lecture.id), now)?;
    }
    comments(conn, people, now)?;
    exclusion(conn, people, LectureId(lectures.get(CORRECTED).ok_or(Error::NotFound)?.id), now)
}

/// What reviewers decide, and what the lecturer answers.
fn comments(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let (reviewer, by_reviewer) = signed_in(conn, people, "reviewer1")?;
    for text in ratings::queue(conn, TextState::Pending, 0, 100)? {
        let wanted = SAID.iter().find(|one| one.0 == text.text).map_or(Some(TextState::Shown), |one| one.1);
        let reason = if wanted == Some(TextState::Hidden) {
            "里面有联系电话。去掉电话再写，就可以公开。"
        } else {
            ""
        };
        if let Some(state) = wanted {
            let at = now - Duration::hours(20);
            ratings::judge_text(conn, text.id, (state, reason), &reviewer, &by_reviewer, at)?;
        }
    }
    let (instructor, doer) = signed_in(conn, people, "instructor")?;
    for lecture in of_instructor(conn, InstructorId(1))? {
        let shown = ratings::OnPage::load(conn, lecture)?.comments;
        if let Some(comment) = shown.first() {
            let words = "谢谢，下次把图放大，编号也写在字幕里。";
            ratings::reply(conn, (lecture, comment.id), words, &instructor, &doer, now - Duration::hours(9))?;
            let (shown, at) = ((TextState::Shown, ""), now - Duration::hours(8));
            ratings::judge_reply(conn, comment.id, shown, &reviewer, &by_reviewer, at)?;
            break;
        }
    }
    Ok(())
}

/// Two people take the block of one lecture out; that of the other stays open.
fn exclusion(conn: &mut Conn, people: &People, lecture: LectureId, now: Timestamp) -> Result<()> {
    let (first, by_first) = signed_in(conn, people, "checker")?;
    let (second, by_second) = signed_in(conn, people, "supervisor")?;
    let Some(flag) = ratings::open_flags(conn)?.into_iter().find(|flag| flag.lecture == lecture) else {
        // A branch of a small town is too small for one.
        return Ok(());
    };
    let reason = "同一支部按一张名单逐人给分，本人多数没有看过。";
    let id = ratings::propose(conn, flag.id, reason, &first, &by_first, now - Duration::hours(6))?;
    ratings::decide(conn, id, Verdict::Confirmed, &second, &by_second, now - Duration::hours(2))?;
    Ok(())
}
