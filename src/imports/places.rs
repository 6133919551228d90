//! Rows of lists of schools and alliances against what is there (pure).
use super::columns::Column;
use super::plan::{ALL_GONE, Choices, Detail, END, Judged, Notes, Plan, Row, Verdict, gone_mark};
use super::tree::Tree;
use super::{read, words};
use crate::msg;
use crate::organization::Level;
use crate::schools::AllianceKind;
use chrono::NaiveDate;
use std::collections::HashMap;

/// A school as it is; of one that has ended only the name matters, which stays taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct School {
    pub id: i64,
    pub about: About,
    pub is_over: bool,
    /// Rows of branches that it serves: id, branch, since when.
    pub served: Vec<(i64, i64, NaiveDate)>,
    /// Rows of its alliances: id, alliance, whether it is the primary one, since when.
    pub alliances: Vec<(i64, i64, bool, NaiveDate)>,
}

/// What is said of a school.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    pub name: String,
    pub host: i64,
    pub address: String,
    pub seats: i32,
    pub has_screen: bool,
    pub hours: String,
    pub contact: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alliance {
    pub id: i64,
    pub name: String,
    pub kind: AllianceKind,
    pub intro: String,
}

/// What is to be written for a school.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SchoolAct {
    pub id: Option<i64>,
    pub label: String,
    /// `None`: stays as it is.
    pub about: Option<About>,
    pub serves: Vec<i64>,
    pub primary: Option<i64>,
    /// Rows that end, each with the day on which it began.
    pub served_ends: Vec<(i64, NaiveDate)>,
    pub alliance_ends: Vec<(i64, NaiveDate)>,
    pub ends: bool,
}

/// What is to be written for an alliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllianceAct {
    pub id: Option<i64>,
    pub label: String,
    pub name: String,
    pub kind: AllianceKind,
    pub intro: String,
}

const HOSTS: [Level; 4] = [Level::City, Level::Committee, Level::GeneralBranch, Level::Branch];
const SERVED: [Level; 2] = [Level::GeneralBranch, Level::Branch];

fn screen(has: bool) -> &'static str {
    if has { "有" } else { "无" }
}

fn primary(school: &School) -> Option<i64> {
    school.alliances.iter().find(|one| one.2).map(|one| one.1)
}

/// The branches in words, in the order of their ids.
fn branches(tree: &Tree, ids: impl IntoIterator<Item = i64>) -> String {
    let mut ids: Vec<i64> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.into_iter().map(|id| tree.full(id)).collect::<Vec<_>>().join("、")
}

/// The cells of the export of a school, in the order of the template.
pub fn school_cells(tree: &Tree, names: &HashMap<i64, String>, school: &School) -> Vec<String> {
    let about = &school.about;
    vec![
        school.id.to_string(),
        about.name.clone(),
        tree.full(about.host),
        about.address.clone(),
        about.seats.to_string(),
        screen(about.has_screen).to_owned(),
        about.hours.clone(),
        about.contact.clone(),
        branches(tree, school.served.iter().map(|one| one.1)),
        primary(school).and_then(|id| names.get(&id).cloned()).unwrap_or_default(),
    ]
}

/// The cells of the export of an alliance.
pub fn alliance_cells(alliance: &Alliance) -> Vec<String> {
    vec![
        alliance.id.to_string(),
        alliance.name.clone(),
        alliance.kind.words().to_string(),
        alliance.intro.clone(),
    ]
}

/// A text; `None` where the cell says nothing. What is kept as it stands there stays, also a 无 that somebody typed.
fn text(row: &Row<'_>, column: Column, was: Option<&str>, notes: &mut Notes) -> Option<String> {
    let cell = row.cell(column);
    if let Some(was) = was.filter(|was| read::is_same(was, cell)) {
        return Some(was.to_owned());
    }
    if !read::is_text(cell) {
        notes.wrong(column, cell, &msg!("太长，或有无法显示的字符；最多 {} 字", read::LONGEST));
    }
    if cell.is_empty() {
        None
    } else if read::is_none(cell) {
        Some(String::new())
    } else {
        Some(cell.to_owned())
    }
}

fn name(row: &Row<'_>, notes: &mut Notes) -> String {
    let name = read::spaced(row.cell(Column::Name));
    if name.is_empty() || name.chars().count() > 100 || !read::is_text(&name) {
        notes.wrong(Column::Name, row.cell(Column::Name), &msg!("请写名称，100 字以内"));
    }
    name
}

