//! Lectures with their instructors, reviews, hand-outs and questions; booklets, bases, portraits; a record of use.
use super::Scale;
use super::content::{Content, PICTURE, handout_file, picture_folder};
use super::people::People;
use super::random::Random;
use super::store::*;
use crate::audit::Action;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use chrono::{Duration, NaiveDate};
use sha2::Digest;
use std::collections::HashSet;

pub fn make(
    conn: &mut Conn,
    content: &Content,
    people: &People,
    scale: Scale,
    now: Timestamp,
    said: &mut dyn FnMut(&str, u8),
) -> Result<()> {
    let mut random = Random::new(369_047);
    said("主题和录像", 66);
    recordings(conn, content)?;
    said("微党课", 70);
    lectures(conn, content, people, scale, now, &mut random, said)?;
    said("读本、基地、人物", 90);
    booklets(conn, content, people, now)?;
    places(conn, content, now)?;
    said("操作记录", 94);
    record(conn, content, people, scale, now, &mut random)
}

fn recordings(conn: &mut Conn, content: &Content) -> Result<()> {
    let topics: Vec<_> = (1..)
        .zip(&content.lectures.topics)
        .map(|(id, topic)| TopicRow {
            id,
            slug: topic.slug.clone(),
            name: topic.name.clone(),
            name_en: topic.name_en.clone(),
            intro: topic.intro.clone(),
            position: id as i32,
        })
        .collect();
    TopicRow::write(conn, &topics)?;
    let (mut media, mut streams, mut cues, mut chapters) = (vec![], vec![], vec![], vec![]);
    for (id, one) in (1..).zip(&content.media) {
        media.push(MediaRow {
            id,
            video_file: format!("{}/video.mp4", one.folder()),
            audio_file: format!("{}/audio.m4a", one.folder()),
            duration_ms: one.duration_ms,
            width: one.width,
            height: one.height,
        });
        streams.push(StreamRow {
            media_id: id,
            folder: one.folder(),
            has_hls: false,
            heights: "",
            has_sound: true,
            posters: 0,
            poster: 0,
            story_every_ms: 0,
            story_tiles: 0,
        });
        cues.extend((1..).zip(&one.cues).map(|(position, cue)| CueRow {
            media_id: id,
            position,
            start_ms: cue.start_ms,
            end_ms: cue.end_ms,
            text: cue.text.clone(),
        }));
        chapters.extend((1..).zip(&one.chapters).map(|(position, chapter)| ChapterRow {
            media_id: id,
            position,
            start_ms: chapter.start_ms,
            title: chapter.title.clone(),
        }));
    }
    MediaRow::write(conn, &media)?;
    StreamRow::write(conn, &streams)?;
    CueRow::write(conn, &cues)?;
    ChapterRow::write(conn, &chapters)
}

/// An instructor to be: the row, and the topics they teach.
struct Teacher {
    row: InstructorRow,
    topic: usize,
}

fn teachers(
    content: &Content,
    people: &People,
    scale: Scale,
    now: Timestamp,
    day: NaiveDate,
    random: &mut Random,
) -> (Vec<Teacher>, Vec<PersonRow>, Vec<TitleRow>) {
    let topic_of =
        |slug: &str| content.lectures.topics.iter().position(|topic| topic.slug == slug).unwrap_or_default();
    let (mut teachers, mut persons, mut titles) = (vec![], vec![], vec![]);
    for (place, gold) in content.city.gold.iter().enumerate() {
        // The first of them is the account `instructor`; the others are outside speakers without membership.
        let person_id =
            if place == 0 { people.account("instructor").1 } else { 1_000_000_000 + place as i64 };
        if place > 0 {
            persons.push(PersonRow {
                id: person_id,
                name: gold.name.clone(),
                sex: None,
                birth_year: None,
                phone: None,
                reading_aids: "",
                created_at: now,
            });
        }
        titles.push(TitleRow {
            person_id,
            title: "gold_lecturer",
            source: "上一届微党课赛课",
            valid_from: day - Duration::days(330),
            // The last ones' terms are over: a competition has elected others since.
            valid_to: match scale.has_study && place + super::contests::GOLD >= content.city.gold.len() {
                true => day - Duration::days(super::contests::APPOINTED),
                false => day + Duration::days(400),
            },
        });
        let row = InstructorRow {
            id: place as i64 + 1,
            person_id,
            name: gold.name.clone(),
            unit: gold.unit.clone(),
            intro: gold.intro.clone(),
            agreed_at: now,
            lecture_count: 0,
        };
        teachers.push(Teacher { row, topic: topic_of(&gold.topic) });
    }
    let more = (scale.lectures / 8).min(people.teachers.len() / 2);
    for number in 0..more {
        let (person_id, name) = &people.teachers[number * people.teachers.len() / more];
        let row = InstructorRow {
            id: teachers.len() as i64 + 1,
            person_id: *person_id,
            name: name.clone(),
            unit: random.pick(&content.city.units).clone(),
            intro: random.pick(&content.city.instructor_intros).clone(),
            agreed_at: now,
            lecture_count: 0,
        };
        teachers.push(Teacher { row, topic: number % content.lectures.topics.len() });
    }
    (teachers, persons, titles)
}

