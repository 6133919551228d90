//! Courses in each state, with those who are enrolled, wait, ask and have finished; questions and tests.
use super::content::{BankQuestion, Content, Course};
use super::people::People;
use super::random::Random;
use super::store::*;
use super::{Scale, at};
use crate::audit::Doer;
use crate::clock::{self, Timestamp};
use crate::courses::{self, About, Mode, NewItem, Opening, Task, Verdict, Visibility};
use crate::db::Conn;
use crate::enrolments::{self, Asking, Channel, Terms};
use crate::error::{Error, Result};
use crate::ids::{
    AccountId, BookletId, CourseId, EventId, OfferingId, PersonId, TestId, TopicId, digest, random_code,
};
use crate::lectures;
use crate::people::Category;
use chrono::Duration;
use std::collections::HashMap;

pub fn make(conn: &mut Conn, content: &Content, people: &People, scale: Scale, now: Timestamp) -> Result<()> {
    questions(conn, content, people, now)?;
    let mut random = Random::new(20_261_128);
    let mut made = HashMap::new();
    for course in &content.courses {
        let id = one(conn, content, people, course, &made, now)?;
        made.insert(course.slug.as_str(), id);
        if let Some(wanted) = &course.enrol {
            let offering = enrolments::of_course(conn, id)?.id;
            enrol(conn, people, course, (offering, wanted), scale, now, &mut random)?;
        }
        end(conn, people, course, id, now)?;
    }
    Ok(())
}

/// What this account does.
fn doer(people: &People, name: &str) -> (AccountId, Doer) {
    let id = AccountId(people.account(name).0);
    (id, Doer { account: Some(id), for_person: None, request: "demo".into() })
}

/// The bank of the booklet of fifty questions, and the tests that are drawn from it.
fn questions(conn: &mut Conn, content: &Content, people: &People, now: Timestamp) -> Result<()> {
    let author = people.account("organizer").0;
    let at = now - Duration::days(90);
    let booklet = content.booklets.iter().position(|one| one.slug == "fifty-questions").unwrap_or_default();
    BankRow::write(
        conn,
        &[BankRow {
            id: 1,
            title: "应知应会 50 问".into(),
            booklet_id: Some(booklet as i64 + 1),
            author_id: author,
            created_at: at,
            question_count: content.questions.len() as i32,
            key: digest("demo-bank"),
        }],
    )?;
    let (mut rows, mut choices) = (vec![], vec![]);
    for (id, question) in (1..).zip(&content.questions) {
        let BankQuestion { kind, chapter, stem, why, .. } = question;
        rows.push(BankQuestionRow {
            id,
            bank_id: 1,
            code: format!("Q{id:02}"),
            kind: kind.clone(),
            stem: stem.clone(),
            explanation: why.clone(),
            chapter: Some(*chapter),
            is_active: true,
            revision: 1,
            changed_by: author,
            changed_at: at,
        });
        choices.extend((0_i32..).zip(&question.choices).map(|(place, text)| BankChoiceRow {
            question_id: id,
            position: place + 1,
            text: text.clone(),
            is_right: question.right.contains(&place),
        }));
    }
    BankQuestionRow::write(conn, &rows)?;
    BankChoiceRow::write(conn, &choices)?;
    let test = |id, title: &str, chapter, count, minutes, feedback| TestRow {
        id,
        bank_id: 1,
        title: title.to_owned(),
        chapter,
        question_count: count,
        pass_share: 80,
        minutes,
        feedback,
        is_open: true,
        revision: 1,
        created_by: author,
        created_at: at,
        key: digest(&format!("demo-test-{id}")),
    };
    TestRow::write(
        conn,
        &[
            test(1, "会议记录自测", Some(2), 5, None, "final"),
            test(2, "应知应会自测", None, 10, Some(15), "final"),
            test(3, "第一章练习", Some(1), 5, None, "immediate"),
        ],
    )
}

