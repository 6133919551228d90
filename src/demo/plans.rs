//! Study plans with a year of what members did about them: in the committee of `member` meetings every month, make-up study,
//! exemptions and errands; a little of it everywhere else, so that figures of the city are not empty.
use super::people::People;
use super::random::Random;
use super::store::*;
use super::{Scale, at};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::digest;
use chrono::{Datelike, Duration, Months, NaiveDate};

/// The organisation that is the whole city.
const CITY: i64 = 1;

/// Title, booklet, lecture, whether it is required, and its day.
type DemoItem = (String, Option<i64>, Option<i64>, bool, NaiveDate);

/// A plan as it is written down here.
struct Plan {
    title: &'static str,
    about: &'static str,
    org: i64,
    audience: Option<i64>,
    rule: &'static str,
    state: &'static str,
    from: NaiveDate,
    to: NaiveDate,
    /// Title, booklet, lecture, whether it is required, and its day.
    items: Vec<DemoItem>,
}

pub fn make(conn: &mut Conn, people: &People, scale: Scale, now: Timestamp) -> Result<()> {
    let mut random = Random::new(20_240_607);
    let today = clock::day(now);
    let (organizer, checker) = (people.account("organizer").0, people.account("checker").0);
    let (committee, town) = (people.account("committee").0, people.account("town").0);
    let own = people.branches[super::people::BRANCH_OF_MEMBER].committee;
    audiences(conn, own, (organizer, committee), now)?;
    let booklet = first_booklet(conn)?;
    let lectures = lectures_named_first(conn, 4)?;
    let day = |back: i64| today - Duration::days(back);
    let plans = [
        Plan {
            title: "上半年学习计划",
            about: "读本一本，微党课两堂，会议一次。",
            org: CITY,
            audience: None,
            rule: "{}",
            state: "ended",
            from: day(330),
            to: day(150),
            items: vec![
                (lectures[0].1.clone(), None, Some(lectures[0].0), true, day(160)),
                (lectures[1].1.clone(), None, Some(lectures[1].0), true, day(160)),
                ("半年学习交流会".into(), None, None, true, day(155)),
            ],
        },
        Plan {
            title: "离退休党员送学计划",
            about: "行动不便的由支部送学上门。",
            org: own,
            audience: Some(1),
            rule: r#"{"categories":["retired"]}"#,
            state: "published",
            from: day(60),
            to: today + Duration::days(30),
            items: vec![
                (lectures[2].1.clone(), None, Some(lectures[2].0), true, day(-20)),
                ("送学座谈".into(), None, None, true, day(-10)),
            ],
        },
        Plan {
            title: "第四季度学习计划",
            about: "会议由各支部自己定时间，登记到场时说明是这一项。",
            org: CITY,
            audience: None,
            rule: "{}",
            state: "published",
            from: day(45),
            to: today + Duration::days(32),
            items: vec![
                (lectures[3].1.clone(), None, Some(lectures[3].0), true, day(-30)),
                (booklet.1.clone(), Some(booklet.0), None, true, day(-30)),
                ("第四季度专题研讨".into(), None, None, true, day(3)),
                ("到基地走一走".into(), None, None, false, day(-30)),
            ],
        },
    ];
    for (number, plan) in (1..).zip(&plans) {
        let (maker, second) = if plan.org == CITY { (organizer, checker) } else { (committee, town) };
        write(conn, number, plan, (maker, second), now)?;
    }
    facts(conn, people, own, &plans, &mut random, now)?;
    meetings(conn, people, own, &mut random, now)?;
    exceptions(conn, people, own, (committee, town), now)?;
    records(conn, people, scale.attendances, &mut random, now)
}

