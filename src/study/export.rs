//! The own history as facts, and as a file to take away: XLSX for people, JSON for programs. Both hold every fact once.
use super::store;
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::lang::{Lang, Message};
use crate::web::sheet::{Cell, Sheet};
use crate::{enrolments, events, msg, text_enum};
use serde_json::{Value, json};

text_enum! {
    /// What a fact is about.
    pub enum FactKind {
        Lecture = "lecture",
        Presence = "presence",
        Test = "test",
        Chapter = "chapter",
        Enrolment = "enrolment",
        Record = "record",
        Watching = "watching",
    }
}

impl FactKind {
    pub fn words(self) -> Message {
        match self {
            FactKind::Lecture => msg!("看完的微党课"),
            FactKind::Presence => msg!("到场记录"),
            FactKind::Test => msg!("自测"),
            FactKind::Chapter => msg!("读过的章节"),
            FactKind::Enrolment => msg!("报名"),
            FactKind::Record => msg!("结业记录"),
            FactKind::Watching => msg!("看过的录像"),
        }
    }
    /// Under which name a matter about such a fact is brought.
    pub fn case(self) -> Option<&'static str> {
        match self {
            FactKind::Lecture => Some("completion"),
            FactKind::Presence => Some("attendance"),
            FactKind::Record => Some("record"),
            _ => None,
        }
    }
}

/// Something about a person's study, as it is kept.
#[derive(Debug, Clone)]
pub struct Fact {
    pub kind: FactKind,
    /// The number of the row; 0 where it has none.
    pub id: i64,
    pub at: Timestamp,
    pub title: String,
    pub link: Option<String>,
    pub status: String,
    pub seconds: Option<i32>,
    pub length_s: Option<i32>,
    pub minutes: Option<i32>,
    pub right: Option<i32>,
    pub questions: Option<i32>,
    pub chapter: Option<i32>,
    pub revision: Option<i32>,
    /// No later revision stands in its place.
    pub holds: bool,
    pub is_by_clerk: bool,
}

impl Fact {
    pub fn new(kind: FactKind, id: i64, at: Timestamp, title: String) -> Fact {
        Fact {
            kind,
            id,
            at,
            title,
            link: None,
            status: String::new(),
            seconds: None,
            length_s: None,
            minutes: None,
            right: None,
            questions: None,
            chapter: None,
            revision: None,
            holds: true,
            is_by_clerk: false,
        }
    }
    /// The state in words.
    pub fn words(&self) -> Message {
        if self.kind == FactKind::Enrolment
            && let Some(state) = enrolments::State::of(&self.status)
        {
            return state.words();
        }
        if self.kind == FactKind::Presence
            && let Some(status) = events::Status::of(&self.status)
        {
            return status.words();
        }
        match self.status.as_str() {
            "online" => msg!("自己看完"),
            "group" => msg!("集体收看"),
            "visit" => msg!("送学上门"),
            "reversed" => msg!("已撤销"),
            "passed" => msg!("已通过"),
            "not_passed" => msg!("没有通过"),
            "practice" => msg!("错题再练"),
            "stated" => msg!("本人声明已读"),
            "valid" => msg!("有效"),
            "withdrawn" => msg!("已收回"),
            "completed" => msg!("已看完"),
            "begun" => msg!("看过一部分"),
            other => msg!("{}", other),
        }
    }
    /// How much, in words; empty where that says nothing.
    pub fn amount(&self) -> Option<Message> {
        match (self.seconds, self.length_s, self.minutes, self.right, self.questions) {
            (Some(seconds), Some(length), ..) => {
                Some(msg!("{} / {} 分钟", minutes(seconds), minutes(length)))
            }
            (.., Some(right), Some(questions)) => Some(msg!("{} / {} 题", right, questions)),
            (_, _, Some(minutes), ..) if minutes > 0 => Some(msg!("{} 分钟", minutes)),
            _ => self.chapter.map(|chapter| msg!("第 {} 章", chapter)),
        }
    }
    fn to_json(&self) -> Value {
        let mut value = json!({
            "kind": self.kind.as_str(),
            "id": if self.id == 0 { Value::Null } else { self.id.into() },
            "at": moment(self.at),
            "title": self.title,
            "status": self.status,
            "holds": self.holds,
            "by_clerk": self.is_by_clerk,
        });
        for (name, n) in [
            ("seconds", self.seconds),
            ("length_seconds", self.length_s),
            ("minutes", self.minutes),
            ("right_answers", self.right),
            ("questions", self.questions),
            ("chapter", self.chapter),
            ("revision", self.revision),
        ] {
            if let Some(n) = n {
                value[name] = n.into();
            }
        }
        value
    }
}