/// The record that a row means: by its code, else by its name.
fn known<T>(
    row: &Row<'_>,
    name: &str,
    by_id: &HashMap<i64, &T>,
    by_name: &HashMap<String, i64>,
    notes: &mut Notes,
) -> Option<i64> {
    let code = read::squeezed(row.cell(Column::Code));
    if code.is_empty() {
        return by_name.get(&read::squeezed(name)).copied();
    }
    let id = code.parse().ok().filter(|id| by_id.contains_key(id));
    if id.is_none() {
        notes.wrong(Column::Code, &code, &msg!("没有这个代码，或不在您的范围；新的请留空"));
    }
    id
}

/// The name as it is kept, where the row only writes it with other blanks.
fn kept_name(said: String, was: Option<&str>) -> String {
    match was {
        Some(was) if read::is_same(was, &said) => was.to_owned(),
        _ => said,
    }
}

fn settle<A>(
    plan: &mut Plan<A>,
    line: usize,
    subject: Option<i64>,
    label: String,
    notes: Notes,
    act: Option<A>,
) {
    let verdict = match (&act, notes.problems.is_empty(), subject) {
        (None, _, _) | (_, false, _) => Verdict::Wrong,
        (_, _, None) => Verdict::New,
        _ if notes.changes.is_empty() => Verdict::Same,
        _ => Verdict::Changed,
    };
    let detail = Detail { changes: notes.changes, problems: notes.problems, ..Detail::default() };
    plan.rows.push(Judged { line, verdict, subject, label, detail });
    plan.acts.extend(act.filter(|_| matches!(verdict, Verdict::New | Verdict::Changed)));
}

/// What schools are compared with.
pub struct Places<'a> {
    pub tree: &'a Tree,
    pub schools: &'a [School],
    pub alliances: &'a [Alliance],
}

