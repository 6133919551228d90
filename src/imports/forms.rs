//! What the forms send.
use super::columns::Column;
use super::files::Form;
use super::{Kind, Mapping, Purpose};
use crate::lang::Message;
use crate::msg;
use crate::web::form::{self, Errors};
use serde::Deserialize;

/// A file as it is sent.
#[derive(Default, Clone)]
pub struct UploadForm {
    pub kind: String,
    pub key: String,
    pub file_name: String,
    pub file: Vec<u8>,
}

impl UploadForm {
    /// The kind, the key and the name of the file.
    pub fn check(&self) -> Result<(Kind, String, String), Errors> {
        let mut errors = Errors::default();
        let kind = errors.take("kind", Kind::of(&self.kind).ok_or_else(|| msg!("请选一项")));
        let key = errors.take("key", form::key(&self.key));
        if self.file.is_empty() {
            errors = errors.with("file", msg!("请选一个文件"));
        }
        match (kind, key) {
            (Some(kind), Some(key)) if errors.is_empty() => Ok((kind, key, short(&self.file_name))),
            _ => Err(errors),
        }
    }
}

/// A name of a file without folders and signs that nobody sees.
fn short(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).take(120).collect()
}

/// Which column is which, from the pairs of the form: `c0=name&c1=&whole=yes`.
///
/// # Errors
/// That a column is named twice, or the name is missing.
pub fn mapping(kind: Kind, before: &Mapping, sent: &[(String, String)]) -> Result<(Mapping, bool), Message> {
    let mut mapping = Mapping { head: before.head, columns: vec![String::new(); before.columns.len()] };
    for (name, value) in sent {
        let place = name.strip_prefix('c').and_then(|place| place.parse::<usize>().ok());
        let column = Column::of(value).filter(|column| kind.columns().contains(column));
        if let (Some(place), Some(column)) = (place, column)
            && let Some(slot) = mapping.columns.get_mut(place)
        {
            *slot = column.as_str().to_owned();
        }
    }
    for column in kind.columns() {
        if mapping.columns.iter().filter(|name| *name == column.as_str()).count() > 1 {
            return Err(msg!("“{}”选了两列，请只留一列", column.words(kind)));
        }
    }
    for column in kind.needed() {
        if !mapping.columns.iter().any(|name| name == column.as_str()) {
            return Err(msg!("请指明哪一列是“{}”", column.words(kind)));
        }
    }
    Ok((mapping, sent.iter().any(|(name, value)| name == "whole" && value == "yes")))
}

/// What is taken away, how, and what for.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ExportForm {
    pub what: String,
    pub form: String,
    pub purpose: String,
}

impl ExportForm {
    pub fn check(&self) -> Result<(Kind, Form, Purpose), Errors> {
        let mut errors = Errors::default();
        let kind = errors.take("what", Kind::of(&self.what).ok_or_else(|| msg!("请选一项")));
        let form = errors.take("form", Form::of(&self.form).ok_or_else(|| msg!("请选一项")));
        let purpose = errors.take(
            "purpose",
            Purpose::of(&self.purpose).ok_or_else(|| msg!("请选导出的用途，会记入操作记录")),
        );
        match (kind, form, purpose) {
            (Some(kind), Some(form), Some(purpose)) => Ok((kind, form, purpose)),
            _ => Err(errors),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_once_and_the_name_is_among_them() {
        let before = Mapping { head: 1, columns: vec!["name".into(), String::new(), "number".into()] };
        let pairs = |text: &str| -> Vec<(String, String)> {
            text.split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(a, b)| (a.into(), b.into()))
                .collect()
        };
        let read = |text: &str| mapping(Kind::Members, &before, &pairs(text));
        let (found, whole) = read("c0=name&c1=&c2=phone&c9=sex&whole=yes").unwrap();
        assert_eq!(
            (found.head, found.columns, whole),
            (1, vec!["name".to_owned(), String::new(), "phone".into()], true)
        );
        assert!(read("c0=name&c1=name").is_err());
        assert!(read("c0=number").is_err());
        assert!(!read("c0=name&c1=seats").unwrap().0.columns.contains(&"seats".to_owned()));
    }

    #[test]
    fn a_file_is_needed_and_its_name_has_no_folders() {
        let form = UploadForm {
            kind: "members".into(),
            key: "0123456789abcdef0123456789abcdef".into(),
            file_name: "C:\\名册\\一.xlsx".into(),
            file: vec![1],
        };
        assert_eq!(form.check().unwrap().2, "一.xlsx");
        assert!(UploadForm { file: vec![], ..form.clone() }.check().unwrap_err().of("file").is_some());
        assert!(UploadForm { kind: "x".into(), ..form }.check().is_err());
    }
}