fn lectures(
    conn: &mut Conn,
    content: &Content,
    people: &People,
    scale: Scale,
    now: Timestamp,
    random: &mut Random,
    said: &mut dyn FnMut(&str, u8),
) -> Result<()> {
    let day = clock::day(now);
    let (mut teachers, persons, titles) = teachers(content, people, scale, now, day, random);
    let topics = &content.lectures.topics;
    let (uploader, reviewers) =
        (people.account("instructor").0, [people.account("reviewer1").0, people.account("reviewer2").0]);
    let (mut rows, mut given, mut reviews, mut handouts, mut questions) =
        (vec![], vec![], vec![], vec![], vec![]);
    let mut school_counts = vec![0_i32; people.schools];
    let mut used = HashSet::new();
    for number in 0..scale.lectures {
        let id = number as i64 + 1;
        let original = content.media.get(number);
        let topic_place = match original {
            Some(media) => topics.iter().position(|topic| topic.slug == media.topic).unwrap_or_default(),
            None => random.below(topics.len()),
        };
        let topic = &topics[topic_place];
        let (media_place, media) = match original {
            Some(media) => (number, media),
            None => {
                let of_topic: Vec<_> =
                    content.media.iter().enumerate().filter(|(_, media)| media.topic == topic.slug).collect();
                *random.pick(&of_topic)
            }
        };
        let (title, summary) = match original {
            Some(media) => (media.title.clone(), media.summary.clone()),
            None => loop {
                let (subject, pattern) = (random.pick(&topic.subjects), random.pick(&topic.patterns));
                let mut title = pattern.title.replace("{s}", subject);
                // Ten cities have more lectures than there are titles: the later ones are parts of a series.
                if number > topics.len() * 300 {
                    title = format!("{title}（之{}）", number / (topics.len() * 300) + 1);
                }
                if used.insert(title.clone()) || number > topics.len() * 300 {
                    let note = "（演示城市的课程多于录像：这一课放的是同主题的示例录像。）";
                    break (title, format!("{}{note}", pattern.summary.replace("{s}", subject)));
                }
            },
        };
        let school = random.below(people.schools);
        let stage = match number {
            0..40 => "published",
            40 => "withdrawn",
            41 => "in_review",
            _ => ["draft", "in_review", "withdrawn"].get(random.below(100)).copied().unwrap_or("published"),
        };
        let is_published = stage == "published" || stage == "withdrawn";
        // The recordings with their own titles come first on the first page.
        let age = match number {
            0..10 => Duration::hours(5 + 19 * number as i64),
            _ => Duration::minutes((10 * 1_440 + random.below(3 * 365 * 1_440)) as i64),
        };
        let published_at = now - age;
        let teacher = match number {
            0 | 8 => 0,
            _ => {
                let of_topic: Vec<_> =
                    (0..teachers.len()).filter(|place| teachers[*place].topic == topic_place).collect();
                if of_topic.is_empty() || random.chance(10) {
                    random.below(teachers.len())
                } else {
                    *random.pick(&of_topic)
                }
            }
        };
        given.push(GivenRow { lecture_id: id, instructor_id: teachers[teacher].row.id, position: 1 });
        if number > 20 && random.chance(4) {
            let second = random.below(teachers.len());
            if second != teacher {
                given.push(GivenRow { lecture_id: id, instructor_id: teachers[second].row.id, position: 2 });
                teachers[second].row.lecture_count += i32::from(stage == "published");
            }
        }
        if stage == "published" {
            teachers[teacher].row.lecture_count += 1;
            school_counts[school] += 1;
        }
        if is_published || (stage == "in_review" && random.chance(50)) {
            for reviewer in reviewers.iter().take(if is_published { 2 } else { 1 }) {
                reviews.push(ReviewRow {
                    lecture_id: id,
                    version: 1,
                    reviewer_id: *reviewer,
                    verdict: "passed",
                    reviewed_at: published_at - Duration::hours(30),
                });
            }
        }
        if original.is_some() || random.chance(30) {
            let first = random.below(topic.handouts.len());
            let handout = &topic.handouts[first];
            let bytes = (handout.title.len() + handout.body.len() + 10) as i32;
            handouts.push(HandoutRow {
                lecture_id: id,
                position: 1,
                title: handout.title.clone(),
                file: handout_file(&topic.slug, first),
                bytes,
            });
        }
        if stage == "published" && (number < 10 || random.chance(12)) {
            let count = if number == 0 { 4 } else { 1 + random.below(2) };
            let first = random.below(topic.questions.len());
            for step in 0..count {
                let one = &topic.questions[(first + step) % topic.questions.len()];
                let asked_at = published_at + Duration::hours(2 + 3 * step as i64);
                let has_answer = number >= 2 || step != 0;
                questions.push(QuestionRow {
                    lecture_id: id,
                    person_id: 1 + random.below(people.members) as i64,
                    text: one.q.clone(),
                    asked_at,
                    idem_key: format!("demo-{id}-{step}"),
                    answer: has_answer.then(|| one.a.clone()),
                    answered_by: has_answer.then_some(uploader),
                    answered_at: has_answer.then_some(asked_at + Duration::hours(20)),
                });
            }
        }
        rows.push(LectureRow {
            id,
            title,
            summary,
            topic_id: topic_place as i64 + 1,
            school_id: Some(school as i64 + 1),
            alliance_id: is_published.then(|| people.school_alliances[school]),
            media_id: Some(media_place as i64 + 1),
            cover: topic.covers[number % topic.covers.len()].clone(),
            source: if number % 9 == 0 { "contest" } else { "recorded" },
            visibility: if number > 20 && random.chance(12) { "members" } else { "public" },
            stage,
            rights_ok: true,
            duration_ms: media.duration_ms,
            uploaded_by: uploader,
            created_at: published_at - Duration::days(5),
            published_at: is_published.then_some(published_at),
        });
    }
    PersonRow::write(conn, &persons)?;
    TitleRow::write(conn, &titles)?;
    let instructors: Vec<_> = teachers.into_iter().map(|teacher| teacher.row).collect();
    InstructorRow::write(conn, &instructors)?;
    said("微党课", 74);
    LectureRow::write(conn, &rows)?;
    said("微党课", 82);
    GivenRow::write(conn, &given)?;
    ReviewRow::write(conn, &reviews)?;
    HandoutRow::write(conn, &handouts)?;
    QuestionRow::write(conn, &questions)?;
    let withdrawn: Vec<_> = rows
        .iter()
        .filter(|row| row.stage == "withdrawn")
        .map(|row| WithdrawalRow {
            lecture_id: row.id,
            reason: "内容有更新，正在重新录制。",
            withdrawn_by: uploader,
            withdrawn_at: now - Duration::days(1),
        })
        .collect();
    WithdrawalRow::write(conn, &withdrawn)?;
    for (place, count) in school_counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        crate::schools::count_lecture(conn, crate::ids::SchoolId(place as i64 + 1), *count)?;
    }
    Ok(())
}

