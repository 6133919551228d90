//! Rows of a list of organisations against the tree (pure). A row may name another row of the file as its superior.
use super::columns::Column;
use super::plan::{ALL_GONE, Choices, Detail, END, Judged, Notes, Plan, Row, Verdict, gone_mark};
use super::tree::{Node, Tree};
use super::{read, words};
use crate::lang::Message;
use crate::msg;
use crate::organization::{Level, OrgKind};
use std::collections::{HashMap, HashSet};

/// Where an organisation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    Known(i64),
    /// The organisation of this row of the file.
    Line(usize),
}

/// What is to be written for one organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    pub id: Option<i64>,
    pub line: usize,
    pub label: String,
    pub name: String,
    pub level: Level,
    pub kind: OrgKind,
    /// Where it goes, if it is new or moves.
    pub parent: Option<Parent>,
    pub ends: bool,
}

fn kind_of(node: &Node) -> OrgKind {
    OrgKind::of(&node.kind).unwrap_or(OrgKind::Agency)
}

/// The organisation above this one.
fn above(node: &Node) -> Option<i64> {
    node.path.trim_end_matches('/').rsplit('/').nth(1)?.parse().ok()
}

/// The cells of the export, in the order of the template.
pub fn cells(tree: &Tree, node: &Node) -> Vec<String> {
    vec![
        node.id.to_string(),
        node.name.clone(),
        words::level(node.level).to_string(),
        kind_of(node).words().to_string(),
        above(node).map(|id| tree.full(id)).unwrap_or_default(),
    ]
}

/// Whether `level` may stand below `upper`, as `organization` has it.
fn fits(upper: Level, level: Level) -> bool {
    match upper {
        Level::City => level == Level::Committee,
        upper => upper.depth() < level.depth(),
    }
}

/// A row as it was read.
struct Said<'a> {
    line: usize,
    name: String,
    level: Option<Level>,
    kind: Option<OrgKind>,
    superior: &'a str,
    known: Option<i64>,
    notes: Notes,
}

/// Compares a list with the tree. `busy`: organisations that something hangs on, which cannot end.
pub fn compare(
    tree: &Tree,
    rows: &[Row<'_>],
    choices: &Choices,
    busy: &HashSet<i64>,
    is_whole: bool,
    told: &mut dyn FnMut(usize),
) -> Plan<Act> {
    let mut said: Vec<Said<'_>> = rows.iter().map(|row| read_row(tree, row)).collect();
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, one) in said.iter().enumerate().filter(|(_, one)| one.known.is_none()) {
        by_name.entry(read::squeezed(&one.name)).or_default().push(place);
    }
    let levels: Vec<Option<Level>> = said.iter().map(|one| one.level).collect();
    let lines: Vec<usize> = said.iter().map(|one| one.line).collect();
    let mut plan = Plan::new();
    let (mut seen, mut fresh): (HashMap<i64, usize>, HashMap<(String, String), usize>) = Default::default();
    for (place, one) in said.iter_mut().enumerate() {
        if place % 500 == 0 {
            told(place);
        }
        // The name as it is kept, where the row only writes it with other blanks.
        if let Some(node) = one.known.and_then(|id| tree.get(id))
            && read::is_same(&node.name, &one.name)
        {
            one.name = node.name.clone();
        }
        if let Some(first) = one.known.and_then(|id| seen.insert(id, one.line)) {
            one.notes.wrong(Column::Name, &one.name, &msg!("和第 {} 行是同一个组织，请删去一行", first));
        }
        let key = (read::squeezed(&one.name), read::squeezed(one.superior));
        if one.known.is_none()
            && let Some(first) = fresh.insert(key, one.line)
        {
            one.notes.wrong(Column::Name, &one.name, &msg!("和第 {} 行一样，请删去一行", first));
        }
        let parent = parent_of(tree, one, &by_name, &lines);
        let upper = match parent {
            Some(Parent::Known(id)) => tree.get(id).map(|node| node.level),
            Some(Parent::Line(line)) => {
                lines.iter().position(|one| *one == line).and_then(|place| levels[place])
            }
            None => None,
        };
        let act = match one.known.and_then(|id| tree.get(id)) {
            Some(node) => change(tree, node, one, parent, upper),
            None => begin(tree, one, parent, upper),
        };
        let verdict = match (&act, one.notes.problems.is_empty()) {
            (None, _) | (_, false) => Verdict::Wrong,
            (Some(act), _) if act.id.is_none() => Verdict::New,
            _ if one.notes.changes.is_empty() => Verdict::Same,
            _ => Verdict::Changed,
        };
        let detail = Detail {
            changes: std::mem::take(&mut one.notes.changes),
            problems: std::mem::take(&mut one.notes.problems),
            ..Detail::default()
        };
        plan.rows.push(Judged {
            line: one.line,
            verdict,
            subject: one.known,
            label: one.name.clone(),
            detail,
        });
        plan.acts.extend(act.filter(|_| matches!(verdict, Verdict::New | Verdict::Changed)));
    }
    if is_whole {
        missing(tree, &seen, choices, busy, &mut plan);
    }
    plan
}