/// The course itself, up to its publication.
fn one(
    conn: &mut Conn,
    content: &Content,
    people: &People,
    course: &Course,
    made: &HashMap<&str, CourseId>,
    now: Timestamp,
) -> Result<CourseId> {
    let (author, by_author) = doer(people, &course.author);
    let at = now - Duration::days(70);
    let topic =
        content.lectures.topics.iter().position(|topic| topic.slug == course.topic).unwrap_or_default();
    let about = About {
        title: course.title.clone(),
        summary: course.summary.clone(),
        text: course.text.clone(),
        topic: TopicId(topic as i64 + 1),
        cover: course.cover.clone(),
        mode: Mode::of(&course.mode).unwrap_or(Mode::Online),
        visibility: Visibility::of(&course.visibility).unwrap_or(Visibility::Public),
        quarters: course.quarters,
        due_on: course.due.map(|days| clock::day(now) + Duration::days(days)),
    };
    let key = digest(&format!("demo-course-{}", course.slug));
    let id = courses::create(conn, &course.slug, &about, author, &key, &by_author, at)?;
    enrolments::offer_course(conn, id)?;
    for step in &course.steps {
        let item = item(conn, content, step)?;
        courses::add_item(conn, id, &item, &by_author, at)?;
    }
    sessions(conn, people, course, id, now)?;
    if let Some(first) = course.requires.as_deref().and_then(|slug| made.get(slug)) {
        courses::set_prerequisites(conn, id, &[*first], &by_author, at)?;
    }
    if course.state == "draft" {
        return Ok(id);
    }
    courses::submit(conn, id, &by_author, at + Duration::days(1))?;
    if course.state == "in_review" {
        return Ok(id);
    }
    let (checker, by_checker) = doer(people, "checker");
    let verdict = (1, Verdict::Passed, "内容核对过。");
    courses::review(conn, id, verdict, checker, &by_checker, at + Duration::days(2))?;
    Ok(id)
}

/// The dates of its steps on site, in the mornings.
fn sessions(conn: &mut Conn, people: &People, course: &Course, id: CourseId, now: Timestamp) -> Result<()> {
    let items = courses::items(conn, id, 1)?;
    for (step, item) in course.steps.iter().zip(&items) {
        let base_id = step.base.as_deref().map(|slug| base(conn, slug)).transpose()?;
        for days in &step.dates {
            let number = next_event(conn)?;
            let starts_at = at(now, *days, 9);
            let event = EventRow {
                id: number,
                kind: "session",
                title: format!("{} · {}", course.title, item.what.title),
                about: "",
                org_id: 1,
                lecture_id: None,
                school_id: step.school,
                base_id,
                place: "一层大教室",
                online_url: "",
                lecturer: "周明澜".into(),
                starts_at,
                ends_at: starts_at + Duration::hours(3),
                state: "planned",
                reason: "",
                sequence: 0,
                changed_at: now - Duration::days(65),
                code_key: digest(&format!("demo-code-{number}-{now}")),
                created_by: people.account(&course.author).0,
                created_at: now - Duration::days(65),
                key: digest(&format!("demo-event-{number}")),
            };
            EventRow::write(conn, &[event])?;
            courses::attach_session(conn, id, &item.step, EventId(number))?;
            enrolments::offer_event(conn, EventId(number), step.seats)?;
        }
    }
    Ok(())
}

