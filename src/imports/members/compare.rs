//! Who is meant by each row of a list, and who is missing from it (pure).
use super::super::columns::Column;
use super::super::plan::{
    ALL_GONE, Choice, Choices, Detail, END, Judged, Notes, Plan, Row, Verdict, gone_mark, line_mark,
};
use super::change::{begin, change};
use super::said::{Said, said};
use super::{Act, Ends, Member, Roster, is_same_name, label, plain_phone};
use crate::msg;
use chrono::NaiveDate;
use std::collections::{HashMap, HashSet};

/// Who is meant by a row.
enum Meant<'a> {
    Known(&'a Member),
    New,
    /// Perhaps one of these.
    Unsure(Vec<(Choice, Option<&'a Member>)>),
    Wrong,
    /// The reader said that the row is not to be used.
    Passed,
}

/// What was seen in the file so far.
#[derive(Default)]
struct Seen {
    numbers: HashMap<String, usize>,
    persons: HashMap<i64, usize>,
    alike: HashMap<(i64, String, String), usize>,
    branches: HashSet<i64>,
}

/// Compares a list with the roster.
///
/// `is_whole`: the list is that of the whole scope; otherwise only those of the branches in it can be missing from it.
/// `told` hears how many rows are done.
pub fn compare(
    roster: &Roster<'_>,
    rows: &[Row<'_>],
    choices: &Choices,
    is_whole: bool,
    today: NaiveDate,
    told: &mut dyn FnMut(usize),
) -> Plan<Act> {
    let mut plan = Plan::new();
    let mut seen = Seen::default();
    for (count, row) in rows.iter().enumerate() {
        if count % 500 == 0 {
            told(count);
        }
        let mut notes = Notes::default();
        let said = said(row, roster.tree, today, &mut notes);
        seen.branches.extend(said.branch);
        let chosen = choices.get(&line_mark(row.line)).map(String::as_str).unwrap_or_default();
        let meant = who(roster, row, &said, chosen, &mut seen, &mut notes);
        let mut judged = Judged {
            line: row.line,
            verdict: Verdict::Wrong,
            subject: None,
            label: label(&said.name, said.number.as_deref()),
            detail: Detail { chosen: chosen.to_owned(), ..Detail::default() },
        };
        match meant {
            Meant::Known(member) => {
                seen.branches.extend(member.home.as_ref().map(|home| home.branch));
                let act = change(roster.tree, member, row, &said, today, &mut notes);
                judged.subject = Some(member.person);
                judged.verdict = if notes.changes.is_empty() { Verdict::Same } else { Verdict::Changed };
                if notes.problems.is_empty() && judged.verdict == Verdict::Changed {
                    plan.acts.push(act);
                }
            }
            Meant::New => {
                let act = begin(roster.tree, row, &said, today, &mut notes);
                judged.verdict = Verdict::New;
                if let Some(act) = act.filter(|_| notes.problems.is_empty()) {
                    plan.acts.push(act);
                }
            }
            Meant::Unsure(options) => {
                judged.verdict = Verdict::Unsure;
                judged.detail.choices = options.into_iter().map(|(choice, _)| choice).collect();
            }
            Meant::Passed => judged.verdict = Verdict::Same,
            Meant::Wrong => {}
        }
        if !notes.problems.is_empty() {
            judged.verdict = Verdict::Wrong;
            judged.detail.choices.clear();
        }
        judged.detail.changes = notes.changes;
        judged.detail.problems = notes.problems;
        plan.rows.push(judged);
    }
    missing(roster, &seen, choices, is_whole, today, &mut plan);
    plan
}

fn who<'a>(
    roster: &Roster<'a>,
    row: &Row<'_>,
    said: &Said,
    chosen: &str,
    seen: &mut Seen,
    notes: &mut Notes,
) -> Meant<'a> {
    if said.name.is_empty() {
        return Meant::Wrong;
    }
    let phone = said.phone.clone().flatten().unwrap_or_default();
    if let Some(number) = &said.number
        && let Some(first) = seen.numbers.insert(number.clone(), row.line)
    {
        notes.wrong(
            Column::Number,
            number,
            &msg!("和第 {} 行的编号一样；同一个人只写一行，两个人要写各自的编号", first),
        );
        return Meant::Wrong;
    }
    let known = said
        .number
        .as_deref()
        .and_then(|number| roster.by_number.get(number))
        .map(|place| &roster.members[*place]);
    let meant = match (known, &said.number) {
        (Some(member), Some(number)) => {
            if !member.home.as_ref().is_some_and(|home| roster.tree.is_within(home.branch)) {
                notes.wrong(
                    Column::Number,
                    number,
                    &msg!("这个编号已在您的范围以外使用。转入请走组织关系转接，写错了请改"),
                );
                return Meant::Wrong;
            }
            let agrees = member
                .phone
                .as_deref()
                .is_some_and(|known| !phone.is_empty() && plain_phone(known) == plain_phone(&phone))
                || (member.birth.is_some() && said.birth.flatten() == member.birth);
            if !is_same_name(&member.name, &said.name) && !agrees {
                notes.wrong(
                    Column::Number,
                    number,
                    &msg!(
                        "编号 {} 是“{}”的。写错了请改编号；确实改了姓名，请同时写上原来的手机号或出生年份",
                        number,
                        member.name
                    ),
                );
                return Meant::Wrong;
            }
            Meant::Known(member)
        }
        _ => {
            // Somebody who left may come back under the old number.
            let back = said
                .number
                .as_deref()
                .and_then(|number| roster.left.get(number))
                .map(|place| &roster.members[*place]);
            let is_here = |member: &&Member| {
                roster.tree.is_whole() || member.last_branch.is_some_and(|id| roster.tree.is_within(id))
            };
            match back.filter(|member| is_same_name(&member.name, &said.name)).filter(is_here) {
                Some(member) => returned(member, chosen),
                None => by_likeness(roster, said, &phone, chosen, notes),
            }
        }
    };
    if let Meant::Known(member) = &meant
        && let Some(first) = seen.persons.insert(member.person, row.line)
    {
        notes.wrong(Column::Name, &said.name, &msg!("和第 {} 行是同一个人，请删去一行", first));
        return Meant::Wrong;
    }
    // Twice in the file under different numbers.
    if let Some(branch) = said.branch {
        let alike = (branch, said.name.clone(), plain_phone(&phone));
        let first = *seen.alike.entry(alike).or_insert(row.line);
        if first != row.line && !phone.is_empty() && matches!(meant, Meant::New) {
            return match chosen {
                "other" => Meant::New,
                "passed" => Meant::Passed,
                _ => Meant::Unsure(vec![
                    (
                        Choice {
                            value: "passed".into(),
                            told: msg!("和第 {} 行是同一个人，这一行不用", first).to_kept(),
                        },
                        None,
                    ),
                    (
                        Choice {
                            value: "other".into(), told: msg!("是另一个人，照这一行新增").to_kept()
                        },
                        None,
                    ),
                ]),
            };
        }
    }
    meant
}

/// Somebody whose membership has ended: whether they have come back, the reader says.
fn returned<'a>(member: &'a Member, chosen: &str) -> Meant<'a> {
    let same = format!("same:{}", member.person);
    if chosen == same {
        return Meant::Known(member);
    }
    if chosen == "passed" {
        return Meant::Passed;
    }
    let told = msg!("{} 的组织关系已经终止；确实回来了才选", member.name);
    let back = Choice { value: same, told: told.to_kept() };
    let passed = Choice { value: "passed".into(), told: msg!("没有回来，这一行不用").to_kept() };
    Meant::Unsure(vec![(back, Some(member)), (passed, None)])
}