fn read_row<'a>(tree: &Tree, row: &'a Row<'_>) -> Said<'a> {
    let mut one = Said {
        line: row.line,
        name: read::spaced(row.cell(Column::Name)),
        level: None,
        kind: None,
        superior: row.cell(Column::Superior),
        known: None,
        notes: Notes::default(),
    };
    if one.name.is_empty() || one.name.chars().count() > 100 || !read::is_text(&one.name) {
        one.notes.wrong(Column::Name, row.cell(Column::Name), &msg!("请写名称，100 字以内"));
    }
    let mut word = |column: Column, is_known: bool, told: Message| {
        if !row.cell(column).is_empty() && !is_known {
            one.notes.wrong(column, row.cell(column), &told);
        }
    };
    one.level = words::level_of(row.cell(Column::Level));
    word(Column::Level, one.level.is_some(), msg!("要写：党委、党总支、党支部或党小组"));
    one.kind = words::org_kind_of(row.cell(Column::Sort));
    word(
        Column::Sort,
        one.kind.is_some(),
        msg!("可以写：{}", words::listed(OrgKind::ALL.iter().map(|kind| kind.words()))),
    );
    let code = read::squeezed(row.cell(Column::Code));
    if !code.is_empty() {
        match code.parse().ok().filter(|id| tree.is_within(*id)) {
            Some(id) => one.known = Some(id),
            None => {
                one.notes.wrong(Column::Code, &code, &msg!("没有这个代码，或不在您的范围；新的组织请留空"))
            }
        }
        return one;
    }
    // By name, below the superior that is named.
    let upper = tree.find(one.superior, Level::ALL);
    let named = tree.named(&one.name).into_iter();
    let same: Vec<&Node> = named
        .filter(|node| one.superior.is_empty() || upper.as_ref().is_ok_and(|id| above(node) == Some(*id)))
        .collect();
    match same.as_slice() {
        [] => {}
        [node] => one.known = Some(node.id),
        several => {
            let told = msg!("有 {} 个组织叫“{}”，请写上级组织或代码", several.len(), one.name);
            one.notes.wrong(Column::Name, row.cell(Column::Name), &told);
        }
    }
    one
}

/// What stands above: in the tree, or in the file.
fn parent_of(
    tree: &Tree,
    one: &mut Said<'_>,
    by_name: &HashMap<String, Vec<usize>>,
    lines: &[usize],
) -> Option<Parent> {
    if one.superior.is_empty() {
        return None;
    }
    // What stands above it stays there, also where that lies outside the scope.
    let said = read::squeezed(one.superior);
    let kept = one.known.and_then(|id| tree.get(id)).and_then(above);
    if let Some(id) = kept.filter(|id| read::squeezed(&tree.full(*id)) == said) {
        return Some(Parent::Known(id));
    }
    let problem = match tree.find(one.superior, Level::ALL) {
        Ok(id) => return Some(Parent::Known(id)),
        Err(problem) => problem,
    };
    let last = read::squeezed(one.superior.rsplit(['/', '／']).next().unwrap_or_default());
    match by_name.get(&last).map(Vec::as_slice) {
        Some([place]) => Some(Parent::Line(lines[*place])),
        _ => {
            one.notes.wrong(Column::Superior, one.superior, &problem);
            None
        }
    }
}