fn audiences(conn: &mut Conn, own: i64, (organizer, committee): (i64, i64), now: Timestamp) -> Result<()> {
    let rows: Vec<AudienceRow> = [
        ("离退休党员", own, r#"{"categories":["retired"]}"#, committee),
        ("流动党员", CITY, r#"{"categories":["mobile"]}"#, organizer),
        ("“两新”组织党员", CITY, r#"{"categories":["two_new"]}"#, organizer),
        ("七十岁以上的党员", CITY, r#"{"age_from":70}"#, organizer),
    ]
    .into_iter()
    .zip(1..)
    .map(|((name, org_id, rule, by), id)| AudienceRow {
        id,
        name,
        org_id,
        rule,
        revision: 1,
        created_by: by,
        created_at: now - Duration::days(100),
        key: digest(&format!("demo-audience-{id}"))[..32].to_owned(),
    })
    .collect();
    AudienceRow::write(conn, &rows)?;
    let saves: Vec<AudienceSaveRow> = rows
        .iter()
        .map(|row| AudienceSaveRow {
            audience_id: row.id,
            revision: 1,
            name: row.name,
            rule: row.rule,
            saved_by: row.created_by,
            saved_at: row.created_at,
        })
        .collect();
    AudienceSaveRow::write(conn, &saves)
}

fn write(conn: &mut Conn, id: i64, plan: &Plan, (maker, second): (i64, i64), now: Timestamp) -> Result<()> {
    let made = now - Duration::days((clock::day(now) - plan.from).num_days() + 3);
    let row = StudyPlanRow {
        id,
        title: plan.title,
        about: plan.about,
        org_id: plan.org,
        starts_on: plan.from,
        ends_on: plan.to,
        state: plan.state,
        version: 1,
        draft_version: 1,
        revision: 4,
        created_by: maker,
        created_at: made,
        published_at: Some(made),
        closed_on: (plan.state == "ended").then_some(plan.to),
        key: digest(&format!("demo-plan-{id}"))[..32].to_owned(),
    };
    StudyPlanRow::write(conn, &[row])?;
    let version = PlanVersionRow {
        plan_id: id,
        version: 1,
        audience_id: plan.audience,
        rule: plan.rule,
        reason: "",
        valid_from: Some(plan.from),
        published_by: Some(second),
        made_by: maker,
    };
    PlanVersionRow::write(conn, &[version])?;
    let counts = chapter_counts(conn)?;
    let items: Vec<PlanItemRow> = (1..)
        .zip(&plan.items)
        .map(|(position, (title, booklet, lecture, is_required, due_on))| PlanItemRow {
            plan_id: id,
            version: 1,
            position,
            step: format!("s{position}"),
            kind: match (booklet, lecture) {
                (Some(_), _) => "booklet",
                (_, Some(_)) => "lecture",
                _ => "meeting",
            },
            title: title.clone(),
            booklet_id: *booklet,
            lecture_id: *lecture,
            is_required: *is_required,
            due_on: *due_on,
            chapters: booklet.and_then(|id| counts.get(&id).copied()).unwrap_or_default(),
        })
        .collect();
    PlanItemRow::write(conn, &items)
}

/// What members have watched and read: nearly everybody in the committee, one in eight elsewhere.
fn facts(
    conn: &mut Conn,
    people: &People,
    own: i64,
    plans: &[Plan],
    random: &mut Random,
    now: Timestamp,
) -> Result<()> {
    let members = members_by_branch(conn)?;
    let near: Vec<i64> =
        people.branches.iter().filter(|one| one.committee == own).map(|one| one.id).collect();
    let (mut completions, mut reads) = (vec![], vec![]);
    for plan in plans {
        for (_, booklet, lecture, _, due) in &plan.items {
            let length = (clock::day(now).min(*due) - plan.from).num_days().max(1);
            for (person, branch) in &members {
                let is_near = near.contains(branch);
                if !random.chance(if is_near { 78 } else { 12 }) {
                    continue;
                }
                let when = clock::midnight(plan.from)
                    + Duration::days(random.below(length as usize) as i64)
                    + Duration::hours(11);
                if let Some(lecture) = lecture {
                    completions.push((*person, *lecture, when, random.below(10)));
                }
                if let Some(booklet) = booklet {
                    reads.push((*person, *booklet, when));
                }
            }
        }
    }
    write_completions(conn, &completions)?;
    write_reads(conn, &reads)
}

/// A branch's meeting with what was recorded of each of its members.
struct Held {
    org: i64,
    title: String,
    at: Timestamp,
    /// The plan and step that it serves.
    serves: Option<(i64, &'static str)>,
    roll: Vec<(i64, &'static str)>,
}

/// In the committee a meeting of each branch every month of a year; two of them serve plans. Elsewhere every third branch has
/// held the one of this quarter.
fn meetings(conn: &mut Conn, people: &People, own: i64, random: &mut Random, now: Timestamp) -> Result<()> {
    const TOPICS: [&str; 6] = [
        "轮灌用水怎样排先后",
        "入户走访的登记表",
        "汛前渠道巡查",
        "院坝里的议事会",
        "手机里的安全",
        "会议记录写些什么",
    ];
    let members = members_by_branch(conn)?;
    let today = clock::day(now);
    let mut held = vec![];
    for (place, branch) in people.branches.iter().enumerate() {
        let roll: Vec<i64> = members.iter().filter(|one| one.1 == branch.id).map(|one| one.0).collect();
        let mut hold = |at: Timestamp, title: String, serves| {
            let roll = roll.iter().map(|person| (*person, status(random))).collect();
            held.push(Held { org: branch.id, title, at, serves, roll });
        };
        if branch.committee == own {
            for back in (1..=12_u32).rev() {
                let month = today.checked_sub_months(Months::new(back)).unwrap_or(today);
                let day = month.with_day(5 + (place as u32 % 20)).unwrap_or(month);
                let serves = if back == 6 { Some((1, "s3")) } else { None };
                let topic = TOPICS[(place + back as usize) % TOPICS.len()];
                hold(
                    clock::midnight(day) + Duration::hours(19),
                    format!("{}月学习会：{topic}", day.month()),
                    serves,
                );
            }
            if place % 5 != 4 {
                hold(at(now, -12 - (place as i64 % 9), 19), "第四季度专题研讨".into(), Some((3, "s3")));
            }
            if place % 3 == 0 {
                hold(at(now, -8, 15), "送学座谈".into(), Some((2, "s2")));
            }
        } else if place % 3 == 0 {
            hold(at(now, -10 - (place as i64 % 14), 19), "第四季度专题研讨".into(), Some((3, "s3")));
        }
    }
    write_held(conn, people, &held, now)
}

/// Of the plan of this quarter: in a branch out of three of the committee somebody is exempt, or it is asked for; in another one
/// somebody was asked to bring what is missing.
fn exceptions(
    conn: &mut Conn,
    people: &People,
    own: i64,
    (committee, town): (i64, i64),
    now: Timestamp,
) -> Result<()> {
    const PLAN: i64 = 3;
    let today = clock::day(now);
    let members = members_by_branch(conn)?;
    let (mut exemptions, mut reasons, mut errands) = (vec![], vec![], vec![]);
    for (place, branch) in people.branches.iter().enumerate().filter(|one| one.1.committee == own) {
        let roll: Vec<i64> = members.iter().filter(|one| one.1 == branch.id).map(|one| one.0).collect();
        let (Some(helper), Some(person)) = (roll.first(), roll.last()) else { continue };
        let asked = at(now, -20, 10);
        match place % 3 {
            1 => {
                let id = exemptions.len() as i64 + 1;
                let is_decided = place % 4 != 0;
                exemptions.push(ExemptionRow {
                    id,
                    person_id: *person,
                    plan_id: Some(PLAN),
                    valid_from: today - Duration::days(19),
                    valid_to: today + Duration::days(31),
                    proposed_by: committee,
                    proposed_at: asked,
                    verdict: is_decided.then_some("approved"),
                    decided_by: is_decided.then_some(town),
                    decided_at: is_decided.then_some(asked + Duration::hours(22)),
                    key: digest(&format!("demo-exemption-{id}"))[..32].to_owned(),
                });
                reasons.push(ExemptionReasonRow {
                    exemption_id: id, text: "住院治疗，出院以后再安排"
                });
            }
            2 => {
                let is_done = place % 2 == 0;
                errands.push(ErrandRow {
                    plan_id: PLAN,
                    person_id: *person,
                    helper_id: *helper,
                    way: if is_done { "call" } else { "door" },
                    due_on: today + Duration::days(10),
                    state: if is_done { "done" } else { "open" },
                    assigned_by: committee,
                    assigned_at: asked,
                    closed_by: is_done.then_some(committee),
                    closed_at: is_done.then_some(asked + Duration::days(5)),
                    key: digest(&format!("demo-errand-{place}"))[..32].to_owned(),
                });
            }
            _ => {}
        }
    }
    ExemptionRow::write(conn, &exemptions)?;
    ExemptionReasonRow::write(conn, &reasons)?;
    ErrandRow::write(conn, &errands)
}

/// Most are there; some come late, have leave, are away, or made up for it.
fn status(random: &mut Random) -> &'static str {
    match random.below(100) {
        0..=79 => "present",
        80..=83 => "late",
        84..=87 => "leave_sick",
        88..=90 => "leave_private",
        91..=93 => "absent",
        94..=96 => "makeup",
        _ => "home_visit",
    }
}

/// So many rows of attendance at meetings of past years, spread over all branches: for measurements. Those in the time of a plan
/// for everybody serve its meeting, so that coverage has them to read.
fn records(
    conn: &mut Conn,
    people: &People,
    wanted: usize,
    random: &mut Random,
    now: Timestamp,
) -> Result<()> {
    if wanted == 0 {
        return Ok(());
    }
    let members = members_by_branch(conn)?;
    let mut by_branch: std::collections::HashMap<i64, Vec<i64>> = std::collections::HashMap::new();
    for (person, branch) in members {
        by_branch.entry(branch).or_default().push(person);
    }
    let (mut made, mut week) = (0, 0_i64);
    while made < wanted {
        week += 1;
        let back = 30 + 7 * week;
        let serves = match back {
            ..=44 => Some((3, "s3")),
            160..=320 => Some((1, "s3")),
            _ => None,
        };
        let mut held = vec![];
        for branch in &people.branches {
            let Some(roll) = by_branch.get(&branch.id) else { continue };
            let roll: Vec<(i64, &'static str)> =
                roll.iter().map(|person| (*person, status(random))).collect();
            made += roll.len();
            held.push(Held {
                org: branch.id, title: "学习会".into(), at: at(now, -back, 19), serves, roll
            });
            if made >= wanted {
                break;
            }
        }
        write_held(conn, people, &held, now)?;
    }
    Ok(())
}

fn write_held(conn: &mut Conn, people: &People, held: &[Held], now: Timestamp) -> Result<()> {
    let by = people.account("secretary").0;
    let (mut event, mut attendance) = (next_event(conn)?, next_attendance(conn)?);
    for some in held.chunks(200) {
        let (mut events, mut rows, mut heads, mut serves) = (vec![], vec![], vec![], vec![]);
        for one in some {
            events.push(EventRow {
                id: event,
                kind: "study_discussion",
                title: one.title.clone(),
                about: "",
                org_id: one.org,
                lecture_id: None,
                school_id: None,
                base_id: None,
                place: "支部活动室",
                online_url: "",
                lecturer: String::new(),
                starts_at: one.at,
                ends_at: one.at + Duration::hours(2),
                state: "held",
                reason: "",
                sequence: 0,
                changed_at: one.at,
                code_key: digest(&format!("demo-code-{event}")),
                created_by: by,
                created_at: one.at - Duration::days(5),
                key: format!("demo-held-{event}"),
            });
            if let Some((plan, step)) = one.serves {
                serves.push(PlanEventRow {
                    event_id: event,
                    plan_id: plan,
                    step,
                    named_by: by,
                    named_at: one.at,
                });
            }
            for (person, status) in &one.roll {
                let minutes = if matches!(*status, "present" | "makeup" | "home_visit") { 90 } else { 0 };
                let recorded_at = (one.at + Duration::hours(3)).min(now);
                rows.push(AttendanceRow {
                    id: attendance,
                    event_id: event,
                    person_id: *person,
                    revision: 1,
                    status,
                    minutes,
                    method: "list",
                    recorded_by: by,
                    day: clock::day(one.at),
                    recorded_at,
                    key: format!("demo-held-{attendance}"),
                });
                heads.push(HeadRow {
                    event_id: event,
                    person_id: *person,
                    attendance_id: attendance,
                    revision: 1,
                    status,
                    minutes,
                    day: clock::day(one.at),
                });
                attendance += 1;
            }
            event += 1;
        }
        EventRow::write(conn, &events)?;
        PlanEventRow::write(conn, &serves)?;
        AttendanceRow::write(conn, &rows)?;
        HeadRow::write(conn, &heads)?;
    }
    Ok(())
}