/// By name, branch and telephone.
fn by_likeness<'a>(
    roster: &Roster<'a>,
    said: &Said,
    phone: &str,
    chosen: &str,
    notes: &mut Notes,
) -> Meant<'a> {
    let Some(branch) = said.branch else { return Meant::New };
    let same = roster.same(branch, &said.name, phone);
    match (same.as_slice(), &said.number) {
        ([one], None) => Meant::Known(one),
        ([], None) => Meant::New,
        (several, None) => {
            notes.wrong(Column::Name, &said.name, &msg!("支部里有 {} 位同名，请写党员编号", several.len()));
            Meant::Wrong
        }
        ([], Some(_)) => Meant::New,
        (_, Some(_)) if phone.is_empty() => Meant::New,
        (some, Some(_)) => {
            if chosen == "other" {
                return Meant::New;
            }
            if let Some(member) = some.iter().find(|member| chosen == format!("same:{}", member.person)) {
                return Meant::Known(member);
            }
            let mut options: Vec<_> = some
                .iter()
                .map(|member| {
                    let number = member.home.as_ref().map(|home| home.number.as_str()).unwrap_or_default();
                    let told = msg!("就是名册里的 {}（编号 {}），编号改成这一行的", member.name, number);
                    (Choice { value: format!("same:{}", member.person), told: told.to_kept() }, Some(*member))
                })
                .collect();
            options.push((
                Choice {
                    value: "other".into(), told: msg!("是另一个人，照这一行新增").to_kept()
                },
                None,
            ));
            Meant::Unsure(options)
        }
    }
}

/// Those in the scope who are not in the file.
fn missing(
    roster: &Roster<'_>,
    seen: &Seen,
    choices: &Choices,
    is_whole: bool,
    today: NaiveDate,
    plan: &mut Plan<Act>,
) {
    let all = choices.get(ALL_GONE).is_some_and(|choice| choice == END);
    for member in roster.members {
        let Some(home) = &member.home else { continue };
        let is_meant =
            roster.tree.is_within(home.branch) && (is_whole || seen.branches.contains(&home.branch));
        if !is_meant || seen.persons.contains_key(&member.person) {
            continue;
        }
        let own = choices.get(&gone_mark(member.person)).map(String::as_str);
        let ends = own.map_or(all, |choice| choice == END);
        let mut notes = Notes::default();
        notes.change(Column::Branch, roster.tree.full(home.branch), "");
        if member.is_moving {
            notes.wrong(Column::Branch, "", &msg!("这个人的组织关系正在转接，先办完或撤回。"));
        }
        let ends = ends && !member.is_moving;
        plan.rows.push(Judged {
            line: 0,
            verdict: Verdict::Gone,
            subject: Some(member.person),
            label: label(&member.name, Some(&home.number)),
            // What was ticked is read where it is kept.
            detail: Detail { changes: notes.changes, problems: notes.problems, ..Detail::default() },
        });
        if ends {
            plan.acts.push(Act {
                person: Some(member.person),
                label: label(&member.name, Some(&home.number)),
                leaves: Some(home.branch),
                ends: Ends {
                    membership: Some((home.id, home.from, today)),
                    stage: member.stage.map(|(id, _, from)| (id, from, today)),
                    categories: member.categories.iter().map(|(id, _, from)| (*id, *from, today)).collect(),
                    offices: member.offices.iter().map(|(id, _, _, from)| (*id, *from, today)).collect(),
                    stay: member.stay.map(|(id, _, from)| (id, from, today)),
                },
                ..Act::default()
            });
        }
    }
}