fn booklets(conn: &mut Conn, content: &Content, people: &People, now: Timestamp) -> Result<()> {
    let (author, reviewer) = (people.account("reviewer1").0, people.account("reviewer2").0);
    for (id, one) in (1..).zip(&content.booklets) {
        let published_at = now - Duration::days(20 + 17 * id);
        let row = BookletRow {
            id,
            slug: one.slug.clone(),
            title: one.title.clone(),
            kind: one.kind.clone(),
            intro: one.intro.clone(),
            cover: one.cover.clone(),
            style: one.style,
            visibility: one.visibility.clone(),
            stage: "published",
            author_id: author,
            position: id as i32,
            chapter_count: one.chapters.len() as i32,
            published_at,
        };
        let length =
            BookletLengthRow { booklet_id: id, chapters: row.chapter_count, since: row.published_at };
        BookletRow::write(conn, &[row])?;
        BookletLengthRow::write(conn, &[length])?;
        let chapters: Vec<_> = (1..)
            .zip(&one.chapters)
            .map(|(position, (title, body))| BookletChapterRow {
                booklet_id: id,
                position,
                title: title.clone(),
                body: body.clone(),
            })
            .collect();
        BookletChapterRow::write(conn, &chapters)?;
        let reviewed_at = published_at - Duration::days(1);
        BookletReviewRow::write(
            conn,
            &[BookletReviewRow {
                booklet_id: id,
                version: 1,
                reviewer_id: reviewer,
                verdict: "passed",
                reviewed_at,
            }],
        )?;
    }
    // The own account as a picture, in the booklet about telephones.
    let place =
        content.booklets.iter().position(|one| one.slug == "phone-for-elders").ok_or(Error::NotFound)?;
    let picture = AttachmentRow {
        booklet_id: place as i64 + 1,
        name: "account.jpg",
        kind: "jpeg",
        size: PICTURE.len() as i64,
        digest: crate::ids::hex(&sha2::Sha256::digest(PICTURE)),
        folder: picture_folder(),
        added_by: author,
        added_at: now - Duration::days(100),
    };
    AttachmentRow::write(conn, &[picture])?;
    Ok(())
}

