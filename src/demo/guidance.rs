//! Guidance groups: ten of the city with thirty cadres, and of every committee one or two, so that every branch has a contact; the
//! plans of this half-year; and what the group of `guide` has found around the branches of the demo accounts.
use super::at;
use super::people::{BRANCH_OF_MEMBER, BRANCH_OF_MEMBER2, People};
use super::store::*;
use super::study::signed_in;
use crate::access::Viewer;
use crate::audit::Doer;
use crate::clock::{self, Timestamp};
use crate::db::{Conn, reseat_ids};
use crate::error::Result;
use crate::guidance::{self, Category, Half, Hand, NewFinding, NewPlan, NewVisit, Severity, State, Step};
use crate::ids::{GuidanceGroupId, OrgId, digest};
use chrono::{Duration, NaiveDate};

/// The city's groups.
const GROUPS: usize = 10;
/// Cadres in each of them.
const CADRES: usize = 3;
/// Branches whose people guide the others of their committee, and are guided by its second group.
const APART: usize = 4;

/// What a group found, in the words of whoever wrote it down.
const FOUND: [(Category, Severity, &str); 8] = [
    (Category::Records, Severity::Mend, "会议记录没有写明缺席的人和原因"),
    (Category::Study, Severity::Mend, "流动党员三个月没有收到学习资料"),
    (Category::Members, Severity::Urgent, "两位行动不便的老党员本季度没有人上门"),
    (Category::Meetings, Severity::Hint, "讨论灌区清淤时可以请受益农户一起听"),
    (Category::Premises, Severity::Mend, "活动室的投影用不了，灭火器过期"),
    (Category::Records, Severity::Hint, "签到表和活动照片分开存放，不好核对"),
    (Category::Study, Severity::Mend, "防汛演练以后没有做小结"),
    (Category::Other, Severity::Hint, "联系电话贴在门口的还是去年的"),
];
const GOOD: [&str; 3] =
    ["每月第一个赶场天固定办公，群众都知道。", "用大字本给老党员读材料，读完当场问两个问题。", ""];

struct Rows {
    groups: Vec<GuidanceGroupRow>,
    members: Vec<GuidanceMemberRow>,
    assignments: Vec<GuidanceAssignmentRow>,
    since: NaiveDate,
    by: i64,
    at: Timestamp,
}

impl Rows {
    /// A group with its members, the first of whom leads it, and its list.
    fn group(&mut self, tier: &'static str, org: i64, name: String, people: &[i64], list: &[i64]) {
        let id = self.groups.len() as i64 + 1;
        self.groups.push(GuidanceGroupRow {
            id,
            tier,
            org_id: org,
            name,
            valid_from: self.since,
            made_by: self.by,
            made_at: self.at,
            key: digest(&format!("demo-guidance-{id}")),
        });
        self.members.extend(people.iter().enumerate().map(|(place, person)| GuidanceMemberRow {
            group_id: id,
            person_id: *person,
            is_leader: place == 0,
            valid_from: self.since,
        }));
        self.assignments.extend(list.iter().map(|org| GuidanceAssignmentRow {
            group_id: id,
            tier,
            org_id: *org,
            valid_from: self.since,
            assigned_by: self.by,
        }));
    }
}

pub fn make(conn: &mut Conn, people: &People, now: Timestamp) -> Result<()> {
    let (organizer, doer) = signed_in(conn, people, "organizer")?;
    let today = clock::day(now);
    let since = today - Duration::days(700);
    let mut rows = Rows {
        groups: vec![],
        members: vec![],
        assignments: vec![],
        since,
        by: organizer.account.0,
        at: at(now, -700, 9),
    };
    // The branches of each committee stand together.
    let mut committees: Vec<(i64, std::ops::Range<usize>)> = vec![];
    for (place, branch) in people.branches.iter().enumerate() {
        match committees.last_mut() {
            Some((id, range)) if *id == branch.committee => range.end = place + 1,
            _ => committees.push((branch.committee, place..place + 1)),
        }
    }
    let teacher = |branch: usize, seat: usize| people.teachers.get(2 * branch + seat).map(|(id, _)| *id);
    let count = committees.len();
    for group in 0..GROUPS.min(count) {
        let list: Vec<i64> = (group..count).step_by(GROUPS).map(|place| committees[place].0).collect();
        // Cadres of a committee that another group guides.
        let range = &committees[(group + 1) % GROUPS.min(count)].1;
        let cadres: Vec<i64> =
            (0..CADRES).filter_map(|n| teacher(range.start + n % range.len(), n / range.len())).collect();
        let name = format!("市委第{}巡回指导组", super::people::chinese(group + 1));
        rows.group("city", 1, name, &cadres, &list);
    }
    let guide = people.account("guide").1;
    for (place, (committee, range)) in committees.iter().enumerate() {
        let branches: Vec<i64> = people.branches[range.clone()].iter().map(|branch| branch.id).collect();
        let number = |n: usize| format!("第{}巡回指导组", super::people::chinese(n));
        if branches.len() < 2 * APART {
            // Too few to be apart: cadres of the next committee.
            let next = &committees[(place + 1) % count].1;
            let cadres: Vec<i64> = (0..2).filter_map(|seat| teacher(next.start, seat)).collect();
            rows.group("committee", *committee, number(1), &cadres, &branches);
            continue;
        }
        let cut = branches.len() - APART;
        let mut first: Vec<i64> = (0..3).filter_map(|n| teacher(range.start + cut + n, 0)).collect();
        if place == 0 {
            first.push(guide);
        }
        let second: Vec<i64> = (0..3).filter_map(|n| teacher(range.start + 1 + n, 0)).collect();
        rows.group("committee", *committee, number(1), &first, &branches[..cut]);
        rows.group("committee", *committee, number(2), &second, &branches[cut..]);
    }
    GuidanceGroupRow::write(conn, &rows.groups)?;
    GuidanceMemberRow::write(conn, &rows.members)?;
    GuidanceAssignmentRow::write(conn, &rows.assignments)?;
    reseat_ids(conn)?;
    let half = Half::of(today);
    let made = clock::midnight(half.first_day()) + Duration::hours(10);
    for row in &rows.groups {
        let hand = Hand {
            account: organizer.account,
            person: organizer.person,
            doer: doer.clone(),
            now: made.min(now),
        };
        let group = guidance::group(conn, GuidanceGroupId(row.id))?;
        let seed = digest(&format!("demo-plan-{}", row.id))[..16].to_owned();
        let sample = if row.tier == "city" { 12 } else { 0 };
        let new = NewPlan { half, seed, sample, key: digest(&format!("demo-plan-key-{}", row.id)) };
        guidance::make_plan_from(conn, &group, &new, half.first_day(), &hand)?;
    }
    let first = GuidanceGroupId(GROUPS.min(count) as i64 + 1);
    visits(conn, people, first, now)
}