fn begin(tree: &Tree, one: &mut Said<'_>, parent: Option<Parent>, upper: Option<Level>) -> Option<Act> {
    // The first organisation of an empty installation is the city's, and stands below none.
    let has_city = tree.all().any(|node| node.level == Level::City);
    let is_root = one.level == Some(Level::City) && tree.is_whole() && !has_city && one.superior.is_empty();
    let needed = [
        (Column::Level, one.level.is_none()),
        (Column::Sort, one.kind.is_none()),
        (Column::Superior, one.superior.is_empty() && !is_root),
    ];
    for (column, is_missing) in needed {
        let is_told = one.notes.problems.iter().any(|problem| problem.column == column.as_str());
        if is_missing && !is_told {
            one.notes.wrong(column, "", &msg!("新的组织要写这一项"));
        }
    }
    let (level, kind) = (one.level?, one.kind?);
    if parent.is_none() && !is_root {
        return None;
    }
    if let Some(upper) = upper.filter(|upper| !fits(*upper, level)) {
        let told = msg!("{} 下面不能直接设{}", words::level(upper), words::level(level));
        one.notes.wrong(Column::Level, &words::level(level).to_string(), &told);
    }
    one.notes.change(Column::Name, "", one.name.clone());
    one.notes.change(Column::Level, "", words::level(level).to_string());
    one.notes.change(Column::Sort, "", kind.words().to_string());
    one.notes.change(Column::Superior, "", one.superior);
    let (line, label, name) = (one.line, one.name.clone(), one.name.clone());
    Some(Act { id: None, line, label, name, level, kind, parent, ends: false })
}

fn change(
    tree: &Tree,
    node: &Node,
    one: &mut Said<'_>,
    parent: Option<Parent>,
    upper: Option<Level>,
) -> Option<Act> {
    if let Some(level) = one.level.filter(|level| *level != node.level) {
        let told = msg!("现在是{}；层级不能改，请新建一个再转过去", words::level(node.level));
        one.notes.wrong(Column::Level, &words::level(level).to_string(), &told);
    }
    let kind = one.kind.unwrap_or(kind_of(node));
    let moves = parent.filter(|parent| Some(*parent) != above(node).map(Parent::Known));
    if moves.is_some() && (node.level == Level::City || upper.is_some_and(|upper| !fits(upper, node.level))) {
        one.notes.wrong(Column::Superior, one.superior, &msg!("不能放到这个组织下面：上级的层级必须更高"));
    }
    one.notes.change(Column::Name, node.name.clone(), one.name.clone());
    one.notes.change(Column::Sort, kind_of(node).words().to_string(), kind.words().to_string());
    if moves.is_some() {
        one.notes.change(
            Column::Superior,
            above(node).map(|id| tree.full(id)).unwrap_or_default(),
            one.superior,
        );
    }
    Some(Act {
        id: Some(node.id),
        line: one.line,
        label: one.name.clone(),
        name: one.name.clone(),
        level: node.level,
        kind,
        parent: moves,
        ends: false,
    })
}

