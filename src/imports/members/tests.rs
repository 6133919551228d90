//! Rows against a small roster: who is meant, what changes, what is told.
use super::super::columns::Column;
use super::super::plan::{ALL_GONE, Choices, END, Plan, Row, Verdict};
use super::super::tree::{Node, Tree};
use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn tree(scope: &str) -> Tree {
    let node = |id, level, name: &str, path: &str| Node {
        id,
        level,
        kind: "rural".into(),
        name: name.into(),
        path: path.into(),
    };
    let nodes = vec![
        node(1, Level::City, "市委", "/1/"),
        node(2, Level::Committee, "东镇党委", "/1/2/"),
        node(3, Level::Committee, "西镇党委", "/1/3/"),
        node(4, Level::Branch, "渠口党支部", "/1/2/4/"),
        node(5, Level::Branch, "山前党支部", "/1/2/5/"),
        node(6, Level::Branch, "河西党支部", "/1/3/6/"),
    ];
    Tree::new(nodes, &[scope.to_owned()])
}

fn member(person: i64, name: &str, number: &str, branch: i64) -> Member {
    Member {
        person,
        name: name.into(),
        birth: Some(1970),
        phone: Some(format!("1380000000{person}")),
        home: Some(Home { id: person * 10, branch, number: number.into(), from: day("2020-01-01") }),
        last_number: Some(number.into()),
        stage: Some((person * 10 + 1, Stage::Full, day("2020-01-01"))),
        categories: vec![(person * 10 + 2, Category::InService, day("2020-01-01"))],
        offices: vec![(person * 10 + 3, branch, Office::Secretary, day("2020-01-01"))],
        ..Member::default()
    }
}

const TODAY: &str = "2026-11-29";

/// Compares a text whose first line has the names of columns.
fn compared(text: &str, choices: &[(&str, &str)], scope: &str, whole: bool) -> Plan<Act> {
    let mut former = member(4, "旧人", "D4", 4);
    former.home = None;
    former.stage = None;
    former.last_branch = Some(4);
    former.left = Some(day("2026-06-01"));
    let members =
        [member(1, "林秋实", "D1", 4), member(2, "沈若谷", "D2", 4), member(3, "高远", "D3", 6), former];
    let cells: Vec<Vec<String>> =
        text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let mapping: Vec<Option<Column>> = cells[0].iter().map(|name| Column::of(name)).collect();
    let rows: Vec<Row<'_>> = cells
        .iter()
        .enumerate()
        .skip(1)
        .map(|(place, cells)| Row { line: place + 1, cells, mapping: &mapping })
        .collect();
    let tree = tree(scope);
    let choices: Choices =
        choices.iter().map(|(mark, choice)| ((*mark).to_owned(), (*choice).to_owned())).collect();
    compare(&Roster::new(&members, &tree), &rows, &choices, whole, day(TODAY), &mut |_| {})
}

fn verdicts(plan: &Plan<Act>) -> Vec<Verdict> {
    plan.rows.iter().filter(|row| row.line > 0).map(|row| row.verdict).collect()
}

fn told(plan: &Plan<Act>) -> String {
    plan.rows.iter().flat_map(|row| row.detail.problems.iter().map(|one| one.told.clone())).collect()
}

#[test]
fn what_is_exported_is_the_same_when_it_comes_back() {
    let tree = tree("/");
    let cells = member(1, "林秋实", "D1", 4).cells(&tree);
    assert_eq!(
        cells,
        [
            "D1",
            "林秋实",
            "",
            "1970",
            "13800000001",
            "东镇党委/渠口党支部",
            "正式党员",
            "在职",
            "2020-01-01",
            "书记"
        ]
    );
    let head = "number,name,sex,birth,phone,branch,stage,categories,joined,office";
    let plan = compared(&format!("{head}\n{}", cells.join(",")), &[], "/", false);
    assert_eq!(verdicts(&plan), [Verdict::Same]);
    assert!(plan.acts.is_empty());
}

#[test]
fn a_move_ends_the_membership_and_the_offices_in_the_old_branch() {
    let plan = compared("number,name,branch,joined\nD1,林秋实,山前党支部,2026.11.1", &[], "/1/2/", false);
    let act = &plan.acts[0];
    assert_eq!(verdicts(&plan), [Verdict::Changed]);
    assert_eq!(act.joins, Some((5, "D1".into(), day("2026-11-01"))));
    assert_eq!(act.ends.membership, Some((10, day("2020-01-01"), day("2026-11-01"))));
    assert_eq!(act.ends.offices, [(13, day("2020-01-01"), day(TODAY))]);
    assert!(act.stage.is_none() && act.ends.categories.is_empty() && act.about.is_none());
    // The day of the old branch was only left standing: the old row stays, and ends today.
    let plan = compared("number,name,branch,joined\nD1,林秋实,山前党支部,2020-01-01", &[], "/1/2/", false);
    assert_eq!(plan.acts[0].ends.membership, Some((10, day("2020-01-01"), day(TODAY))));
    assert_eq!(
        (plan.acts[0].joins.as_ref().map(|one| one.2), plan.acts[0].leaves),
        (Some(day(TODAY)), Some(4))
    );
    // Not before the present one began, and what stays in its branch keeps its day.
    assert!(
        told(&compared("number,name,branch,joined\nD1,林秋实,山前党支部,2019-01-01", &[], "/", false))
            .contains("不能早于")
    );
    assert!(
        told(&compared("number,name,joined\nD1,林秋实,2021-01-01", &[], "/", false))
            .contains("导入不改以前的日期")
    );
}