fn places(conn: &mut Conn, content: &Content, now: Timestamp) -> Result<()> {
    let topic_of = |slug: &str| {
        content.lectures.topics.iter().position(|topic| topic.slug == slug).unwrap_or_default() as i64 + 1
    };
    let bases: Vec<_> = (1..)
        .zip(&content.city.bases)
        .map(|(position, one)| BaseRow {
            slug: one.slug.clone(),
            kind: one.kind.clone(),
            name: one.name.clone(),
            topic_id: topic_of(&one.theme),
            intro: one.intro.clone(),
            body: one.body.clone(),
            district: one.district.clone(),
            capacity: one.capacity,
            hours: one.hours.clone(),
            route: one.route.clone(),
            access_note: one.access.clone(),
            cover: one.cover.clone(),
            position,
        })
        .collect();
    BaseRow::write(conn, &bases)?;
    let stories: Vec<_> = (1..)
        .zip(&content.city.stories)
        .map(|(position, one)| StoryRow {
            slug: one.slug.clone(),
            person_name: one.name.clone(),
            field: one.field.clone(),
            post: one.role.clone(),
            title: one.title.clone(),
            lead: one.lead.clone(),
            body: one.body.clone(),
            cover: one.cover.clone(),
            agreed_at: now - Duration::days(100),
            published_at: now - Duration::days(3 * i64::from(position)),
            position,
        })
        .collect();
    StoryRow::write(conn, &stories)
}

/// What was done before: so that the record and the complaints have something to show.
fn record(
    conn: &mut Conn,
    content: &Content,
    people: &People,
    scale: Scale,
    now: Timestamp,
    random: &mut Random,
) -> Result<()> {
    let feedback: Vec<_> = (1..)
        .zip(&content.city.feedback)
        .map(|(number, one)| FeedbackRow {
            kind: one.kind.clone(),
            text: one.text.clone(),
            contact: "",
            about_path: ["/", "/lectures", "/booklets", "/schools"][number % 4],
            sent_at: now - Duration::hours(31 * number as i64),
            idem_key: format!("demo-{number}"),
        })
        .collect();
    FeedbackRow::write(conn, &feedback)?;
    let (clerk, secretary, member) =
        (people.account("clerk").0, people.account("secretary").0, people.account("member"));
    let mut lines = vec![];
    for number in 0..scale.record {
        let at = now - Duration::minutes(((scale.record - number) * 37) as i64);
        let (actor, person, action) = match random.below(4) {
            0 => (clerk, 1 + random.below(20) as i64, Action::PersonSeen),
            1 => (secretary, 1 + random.below(20) as i64, Action::CodeIssued),
            2 => (clerk, member.1, Action::PersonSeen),
            _ => (member.0, member.1, Action::SignedIn),
        };
        lines.push(EntryRow {
            at,
            request_id: format!("DEMO{number:02}"),
            actor_id: Some(actor),
            for_person_id: Some(person),
            action: action.as_str(),
            subject_kind: "person",
            subject_id: person,
        });
    }
    EntryRow::write(conn, &lines)
}