fn missing(
    tree: &Tree,
    seen: &HashMap<i64, usize>,
    choices: &Choices,
    busy: &HashSet<i64>,
    plan: &mut Plan<Act>,
) {
    let all = choices.get(ALL_GONE).is_some_and(|choice| choice == END);
    let mut gone: Vec<&Node> = tree
        .all()
        .filter(|node| tree.is_within(node.id) && node.level != Level::City && !seen.contains_key(&node.id))
        // Whoever has a sub-tree does not end its root.
        .filter(|node| above(node).is_some_and(|upper| tree.is_within(upper)))
        .collect();
    gone.sort_by_key(|node| node.id);
    for node in gone {
        let mut notes = Notes::default();
        notes.change(Column::Superior, above(node).map(|id| tree.full(id)).unwrap_or_default(), "");
        if busy.contains(&node.id) {
            notes.wrong(
                Column::Name,
                &node.name,
                &msg!("还有党员、任职、流动党员、未办完的转接、下级或微党校，不能结束"),
            );
        }
        let own = choices.get(&gone_mark(node.id)).map(String::as_str);
        if notes.problems.is_empty() && own.map_or(all, |choice| choice == END) {
            plan.acts.push(Act {
                id: Some(node.id),
                line: 0,
                label: node.name.clone(),
                name: node.name.clone(),
                level: node.level,
                kind: kind_of(node),
                parent: None,
                ends: true,
            });
        }
        let detail = Detail { changes: notes.changes, problems: notes.problems, ..Detail::default() };
        plan.rows.push(Judged {
            line: 0,
            verdict: Verdict::Gone,
            subject: Some(node.id),
            label: node.name.clone(),
            detail,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(nodes: Vec<Node>, text: &str) -> Plan<Act> {
        let cells: Vec<Vec<String>> =
            text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
        let mapping: Vec<Option<Column>> = cells[0].iter().map(|name| Column::of(name)).collect();
        let rows: Vec<Row<'_>> = cells
            .iter()
            .enumerate()
            .skip(1)
            .map(|(place, cells)| Row { line: place + 1, cells, mapping: &mapping })
            .collect();
        let tree = Tree::new(nodes, &["/".to_owned()]);
        compare(&tree, &rows, &Choices::new(), &HashSet::new(), true, &mut |_| {})
    }

    fn node(id: i64, level: Level, name: &str, path: &str) -> Node {
        Node { id, level, kind: "rural".into(), name: name.into(), path: path.into() }
    }

    #[test]
    fn a_whole_tree_comes_in_one_file_in_any_order() {
        let text = "name,level,sort,superior\n渠口党支部,党支部,农村,东镇党委\n东镇党委,党委,农村,市委\n市委,市委,机关,";
        let plan = compared(vec![], text);
        assert!(plan.rows.iter().all(|row| row.verdict == Verdict::New), "{:?}", plan.rows);
        let parents: Vec<_> = plan.acts.iter().map(|act| act.parent).collect();
        assert_eq!(parents, [Some(Parent::Line(3)), Some(Parent::Line(4)), None]);
        // A second root there is not.
        let plan =
            compared(vec![node(1, Level::City, "市委", "/1/")], "name,level,sort,superior\n二市,市委,机关,");
        assert_eq!(plan.rows[0].verdict, Verdict::Wrong);
    }

    #[test]
    fn levels_keep_their_order_and_what_stays_is_the_same() {
        let nodes = || {
            vec![
                node(1, Level::City, "市委", "/1/"),
                node(2, Level::Committee, "东镇党委", "/1/2/"),
                node(3, Level::Branch, "渠口党支部", "/1/2/3/"),
            ]
        };
        let verdict = |text: &str| compared(nodes(), text).rows[0].verdict;
        let head = "code,name,level,sort,superior\n";
        assert_eq!(verdict(&format!("{head}3,渠口党支部,党支部,农村,东镇党委")), Verdict::Same);
        assert_eq!(verdict(&format!("{head},渠口党支部,,,东镇党委")), Verdict::Same);
        assert_eq!(verdict(&format!("{head}3,渠口第一党支部,,,")), Verdict::Changed);
        assert_eq!(verdict(&format!("{head}3,渠口党支部,,,市委")), Verdict::Wrong);
        assert_eq!(verdict(&format!("{head}3,渠口党支部,党委,,")), Verdict::Wrong);
        assert_eq!(verdict(&format!("{head},新支部,党支部,农村,市委")), Verdict::Wrong);
        assert_eq!(verdict(&format!("{head}99,渠口党支部,,,")), Verdict::Wrong);
        let plan = compared(nodes(), &format!("{head}3,渠口党支部,,,"));
        let gone: Vec<_> = plan.rows.iter().filter(|row| row.verdict == Verdict::Gone).collect();
        assert_eq!((gone.len(), gone[0].subject), (1, Some(2)), "the root of a scope is never missing");
    }
}