#[test]
fn a_set_that_is_written_is_the_whole_set_and_an_empty_cell_says_nothing() {
    let plan = compared(
        "number,name,categories,stage,office,phone\nD1,林秋实,流动、在职,预备党员,无,\nD2,沈若谷,,,,",
        &[],
        "/",
        false,
    );
    assert_eq!(verdicts(&plan), [Verdict::Changed, Verdict::Same]);
    let act = &plan.acts[0];
    assert_eq!(
        (act.stage, act.categories.as_slice()),
        (Some(Stage::Probationary), [Category::Mobile].as_slice())
    );
    assert_eq!(
        (act.ends.stage.map(|end| end.0), act.ends.categories.len(), act.ends.offices.len()),
        (Some(11), 0, 1)
    );
    assert!(act.joins.is_none());
}

#[test]
fn who_is_meant_is_told_by_number_or_by_name_branch_and_telephone() {
    let plan = compared(
        "number,name,branch,phone,stage\n,林秋实,渠口党支部,１３８０００００００１,正式党员\n,沈若谷,渠口党支部,,正式党员",
        &[],
        "/",
        false,
    );
    assert_eq!(verdicts(&plan), [Verdict::Same, Verdict::Wrong]);
    assert!(told(&plan).contains("新党员要写党员编号"));
    // A slip in the number does not rename somebody; with what is known of them it is a new name.
    assert!(told(&compared("number,name\nD1,林冬实", &[], "/", false)).contains("编号 {} 是“{}”的"));
    assert_eq!(verdicts(&compared("number,name,birth\nD1,林冬实,1970", &[], "/", false)), [Verdict::Changed]);
    // Somebody who left comes back as the same person, if the reader says so, and not before they left.
    let back = "number,name,branch,stage\nD4,旧人,渠口党支部,正式党员";
    assert_eq!(verdicts(&compared(back, &[], "/", false)), [Verdict::Unsure]);
    assert_eq!(verdicts(&compared(back, &[("line:2", "passed")], "/", false)), [Verdict::Same]);
    assert_eq!(verdicts(&compared(back, &[], "/1/3/", false)), [Verdict::Wrong]);
    let same = [("line:2", "same:4")];
    let early = "number,name,branch,stage,joined\nD4,旧人,渠口党支部,正式党员,2026-05-01";
    assert!(told(&compared(early, &same, "/", false)).contains("不能早于离开的那一天"));
    let bare = compared("number,name,branch\nD4,旧人,渠口党支部", &same, "/", false);
    assert!(told(&bare).contains("新党员要写发展阶段"));
    let plan = compared(back, &same, "/", false);
    assert_eq!(
        (plan.acts[0].person, plan.acts[0].joins.clone()),
        (Some(4), Some((4, "D4".into(), day(TODAY))))
    );
    assert!(told(&compared("number,name\nD1,林秋实\nD1,林秋实", &[], "/", false)).contains("行的编号一样"));
    assert!(
        told(&compared(
            "number,name,branch,phone\nD1,林秋实,,\n,林秋实,渠口党支部,13800000001",
            &[],
            "/",
            false
        ))
        .contains("是同一个人")
    );
}

#[test]
fn who_may_be_twice_is_decided_by_the_reader() {
    let text = "number,name,branch,phone,stage\nX1,林秋实,渠口党支部,13800000001,正式党员\nX2,新人,渠口党支部,13500000000,正式党员\nX3,新人,渠口党支部,13500000000,正式党员";
    let plan = compared(text, &[], "/", false);
    assert_eq!(verdicts(&plan), [Verdict::Unsure, Verdict::New, Verdict::Unsure]);
    assert_eq!(plan.rows[0].detail.choices.len(), 2);
    let plan = compared(text, &[("line:2", "same:1"), ("line:4", "passed")], "/", false);
    assert_eq!(verdicts(&plan), [Verdict::Changed, Verdict::New, Verdict::Same]);
    // Another number begins today, in the same branch.
    assert_eq!(plan.acts[0].joins, Some((4, "X1".into(), day(TODAY))));
    let plan = compared(text, &[("line:2", "other"), ("line:4", "other")], "/", false);
    assert_eq!(verdicts(&plan), [Verdict::New, Verdict::New, Verdict::New]);
}

#[test]
fn outside_the_scope_nothing_is_touched_and_nothing_is_missing() {
    let plan = compared(
        "number,name,branch,stage\nD3,高远,渠口党支部,正式党员\nX1,新人,河西党支部,正式党员",
        &[],
        "/1/2/",
        true,
    );
    assert_eq!(verdicts(&plan), [Verdict::Wrong, Verdict::Wrong]);
    let gone: Vec<_> =
        plan.rows.iter().filter(|row| row.verdict == Verdict::Gone).map(|row| row.subject).collect();
    assert_eq!(gone, [Some(1), Some(2)]);
    assert!(plan.acts.is_empty(), "nobody ends who was not ticked");
}

#[test]
fn those_who_are_missing_end_when_they_are_ticked() {
    let text = "number,name\nD1,林秋实";
    let ended = |choices: &[(&str, &str)]| {
        compared(text, choices, "/", false).acts.iter().map(|act| act.person).collect::<Vec<_>>()
    };
    assert_eq!(ended(&[]), []);
    assert_eq!(ended(&[("gone:2", END)]), [Some(2)]);
    assert_eq!(ended(&[(ALL_GONE, END)]), [Some(2)]);
    assert_eq!(ended(&[(ALL_GONE, END), ("gone:2", "keep")]), []);
    // The other branch is not in the file.
    assert_eq!(compared(text, &[(ALL_GONE, END)], "/", true).acts.len(), 2);
}