fn item(conn: &mut Conn, content: &Content, step: &super::content::Step) -> Result<NewItem> {
    let opening = match step.opens.as_deref() {
        Some("in_order") => Opening::InOrder,
        _ => Opening::AtOnce,
    };
    let (task, title) = match step.kind.as_str() {
        "lecture" => {
            let filter = lectures::Filter {
                topic: step.topic.clone(),
                sort: Some(lectures::Sort::Newest),
                ..lectures::Filter::default()
            };
            let card = lectures::cards(conn, &filter, step.n, 1)?.pop().ok_or(Error::NotFound)?;
            (Task::Lecture(card.id, step.share.unwrap_or(80)), card.title)
        }
        "chapter" => {
            let slug = step.booklet.as_deref().unwrap_or_default();
            let place = content.booklets.iter().position(|one| one.slug == slug).ok_or(Error::NotFound)?;
            let number = step.chapter.unwrap_or(1);
            let title = content.booklets[place]
                .chapters
                .get(usize::try_from(number - 1).unwrap_or_default())
                .map(|chapter| chapter.0.clone())
                .ok_or(Error::NotFound)?;
            (Task::Chapter(BookletId(place as i64 + 1), number), title)
        }
        "test" => (Task::Test(TestId(1)), "会议记录自测".to_owned()),
        _ => (Task::Session, step.title.clone().unwrap_or_default()),
    };
    let unit = step.unit.clone().unwrap_or_default();
    Ok(NewItem { unit, title, task, is_required: step.required.unwrap_or(true), opening })
}

/// The terms, and those who came.
fn enrol(
    conn: &mut Conn,
    people: &People,
    course: &Course,
    (offering, wanted): (OfferingId, &super::content::Enrol),
    scale: Scale,
    now: Timestamp,
    random: &mut Random,
) -> Result<()> {
    let (organizer, by_organizer) = doer(people, "organizer");
    let asked_at = now - Duration::days(60);
    let committee = people.branches.get(30).map_or(1, |branch| branch.committee);
    let terms = Terms {
        mode: enrolments::Mode::of(&wanted.mode).unwrap_or(enrolments::Mode::Open),
        code: wanted.code.clone().unwrap_or_default(),
        opens_at: wanted.opens.map(|days| at(now, days, 9)),
        closes_at: Some(at(now, 40, 18)),
        withdraw_until: wanted.withdraw.map(|days| at(now, days, 18)),
        capacity: wanted.capacity,
        audience: wanted.audience.iter().filter_map(|one| Category::of(one)).collect(),
        path: String::new(),
        is_closed: false,
        quotas: wanted.quota.map(|seats| (crate::ids::OrgId(committee), seats)).into_iter().collect(),
    };
    enrolments::set_terms(conn, offering, &terms, &by_organizer, asked_at)?;
    let mut asked = vec![];
    let mut persons: Vec<PersonId> = vec![];
    // The accounts that people sign in with are among them.
    for name in ["member", "elder", "secretary"].iter().take(if wanted.count > 20 { 3 } else { 1 }) {
        persons.push(PersonId(people.account(name).1));
    }
    if course.slug == "huiyi-jilu" || course.slug == "yuanzi-yishi" {
        persons.push(PersonId(people.account("member2").1));
    }
    while persons.len() < wanted.count {
        let next = PersonId(1 + random.below(scale.members - super::ACCOUNTS.len()) as i64);
        if !persons.contains(&next) {
            persons.push(next);
        }
    }
    if wanted.count == 0 {
        persons.clear();
    }
    // Who signs in as a member waits where the seats are taken.
    if course.slug == "yuanzi-yishi" {
        persons.reverse();
    }
    for (place, person) in persons.iter().enumerate() {
        let asking = Asking {
            person: *person,
            channel: Channel::Own,
            by: organizer,
            key: digest(&format!("demo-{offering}-{place}")),
            code: terms.code.clone(),
            is_sure: false,
        };
        let at = asked_at + Duration::hours(2 + 7 * place as i64);
        let at = at.min(now - Duration::minutes(40 + persons.len() as i64 - place as i64));
        if let Ok(stands) = enrolments::try_enrol(conn, offering, &asking, &by_organizer, at)? {
            asked.push(stands.id);
        }
    }
    let at = now - Duration::days(2);
    if let Some(count) = wanted.approve {
        let verdict = (enrolments::Verdict::Approve, "");
        let them = &asked[..count.min(asked.len())];
        enrolments::decide(conn, offering, Some(them), verdict, &by_organizer, at)?;
        let them = &asked[count.min(asked.len())..(count + wanted.decline.unwrap_or(0)).min(asked.len())];
        let verdict = (enrolments::Verdict::Decline, "这一期只收应急分队的队员，下一期面向全市。");
        enrolments::decide(conn, offering, Some(them), verdict, &by_organizer, at)?;
    }
    seats(conn, people, offering, now)?;
    finish(conn, course, offering, wanted.finish.unwrap_or(0), now)
}