/// Seconds in minutes, with one digit behind the point where they are no whole ones.
fn minutes(seconds: i32) -> String {
    match seconds % 60 {
        0 => (seconds / 60).to_string(),
        _ => format!("{:.1}", f64::from(seconds) / 60.0),
    }
}

/// A moment on a clock in the city, as RFC 3339 writes it.
fn moment(at: Timestamp) -> String {
    clock::local(at).format("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

/// Facts that are read at a time.
const PIECE: i64 = 1_000;

/// Gives every fact about this person to `take`, kind by kind, the newest first.
fn each(conn: &mut Conn, person: PersonId, mut take: impl FnMut(&Fact) -> Result<()>) -> Result<()> {
    for kind in FactKind::ALL {
        let mut skip = 0;
        loop {
            let some = store::facts_of_kind(conn, person, *kind, (skip, PIECE), true)?;
            some.iter().try_for_each(&mut take)?;
            skip += PIECE;
            if (some.len() as i64) < PIECE {
                break;
            }
        }
    }
    Ok(())
}

/// What the names of fields mean; stands in the file itself.
const FIELDS: [(&str, &str); 12] = [
    (
        "kind",
        "lecture: a lecture watched to its end; presence: what was recorded of being at an event; test: a self-test handed in; chapter: a chapter read, by the reader's own statement; enrolment: a place in a course or at an event; record: a course finished; watching: seconds of a recording that the server credited",
    ),
    ("id", "the number of the row, to be named in a correction request"),
    ("at", "when it was recorded, RFC 3339, Asia/Shanghai"),
    ("status", "the state as it is kept; reversed and withdrawn ones do not count any more"),
    ("holds", "false where a later revision of the same presence stands in its place"),
    ("by_clerk", "true where a clerk did it on the person's behalf"),
    ("seconds, length_seconds", "credited seconds, of how many"),
    ("minutes", "of a presence: minutes that count; of a record: what the course is worth"),
    ("right_answers, questions", "of a self-test"),
    ("chapter", "its number in the booklet"),
    ("revision", "of a presence, counted from 1"),
    ("title", "the title at the time of this export; of a record: as it was then"),
];

/// Everything as JSON.
///
/// # Errors
/// Those of the database.
pub(super) fn as_json(conn: &mut Conn, person: PersonId, name: &str, now: Timestamp) -> Result<Vec<u8>> {
    let mut facts = vec![];
    each(conn, person, |fact| {
        facts.push(fact.to_json());
        Ok(())
    })?;
    let fields: serde_json::Map<String, Value> =
        FIELDS.into_iter().map(|(name, about)| (name.to_owned(), about.into())).collect();
    let whole = json!({
        "format": "weixiao study history 1",
        "exported_at": moment(now),
        "person": name,
        "fields": fields,
        "facts": facts,
    });
    serde_json::to_vec_pretty(&whole).map_err(Error::internal)
}

/// Everything as XLSX, with headings in the reader's language.
///
/// # Errors
/// Those of the database, or of the disk.
pub(super) fn as_xlsx(conn: &mut Conn, person: PersonId, lang: Lang) -> Result<Vec<u8>> {
    let columns = [
        (msg!("类别"), 14),
        (msg!("时间"), 18),
        (msg!("内容"), 44),
        (msg!("情况"), 16),
        (msg!("数量"), 18),
        (msg!("经办"), 14),
        (msg!("说明"), 18),
        (msg!("编号"), 10),
    ];
    let columns: Vec<(String, u16)> =
        columns.into_iter().map(|(words, width)| (words.in_lang(lang), width)).collect();
    let mut sheet = Sheet::new(&msg!("学习记录").in_lang(lang), &columns)?;
    each(conn, person, |fact| {
        let cells: [Cell; 8] = [
            fact.kind.words().in_lang(lang).into(),
            clock::local(fact.at).format("%Y-%m-%d %H:%M").to_string().into(),
            fact.title.clone().into(),
            fact.words().in_lang(lang).into(),
            fact.amount().map(|words| words.in_lang(lang)).unwrap_or_default().into(),
            if fact.is_by_clerk { msg!("代办员代办").in_lang(lang) } else { String::new() }.into(),
            if fact.holds { String::new() } else { msg!("已被后来的登记代替").in_lang(lang) }.into(),
            if fact.id == 0 { Cell::Text(String::new()) } else { fact.id.into() },
        ];
        sheet.row(&cells)
    })?;
    sheet.finish()
}