/// Compares a list of schools.
pub fn compare_schools(
    places: &Places<'_>,
    rows: &[Row<'_>],
    choices: &Choices,
    is_whole: bool,
    told: &mut dyn FnMut(usize),
) -> Plan<SchoolAct> {
    let tree = places.tree;
    let own = |school: &&School| !school.is_over && tree.is_within(school.about.host);
    let by_id: HashMap<i64, &School> = places.schools.iter().filter(own).map(|one| (one.id, one)).collect();
    let by_name: HashMap<String, i64> =
        places.schools.iter().filter(own).map(|one| (read::squeezed(&one.about.name), one.id)).collect();
    let taken: HashMap<&str, i64> =
        places.schools.iter().map(|one| (one.about.name.as_str(), one.id)).collect();
    let mut plan = Plan::new();
    let (mut seen, mut names): (HashMap<i64, usize>, HashMap<String, usize>) = Default::default();
    for (count, row) in rows.iter().enumerate() {
        if count % 500 == 0 {
            told(count);
        }
        let mut notes = Notes::default();
        let name = name(row, &mut notes);
        let id = known(row, &name, &by_id, &by_name, &mut notes);
        let was = id.and_then(|id| by_id.get(&id).copied());
        let name = kept_name(name, was.map(|one| one.about.name.as_str()));
        let is_kept = was.is_some_and(|one| one.about.name == name);
        let first = names.insert(read::squeezed(&name), row.line);
        // Two that have much the same name already may keep it.
        if let Some(first) = first.filter(|_| !is_kept) {
            notes.wrong(Column::Name, &name, &msg!("和第 {} 行同名，请删去一行", first));
        }
        if let Some(first) = id.and_then(|id| seen.insert(id, row.line)) {
            notes.wrong(Column::Name, &name, &msg!("和第 {} 行一样，请删去一行", first));
        }
        if taken.get(name.as_str()).is_some_and(|other| Some(*other) != id) {
            notes.wrong(Column::Name, &name, &msg!("已经有（或有过）一个微党校叫这个名称，请换一个"));
        }
        let act = school(places, row, name.clone(), was, &mut notes);
        settle(&mut plan, row.line, id, name, notes, act);
    }
    if is_whole {
        let all = choices.get(ALL_GONE).is_some_and(|choice| choice == END);
        for gone in places.schools.iter().filter(own).filter(|one| !seen.contains_key(&one.id)) {
            let mut notes = Notes::default();
            notes.change(Column::Host, tree.full(gone.about.host), "");
            if choices.get(&gone_mark(gone.id)).map_or(all, |choice| choice == END) {
                plan.acts.push(SchoolAct {
                    id: Some(gone.id),
                    label: gone.about.name.clone(),
                    served_ends: gone.served.iter().map(|one| (one.0, one.2)).collect(),
                    alliance_ends: gone.alliances.iter().map(|one| (one.0, one.3)).collect(),
                    ends: true,
                    ..SchoolAct::default()
                });
            }
            let detail = Detail { changes: notes.changes, ..Detail::default() };
            let label = gone.about.name.clone();
            plan.rows.push(Judged { line: 0, verdict: Verdict::Gone, subject: Some(gone.id), label, detail });
        }
    }
    plan
}

fn school(
    places: &Places<'_>,
    row: &Row<'_>,
    name: String,
    was: Option<&School>,
    notes: &mut Notes,
) -> Option<SchoolAct> {
    let tree = places.tree;
    let old = was.map(|school| school.about.clone()).unwrap_or_default();
    let mut about = About { name, ..old.clone() };
    match (row.cell(Column::Host), was) {
        ("", None) => notes.wrong(Column::Host, "", &msg!("新的微党校要写承办组织")),
        ("", Some(_)) => {}
        // The host that it has stays, whatever it is.
        (cell, Some(school)) if read::squeezed(cell) == read::squeezed(&tree.full(school.about.host)) => {}
        (cell, _) => match tree.find(cell, &HOSTS) {
            Ok(id) => about.host = id,
            Err(problem) => notes.wrong(Column::Host, cell, &problem),
        },
    }
    let kept = was.map(|school| &school.about);
    match text(row, Column::Address, kept.map(|about| about.address.as_str()), notes) {
        Some(address) => about.address = address,
        None if was.is_none() => notes.wrong(Column::Address, "", &msg!("新的微党校要写地址")),
        None => {}
    }
    if let Some(hours) = text(row, Column::Hours, kept.map(|about| about.hours.as_str()), notes) {
        about.hours = hours;
    }
    if let Some(contact) = text(row, Column::Contact, kept.map(|about| about.contact.as_str()), notes) {
        about.contact = contact;
    }
    let seats = read::squeezed(row.cell(Column::Seats));
    if !seats.is_empty() {
        match seats.trim_end_matches(['座', '个', '人']).parse().ok().filter(|n| (0..=100_000).contains(n))
        {
            Some(n) => about.seats = n,
            None => notes.wrong(Column::Seats, &seats, &msg!("要写一个数字")),
        }
    }
    match (row.cell(Column::Screen), words::yes_of(row.cell(Column::Screen))) {
        ("", _) => {}
        (_, Some(has)) => about.has_screen = has,
        (cell, None) => notes.wrong(Column::Screen, cell, &msg!("要写“有”或“无”")),
    }
    let mut act = SchoolAct { id: was.map(|one| one.id), label: about.name.clone(), ..SchoolAct::default() };
    served(tree, row, was, notes, &mut act);
    alliance(places, row, was, notes, &mut act);
    let host = |about: &About| if about.host == 0 { String::new() } else { tree.full(about.host) };
    let number = |about: &About| {
        if was.is_none() && about.name.is_empty() { String::new() } else { about.seats.to_string() }
    };
    notes.change(Column::Name, old.name.clone(), about.name.clone());
    notes.change(Column::Host, host(&old), host(&about));
    notes.change(Column::Address, old.address.clone(), about.address.clone());
    notes.change(Column::Seats, number(&old), number(&about));
    notes.change(
        Column::Screen,
        if was.is_some() { screen(old.has_screen) } else { "" },
        screen(about.has_screen),
    );
    notes.change(Column::Hours, old.hours.clone(), about.hours.clone());
    notes.change(Column::Contact, old.contact.clone(), about.contact.clone());
    if was.is_none() || about != old {
        act.about = Some(about);
    }
    Some(act)
}

fn served(tree: &Tree, row: &Row<'_>, was: Option<&School>, notes: &mut Notes, act: &mut SchoolAct) {
    let cell = row.cell(Column::Served);
    if cell.is_empty() {
        return;
    }
    let none = vec![];
    let held = was.map_or(&none, |school| &school.served);
    // Names may hold the sign that stands between them.
    if read::is_same(&branches(tree, held.iter().map(|one| one.1)), cell) {
        return;
    }
    let parts = if read::is_none(cell) { vec![] } else { read::several(cell) };
    let mut wanted = vec![];
    for part in &parts {
        // A branch that it serves already may be another committee's.
        let said = read::squeezed(part);
        let own = held.iter().map(|one| one.1).find(|id| read::squeezed(&tree.full(*id)) == said);
        match own.map_or_else(|| tree.find(part, &SERVED), Ok) {
            Ok(id) => wanted.push(id),
            Err(problem) => return notes.wrong(Column::Served, part, &problem),
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    notes.change(
        Column::Served,
        branches(tree, held.iter().map(|one| one.1)),
        branches(tree, wanted.iter().copied()),
    );
    act.serves = wanted.iter().filter(|id| held.iter().all(|one| one.1 != **id)).copied().collect();
    act.served_ends = held.iter().filter(|one| !wanted.contains(&one.1)).map(|one| (one.0, one.2)).collect();
}

fn alliance(
    places: &Places<'_>,
    row: &Row<'_>,
    was: Option<&School>,
    notes: &mut Notes,
    act: &mut SchoolAct,
) {
    let cell = row.cell(Column::Alliance);
    if cell.is_empty() {
        return;
    }
    let name_of = |id: i64| {
        places.alliances.iter().find(|one| one.id == id).map(|one| one.name.clone()).unwrap_or_default()
    };
    let held = was.and_then(primary);
    if held.is_some_and(|id| read::is_same(&name_of(id), cell)) {
        return;
    }
    let said = read::squeezed(cell);
    let wanted = places.alliances.iter().find(|one| read::squeezed(&one.name) == said).map(|one| one.id);
    if wanted.is_none() && !read::is_none(cell) {
        return notes.wrong(
            Column::Alliance,
            cell,
            &msg!("没有叫“{}”的联盟，请核对名称，或先导入联盟", cell),
        );
    }
    if held == wanted {
        return;
    }
    notes.change(
        Column::Alliance,
        held.map(name_of).unwrap_or_default(),
        wanted.map(name_of).unwrap_or_default(),
    );
    let rows = was.map(|school| school.alliances.as_slice()).unwrap_or_default();
    // The primary one ends; a membership beside it in the same alliance becomes the primary one.
    act.alliance_ends =
        rows.iter().filter(|one| one.2 || Some(one.1) == wanted).map(|one| (one.0, one.3)).collect();
    act.primary = wanted;
}

/// Compares a list of alliances, which are the whole city's.
pub fn compare_alliances(tree: &Tree, alliances: &[Alliance], rows: &[Row<'_>]) -> Plan<AllianceAct> {
    let by_id: HashMap<i64, &Alliance> = alliances.iter().map(|one| (one.id, one)).collect();
    let by_name: HashMap<String, i64> =
        alliances.iter().map(|one| (read::squeezed(&one.name), one.id)).collect();
    let mut plan = Plan::new();
    let (mut seen, mut names): (HashMap<i64, usize>, HashMap<String, usize>) = Default::default();
    for row in rows {
        let mut notes = Notes::default();
        let name = name(row, &mut notes);
        if !tree.is_whole() {
            notes.wrong(Column::Name, &name, &msg!("联盟由全市管理，不在您的范围"));
        }
        let id = known(row, &name, &by_id, &by_name, &mut notes);
        let was = id.and_then(|id| by_id.get(&id).copied());
        let name = kept_name(name, was.map(|one| one.name.as_str()));
        let is_kept = was.is_some_and(|one| one.name == name);
        let first = names.insert(read::squeezed(&name), row.line);
        if let Some(first) = first.filter(|_| !is_kept) {
            notes.wrong(Column::Name, &name, &msg!("和第 {} 行同名，请删去一行", first));
        }
        if let Some(first) = id.and_then(|id| seen.insert(id, row.line)) {
            notes.wrong(Column::Name, &name, &msg!("和第 {} 行一样，请删去一行", first));
        }
        if !is_kept && by_name.get(&read::squeezed(&name)).is_some_and(|other| Some(*other) != id) {
            notes.wrong(Column::Name, &name, &msg!("已经有一个联盟叫这个名称，请换一个"));
        }
        let cell = row.cell(Column::Sort);
        let kind = words::alliance_kind_of(cell);
        if kind.is_none() && (!cell.is_empty() || was.is_none()) {
            notes.wrong(Column::Sort, cell, &msg!("要写“分区域”或“分行业”"));
        }
        let intro = text(row, Column::Intro, was.map(|one| one.intro.as_str()), &mut notes)
            .or(was.map(|one| one.intro.clone()))
            .unwrap_or_default();
        let act = kind.or(was.map(|one| one.kind)).map(|kind| {
            notes.change(Column::Name, was.map(|one| one.name.clone()).unwrap_or_default(), name.clone());
            let words = |kind: AllianceKind| kind.words().to_string();
            notes.change(Column::Sort, was.map(|one| words(one.kind)).unwrap_or_default(), words(kind));
            notes.change(Column::Intro, was.map(|one| one.intro.clone()).unwrap_or_default(), intro.clone());
            AllianceAct { id, label: name.clone(), name: name.clone(), kind, intro }
        });
        settle(&mut plan, row.line, id, name, notes, act);
    }
    plan
}