/// Two of three who are in the course have chosen its first date.
fn seats(conn: &mut Conn, people: &People, offering: OfferingId, now: Timestamp) -> Result<()> {
    let enrolments::What::Course(id) = enrolments::offering(conn, offering)?.what else { return Ok(()) };
    let Some(first) = courses::sessions(conn, id)?.into_iter().next() else { return Ok(()) };
    let Some(date) = enrolments::of_event(conn, first.event)? else { return Ok(()) };
    let filter =
        enrolments::Filter { state: Some(enrolments::State::Confirmed), ..enrolments::Filter::default() };
    let (organizer, by_organizer) = doer(people, "organizer");
    for (place, row) in enrolments::participants(conn, offering, &filter, 0, 200)?.iter().enumerate() {
        if place % 3 == 2 {
            continue;
        }
        let asking = Asking {
            person: row.person,
            channel: Channel::Own,
            by: organizer,
            key: digest(&format!("demo-seat-{}-{}", date.id, row.id)),
            code: String::new(),
            is_sure: true,
        };
        // Some have another date at that time, or come when the seats are gone: like elsewhere.
        let at = now - Duration::minutes(30 + (200 - place as i64) * 9);
        if let Err(refusal) = enrolments::try_enrol(conn, date.id, &asking, &by_organizer, at)? {
            tracing::debug!(?refusal, "no seat");
        }
    }
    Ok(())
}

/// Records of those who have finished, the first of the queue.
fn finish(
    conn: &mut Conn,
    course: &Course,
    offering: OfferingId,
    count: usize,
    now: Timestamp,
) -> Result<()> {
    let filter =
        enrolments::Filter { state: Some(enrolments::State::Confirmed), ..enrolments::Filter::default() };
    let rows = enrolments::participants(conn, offering, &filter, 0, 400)?;
    let (mut records, mut names) = (vec![], vec![]);
    // Whoever signs in as a member is still at it, but for one course.
    let skip = if course.slug == "jiandang-dongxun-2025" || course.slug == "shouji-yongfa" { 0 } else { 4 };
    let enrolments::What::Course(id) = enrolments::offering(conn, offering)?.what else { return Ok(()) };
    let number = next_record(conn)?;
    for (place, row) in rows.iter().skip(skip).take(count).enumerate() {
        let at = now - Duration::hours(30 + 11 * place as i64);
        finished(conn, row.id.0, at)?;
        records.push(StudyRecordRow {
            id: number + place as i64,
            code: random_code(16),
            enrolment_id: row.id.0,
            person_id: row.person.0,
            course_id: id.0,
            version: 1,
            title: course.title.clone(),
            quarters: course.quarters,
            finished_on: clock::day(at),
            made_at: at,
        });
        names.push(RecordNameRow {
            record_id: number + place as i64,
            name: row.name.clone(),
            branch: row.branch.clone().unwrap_or_default(),
        });
    }
    StudyRecordRow::write(conn, &records)?;
    RecordNameRow::write(conn, &names)
}

/// What became of it since.
fn end(conn: &mut Conn, people: &People, course: &Course, id: CourseId, now: Timestamp) -> Result<()> {
    let (_, by_author) = doer(people, &course.author);
    if let Some(reason) = &course.reason {
        courses::withdraw(conn, id, reason, &by_author, now - Duration::days(8))?;
    }
    if course.state == "archived" {
        courses::archive(conn, id, &by_author, now - Duration::days(7))?;
    }
    if course.changing {
        courses::begin_change(conn, id, &by_author, now - Duration::days(1))?;
    }
    Ok(())
}
