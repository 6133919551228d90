//! What changes for a member, and from which day (pure).
use super::super::columns::Column;
use super::super::plan::{Notes, Row};
use super::super::tree::Tree;
use super::super::{read, words};
use super::said::Said;
use super::{Act, Ends, Member, is_same_name, label, plain_phone};
use crate::msg;
use chrono::NaiveDate;

/// A person whom the roster does not know yet.
pub(super) fn begin(
    tree: &Tree,
    row: &Row<'_>,
    said: &Said,
    today: NaiveDate,
    notes: &mut Notes,
) -> Option<Act> {
    said.refuse_phone(row, notes);
    let number = said.number.clone();
    if number.is_none() {
        notes.wrong(Column::Number, "", &msg!("名册里没有这个人；新党员要写党员编号"));
    }
    if said.branch.is_none() && row.cell(Column::Branch).is_empty() {
        notes.wrong(Column::Branch, "", &msg!("新党员要写所在支部"));
    }
    if said.stage.is_none() && row.cell(Column::Stage).is_empty() {
        notes.wrong(Column::Stage, "", &msg!("新党员要写发展阶段，例如 正式党员"));
    }
    let (number, branch, stage) = (number?, said.branch?, said.stage?);
    let from = said.joined.unwrap_or(today);
    let (sex, birth, phone) =
        (said.sex.clone().flatten(), said.birth.flatten(), said.phone.clone().flatten());
    let (categories, offices) =
        (said.categories.clone().unwrap_or_default(), said.offices.clone().unwrap_or_default());
    notes.change(Column::Number, "", number.as_str());
    notes.change(Column::Name, "", said.name.as_str());
    notes.change(Column::Sex, "", sex.as_deref().map(words::sex).unwrap_or_default());
    notes.change(Column::Birth, "", birth.map(|year| year.to_string()).unwrap_or_default());
    notes.change(Column::Phone, "", phone.clone().unwrap_or_default());
    notes.change(Column::Branch, "", tree.full(branch));
    notes.change(Column::Stage, "", stage.words().to_string());
    notes.change(Column::Categories, "", words::listed(categories.iter().map(|one| one.words())));
    notes.change(Column::Joined, "", said.joined.map(|day| day.to_string()).unwrap_or_default());
    notes.change(Column::Office, "", words::listed(offices.iter().map(|one| words::office(*one))));
    Some(Act {
        person: None,
        label: label(&said.name, Some(&number)),
        about: Some((said.name.clone(), sex, birth, phone)),
        leaves: None,
        joins: Some((branch, number, from)),
        stage: Some(stage),
        categories,
        offices,
        at: Some(branch),
        ends: Ends::default(),
    })
}

/// What changes for somebody whom the roster knows.
pub(super) fn change(
    tree: &Tree,
    member: &Member,
    row: &Row<'_>,
    said: &Said,
    today: NaiveDate,
    notes: &mut Notes,
) -> Act {
    let mut act = Act {
        person: Some(member.person),
        label: label(&said.name, said.number.as_deref()),
        ..Act::default()
    };
    about(member, row, said, notes, &mut act);
    let branch = said.branch.or(member.home.as_ref().map(|home| home.branch));
    relation(tree, member, row, said, today, notes, &mut act);
    if member.home.is_none()
        && member.stage.is_none()
        && said.stage.is_none()
        && row.cell(Column::Stage).is_empty()
    {
        notes.wrong(Column::Stage, "", &msg!("新党员要写发展阶段，例如 正式党员"));
    }
    if let Some(stage) = said.stage {
        let was = member.stage.map(|stage| stage.1);
        if was != Some(stage) {
            notes.change(
                Column::Stage,
                was.map(|stage| stage.words().to_string()).unwrap_or_default(),
                stage.words().to_string(),
            );
            act.stage = Some(stage);
            act.ends.stage = member.stage.map(|(id, _, from)| (id, from, today));
        }
    }
    if let Some(categories) = &said.categories {
        let was = member.category_set();
        notes.change(
            Column::Categories,
            words::listed(was.iter().map(|one| one.words())),
            words::listed(categories.iter().map(|one| one.words())),
        );
        act.categories = categories.iter().filter(|one| !was.contains(one)).copied().collect();
        let over = member.categories.iter().filter(|one| !categories.contains(&one.1));
        act.ends.categories = over.map(|(id, _, from)| (*id, *from, today)).collect();
    }
    let moves = act.joins.is_some() && member.home.as_ref().is_none_or(|home| Some(home.branch) != branch);
    // Offices of a branch end with the membership in it.
    let was = member.home.as_ref().map(|home| member.offices_at(home.branch)).unwrap_or_default();
    let held = if moves { vec![] } else { was.clone() };
    let wanted = said.offices.clone().unwrap_or_else(|| held.clone());
    notes.change(
        Column::Office,
        words::listed(was.iter().map(|one| words::office(*one))),
        words::listed(wanted.iter().map(|one| words::office(*one))),
    );
    act.offices = wanted.iter().filter(|one| !held.contains(one)).copied().collect();
    let home = member.home.as_ref().map(|home| home.branch);
    let over = member.offices.iter().filter(|one| Some(one.1) == home && (moves || !wanted.contains(&one.2)));
    act.ends.offices = over.map(|(id, _, _, from)| (*id, *from, today)).collect();
    // A guest of the branch who is now at home there is a guest no longer.
    act.ends.stay =
        member.stay.filter(|stay| moves && Some(stay.1) == branch).map(|(id, _, from)| (id, from, today));
    act.at = branch;
    act
}

