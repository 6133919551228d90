//! What a row of a list of members says (pure).
use super::super::columns::Column;
use super::super::plan::{Notes, Row};
use super::super::tree::Tree;
use super::super::{read, words};
use super::{HOMES, place, sorted};
use crate::lang::Message;
use crate::msg;
use crate::people::{Category, Office, Stage};
use chrono::{Datelike, NaiveDate};

/// What a row says, read; `None` where it says nothing.
#[derive(Default)]
pub(super) struct Said {
    pub number: Option<String>,
    pub name: String,
    pub sex: Option<Option<String>>,
    pub birth: Option<Option<i32>>,
    pub phone: Option<Option<String>>,
    /// What stands there is no telephone; wrong, unless just that is kept.
    pub is_no_phone: bool,
    pub branch: Option<i64>,
    pub stage: Option<Stage>,
    pub categories: Option<Vec<Category>>,
    pub joined: Option<NaiveDate>,
    pub offices: Option<Vec<Office>>,
}

impl Said {
    /// That what stands there is no telephone.
    pub fn refuse_phone(&self, row: &Row<'_>, notes: &mut Notes) {
        if self.is_no_phone {
            let told = msg!("不像电话号码，只写一个号码，例如 13800000001");
            notes.wrong(Column::Phone, row.cell(Column::Phone), &told);
        }
    }
}

/// Reads the cells of a row.
pub(super) fn said(row: &Row<'_>, tree: &Tree, today: NaiveDate, notes: &mut Notes) -> Said {
    let mut said = Said { name: read::name(row.cell(Column::Name)), ..Said::default() };
    if said.name.is_empty() {
        notes.wrong(Column::Name, "", &msg!("没有姓名，请写上"));
    } else if said.name.chars().count() > 40 || !read::is_text(&said.name) {
        notes.wrong(
            Column::Name,
            row.cell(Column::Name),
            &msg!("姓名太长或有无法显示的字符，请改成 40 字以内"),
        );
    }
    let number = read::squeezed(row.cell(Column::Number));
    if number.chars().count() > 40 {
        notes.wrong(Column::Number, &number, &msg!("编号太长，最多 40 个字符"));
    } else if !number.is_empty() {
        said.number = Some(number);
    }
    let mut take = |column: Column, what: &mut dyn FnMut(&str) -> Option<Message>| {
        let cell = row.cell(column);
        if !cell.is_empty()
            && let Some(problem) = what(cell)
        {
            notes.wrong(column, cell, &problem);
        }
    };
    take(Column::Sex, &mut |cell| match (read::is_none(cell), words::sex_of(cell)) {
        (true, _) => {
            said.sex = Some(None);
            None
        }
        (_, Some(sex)) => {
            said.sex = Some(Some(sex.to_owned()));
            None
        }
        _ => Some(msg!("要写“男”或“女”")),
    });
    take(Column::Birth, &mut |cell| match (read::is_none(cell), read::birth_year(cell, today.year())) {
        (true, _) => {
            said.birth = Some(None);
            None
        }
        (_, Some(year)) => {
            said.birth = Some(Some(year));
            None
        }
        _ => Some(msg!("看不出是哪一年，写成 1968 或 1968-03-15 这样")),
    });
    take(Column::Phone, &mut |cell| match (read::is_none(cell), read::phone(cell)) {
        (true, _) => {
            said.phone = Some(None);
            None
        }
        (_, Some(phone)) => {
            said.phone = Some(Some(phone));
            None
        }
        _ => {
            said.is_no_phone = true;
            None
        }
    });
    take(Column::Branch, &mut |cell| match tree.find(cell, &HOMES) {
        Ok(id) => {
            said.branch = Some(id);
            None
        }
        Err(problem) => Some(problem),
    });
    take(Column::Stage, &mut |cell| {
        said.stage = words::stage_of(cell);
        said.stage.is_none().then(|| msg!("要写：入党申请人、入党积极分子、发展对象、预备党员或正式党员"))
    });
    take(Column::Categories, &mut |cell| {
        let parts = if read::is_none(cell) { vec![] } else { read::several(cell) };
        match parts.iter().find(|part| words::category_of(part).is_none()) {
            Some(unknown) => Some(msg!(
                "没有“{}”这一类，可以写：{}",
                unknown,
                words::listed(Category::ALL.iter().map(|one| one.words()))
            )),
            None => {
                said.categories = Some(sorted(parts.iter().filter_map(|part| words::category_of(part))));
                None
            }
        }
    });
    take(Column::Joined, &mut |cell| match read::date(cell) {
        Some(day) if day > today => Some(msg!("日期在今天以后，请写今天或以前的日期")),
        Some(day) => {
            said.joined = Some(day);
            None
        }
        None => Some(msg!("看不出是哪一天，写成 2019-07-01 这样")),
    });
    take(Column::Office, &mut |cell| {
        let parts = if read::is_none(cell) { vec![] } else { read::several(cell) };
        match parts.iter().find(|part| words::office_of(part).is_none()) {
            Some(unknown) => Some(msg!(
                "没有“{}”这一职务，可以写：{}",
                unknown,
                words::listed(Office::ALL.iter().map(|one| words::office(*one)))
            )),
            None => {
                let mut offices: Vec<_> = parts.iter().filter_map(|part| words::office_of(part)).collect();
                offices.sort_by_key(|office| place(Office::ALL, office));
                offices.dedup();
                said.offices = Some(offices);
                None
            }
        }
    });
    said
}