/// What the group of `guide` saw, and what the secretaries of the demo branches answered.
fn visits(conn: &mut Conn, people: &People, group: GuidanceGroupId, now: Timestamp) -> Result<()> {
    let group = guidance::group(conn, group)?;
    let guide = signed_in(conn, people, "guide")?;
    let today = clock::day(now);
    let mut pair = guidance::members(conn, &group, today)?;
    pair.retain(|person| *person != guide.0.person);
    pair.truncate(1);
    pair.push(guide.0.person);
    let mut number = 0;
    let mut go = |conn: &mut Conn, org: i64, day: NaiveDate, findings: Vec<NewFinding>| -> Result<()> {
        number += 1;
        let visit = NewVisit {
            org: OrgId(org),
            day,
            members: pair.clone(),
            is_announced: number % 3 != 0,
            event: None,
            findings,
            good: GOOD[number % 3].into(),
            contact: if number % 4 == 0 { String::new() } else { "支部书记".into() },
            is_told: number % 4 != 0,
            reason: String::new(),
            key: digest(&format!("demo-visit-{number}"))[..32].to_owned(),
        };
        guidance::record(conn, &group, &visit, &hand(&guide, clock::midnight(day) + Duration::hours(17)))?;
        Ok(())
    };
    let own = [people.branches[BRANCH_OF_MEMBER].id, people.branches[BRANCH_OF_MEMBER2].id];
    let found = |place: usize, promised_for: Option<NaiveDate>| {
        let (category, severity, text) = FOUND[place % FOUND.len()];
        NewFinding { category, severity, text: text.into(), promised_for }
    };
    for (place, slot) in guidance::planned_days(conn, &group)?.into_iter().enumerate() {
        if slot.1 >= today || own.contains(&slot.0) || place % 6 == 5 {
            continue;
        }
        let day = slot.1;
        let findings = match place % 4 {
            0 => vec![],
            1 => vec![found(place, None)],
            2 => vec![found(place, Some(day + Duration::days(21)))],
            _ => vec![found(place, Some(day + Duration::days(40))), found(place + 3, None)],
        };
        go(conn, slot.0, day, findings)?;
    }
    // At each of the two branches one of each state, and one that is late.
    for (place, org) in own.into_iter().enumerate() {
        let day = today - Duration::days(24 - place as i64);
        let later = Some(today + Duration::days(9));
        let findings = vec![
            found(0, None),
            found(1, later),
            found(2, Some(today - Duration::days(6))),
            found(4, later),
            found(6, later),
        ];
        go(conn, org, day, findings)?;
        go(conn, org, today - Duration::days(10 - place as i64), vec![found(5, later), found(7, None)])?;
        let secretary = signed_in(conn, people, ["secretary", "secretary2"][place])?;
        let all = guidance::findings_of(conn, OrgId(org))?;
        // The fourth is mended, the fifth verified, the sixth was not good enough.
        for (id, ends) in [(3, State::Fixed), (4, State::Verified), (5, State::Reopened)] {
            let Some(finding) = all.get(id).map(|finding| finding.id) else { continue };
            let steps: &[(State, &str)] = match ends {
                State::Fixed => &[(State::Fixed, "已换新灭火器，投影送修，下周取回。")],
                State::Verified => {
                    &[(State::Fixed, "补做了小结，抄送各小组。"), (State::Verified, "看过小结，改好了。")]
                }
                _ => &[(State::Fixed, "已经放在一起。"), (State::Reopened, "照片还没有注明日期。")],
            };
            for (n, (state, text)) in steps.iter().enumerate() {
                let by = if matches!(state, State::Fixed) { &secretary } else { &guide };
                let found = guidance::finding(conn, finding)?;
                let step = Step {
                    state: *state,
                    promised_for: None,
                    text: (*text).to_owned(),
                    seen: found.steps,
                    key: digest(&format!("demo-step-{finding}-{n}"))[..32].to_owned(),
                };
                guidance::step(conn, &found, &step, &hand(by, at(now, -5 + n as i64, 15)))?;
            }
        }
    }
    Ok(())
}

fn hand((viewer, doer): &(Viewer, Doer), now: Timestamp) -> Hand {
    Hand { account: viewer.account, person: viewer.person, doer: doer.clone(), now }
}