/// Name, sex, year of birth, telephone: corrections of the person, not of a relation.
fn about(member: &Member, row: &Row<'_>, said: &Said, notes: &mut Notes, act: &mut Act) {
    let sex = said.sex.clone().unwrap_or_else(|| member.sex.clone());
    let birth = said.birth.unwrap_or(member.birth);
    let mut phone = said.phone.clone().unwrap_or_else(|| member.phone.clone());
    let is_kept = member.phone.as_deref().is_some_and(|known| read::is_same(known, row.cell(Column::Phone)));
    if !is_kept {
        said.refuse_phone(row, notes);
    }
    // Only written in another way.
    let is_alike =
        |now: &String| member.phone.as_deref().is_some_and(|known| plain_phone(now) == plain_phone(known));
    if is_kept || phone.as_ref().is_some_and(is_alike) {
        phone = member.phone.clone();
    }
    let name = if is_same_name(&member.name, &said.name) { member.name.clone() } else { said.name.clone() };
    let words_of = |sex: &Option<String>| sex.as_deref().map(words::sex).unwrap_or_default();
    let year = |birth: Option<i32>| birth.map(|year| year.to_string()).unwrap_or_default();
    notes.change(Column::Name, member.name.as_str(), name.as_str());
    notes.change(Column::Sex, words_of(&member.sex), words_of(&sex));
    notes.change(Column::Birth, year(member.birth), year(birth));
    notes.change(Column::Phone, member.phone.clone().unwrap_or_default(), phone.clone().unwrap_or_default());
    if !notes.changes.is_empty() {
        act.about = Some((name, sex, birth, phone));
    }
}

/// Branch and number: a new membership from the day.
fn relation(
    tree: &Tree,
    member: &Member,
    row: &Row<'_>,
    said: &Said,
    today: NaiveDate,
    notes: &mut Notes,
    act: &mut Act,
) {
    let Some(home) = &member.home else {
        match (said.branch, &said.number) {
            (Some(branch), Some(number)) => {
                let day = said.joined.unwrap_or(today);
                if member.left.is_some_and(|left| day < left) {
                    notes.wrong(Column::Joined, row.cell(Column::Joined), &msg!("不能早于离开的那一天"));
                }
                notes.change(Column::Branch, "", tree.full(branch));
                act.joins = Some((branch, number.clone(), day));
            }
            _ if row.cell(Column::Branch).is_empty() => {
                notes.wrong(Column::Branch, "", &msg!("这个人现在不在任何支部，请写所在支部"))
            }
            _ => {}
        }
        return;
    };
    let branch = said.branch.unwrap_or(home.branch);
    // A number that was entered with blanks or wide letters is the same one.
    let said_number = said.number.as_ref().filter(|number| read::squeezed(&home.number) != **number);
    let number = said_number.unwrap_or(&home.number).clone();
    if branch == home.branch && number == home.number {
        if let Some(day) = said.joined.filter(|day| *day != home.from) {
            let told = msg!("名册里是 {}；导入不改以前的日期，请留空或写回 {}", home.from, home.from);
            notes.wrong(Column::Joined, &day.to_string(), &told);
        }
        return;
    }
    // A number that changes within the branch begins today; the day in the file is then that of the branch.
    // A day that is that of the present branch was only left standing in the file.
    let from = match said.joined {
        Some(day) if branch != home.branch && day != home.from => day,
        _ => today,
    };
    if from < home.from {
        let told = msg!("进入新支部的日期不能早于进入现在支部的日期 {}", home.from);
        notes.wrong(Column::Joined, row.cell(Column::Joined), &told);
    }
    if branch != home.branch && member.is_moving {
        notes.wrong(
            Column::Branch,
            row.cell(Column::Branch),
            &msg!("这个人的组织关系正在转接，先办完或撤回。"),
        );
    }
    notes.change(Column::Branch, tree.full(home.branch), tree.full(branch));
    notes.change(Column::Number, home.number.as_str(), number.as_str());
    act.joins = Some((branch, number, from));
    act.ends.membership = Some((home.id, home.from, from));
    act.leaves = (branch != home.branch).then_some(home.branch);
}
