//! All that the portal holds of a person as a file to take away: a ZIP with `data.json` for programs and `data.html` for people,
//! from the same rows as the page. docs/own-data says what stands where; its outline follows the learner portfolio of GB/T 38860-2020
//! as a mapping, not as a claim of conformity.
use super::store::{self, Export, Look};
use super::{Fact, Group, Kind};
use crate::clock::{self, Timestamp};
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::ids::PersonId;
use crate::lang::Lang;
use crate::web::text::escape;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The shape of `data.json`; a change of it is a new number.
pub const SCHEMA: i32 = 2;
/// Rows that are read at a time, and the most of a kind: more than a life of study has.
const PIECE: i64 = 1_000;
const MOST: i64 = 50_000;
/// Lines of the access log, and files of lists.
const LOOKS: i64 = 5_000;

/// Who looked at the person alone, and who took lists along with the person in them.
struct Seen {
    looks: Vec<Look>,
    exports: Vec<Export>,
}

/// Everything of a kind.
fn all(conn: &mut Conn, person: PersonId, kind: Kind) -> Result<Vec<Fact>> {
    let mut facts = vec![];
    loop {
        let some = super::facts(conn, person, kind, facts.len() as i64, PIECE)?;
        let is_last = (some.len() as i64) < PIECE;
        facts.extend(some);
        if is_last || facts.len() as i64 >= MOST {
            return Ok(facts);
        }
    }
}

/// A moment on a clock in the city, as RFC 3339 writes it.
fn moment(at: Timestamp) -> String {
    clock::local(at).format("%Y-%m-%dT%H:%M:%S+08:00").to_string()
}

fn fact_json(fact: &Fact) -> Value {
    let mut map = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    };
    put("id", (fact.id > 0).then(|| fact.id.into()));
    put("at", fact.at.map(|at| moment(at).into()));
    put("changed_at", fact.last.map(|at| moment(at).into()));
    put("from", fact.since.map(|day| day.to_string().into()));
    put("until", fact.until.map(|day| day.to_string().into()));
    put("title", fact.named(Lang::Zh).map(Value::from));
    put("state", fact.code.clone().map(Value::from));
    put("state_words", fact.state().map(|words| words.in_lang(Lang::Zh).into()));
    put("text", fact.detail.clone().map(Value::from));
    put("amount", fact.n.map(Value::from));
    put("of", fact.of.map(Value::from));
    put("recorded_by", fact.by.as_ref().map(|(_, name)| name.clone().into()));
    Value::Object(map)
}

/// The group of the standard's outline under which a group of ours stands in the file; docs/own-data says which names are ours.
const fn part(group: Group) -> &'static str {
    match group {
        Group::Person | Group::Membership => "learner",
        Group::Enrolment | Group::Study | Group::Attendance | Group::Copy => "learning",
        Group::Test | Group::Record => "results",
        Group::Contest => "activities",
        Group::Account | Group::Case | Group::Notice | Group::Voice => "portal",
    }
}

const PARTS: [&str; 5] = ["learner", "learning", "results", "activities", "portal"];

/// The file.
///
/// # Errors
/// Those of the database.
pub fn file(conn: &mut Conn, person: PersonId, name: &str, now: Timestamp) -> Result<Vec<u8>> {
    let mut gathered: Vec<(Kind, Vec<Fact>)> = vec![];
    for kind in Kind::ALL {
        gathered.push((*kind, all(conn, person, *kind)?));
    }
    let seen =
        Seen { looks: store::looks(conn, person, 0, LOOKS)?, exports: store::exports(conn, person, LOOKS)? };
    let json = as_json(person, name, &gathered, &seen, now);
    let html = as_html(name, &gathered, &seen, now)?;
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (file, bytes) in [
        ("data.json", serde_json::to_vec_pretty(&json).map_err(Error::internal)?),
        ("data.html", html.into_bytes()),
    ] {
        zip.start_file(file, options).map_err(Error::internal)?;
        zip.write_all(&bytes).map_err(Error::internal)?;
    }
    Ok(zip.finish().map_err(Error::internal)?.into_inner())
}

fn as_json(
    person: PersonId,
    name: &str,
    gathered: &[(Kind, Vec<Fact>)],
    seen: &Seen,
    now: Timestamp,
) -> Value {
    let created = gathered
        .iter()
        .find(|(kind, _)| *kind == Kind::Person)
        .and_then(|(_, facts)| facts.first())
        .and_then(|fact| fact.at)
        .map(moment);
    let mut parts = Map::new();
    for part_name in PARTS {
        let mut groups = Map::new();
        for group in Group::ALL.iter().filter(|group| part(**group) == part_name) {
            let mut kinds = Map::new();
            for (kind, facts) in gathered.iter().filter(|(kind, _)| kind.group() == *group) {
                let value = json!({
                    "name": kind.words().in_lang(Lang::Zh),
                    "source": kind.source().in_lang(Lang::Zh),
                    "is_complete": (facts.len() as i64) < MOST,
                    "facts": facts.iter().map(fact_json).collect::<Vec<_>>(),
                });
                kinds.insert(kind.as_str().to_owned(), value);
            }
            groups.insert(group.as_str().to_owned(), Value::Object(kinds));
        }
        parts.insert(part_name.to_owned(), Value::Object(groups));
    }
    let look = |look: &Look| {
        json!({
            "at": moment(look.at),
            "action": look.action.as_str(),
            "action_words": look.action.words().in_lang(Lang::Zh),
            "by": look.actor,
            "subject": look.subject_kind,
        })
    };
    let list = |(at, by, list): &Export| json!({"at": moment(*at), "by": by, "list": list});
    let mut whole = json!({
        "format": "weixiao own data",
        "schema_version": SCHEMA,
        "mapping": "outline after GB/T 38860-2020 (learner portfolio); a mapping, no claim of conformity",
        "metadata": {
            "portfolio_number": format!("weixiao-{person}"),
            "learner": name,
            "created_at": created,
            "updated_at": moment(now),
        },
        "access_log": seen.looks.iter().map(look).collect::<Vec<_>>(),
        "exports": seen.exports.iter().map(list).collect::<Vec<_>>(),
    });
    if let Some(map) = whole.as_object_mut() {
        map.extend(parts);
    }
    whole
}

/// Large type, dark on light, prints on A4; needs nothing from the network.
const STYLE: &str = "body{font:20px/1.7 system-ui,\"PingFang SC\",\"Microsoft YaHei\",sans-serif;color:#1b1714;background:#fff;\
max-width:52rem;margin:0 auto;padding:1.5rem}h1{font-size:1.7em}h2{font-size:1.35em;margin:2em 0 .3em;border-bottom:3px solid #a02a20}\
h3{font-size:1.1em;margin:1.4em 0 .2em}p{margin:.3em 0}ul{padding:0;margin:.4em 0;list-style:none}li{border-top:1px solid #ccc;padding:.5em 0;\
break-inside:avoid}.s{color:#5a524b;font-size:.9em}@media print{body{font-size:14pt;max-width:none;padding:0}}";

fn as_html(name: &str, gathered: &[(Kind, Vec<Fact>)], seen: &Seen, now: Timestamp) -> Result<String> {
    let zh = Lang::Zh;
    let mut out = String::with_capacity(64 * 1024);
    let mut html = |text: &str| out.push_str(text);
    html(
        "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
    );
    html(&escape(&format!("{name} · 本站记录的我的信息")));
    html("</title><style>");
    html(STYLE);
    html("</style></head><body><h1>本站记录的我的信息</h1><p>");
    html(&escape(&format!("{name}，{} 导出。", clock::local(now).format("%Y 年 %m 月 %d 日 %H:%M"))));
    html(
        "</p><p class=\"s\">给程序读的同样内容在 data.json 里。有一条不对，可以在“我的信息”里申请更正。</p>",
    );
    for group in Group::ALL {
        html("<h2>");
        html(&escape(&group.words().in_lang(zh)));
        html("</h2>");
        for (kind, facts) in gathered.iter().filter(|(kind, _)| kind.group() == *group) {
            html("<h3>");
            html(&escape(&format!("{}（{} 条）", kind.words().in_lang(zh), facts.len())));
            html("</h3><p class=\"s\">");
            html(&escape(&kind.source().in_lang(zh)));
            html("</p><ul>");
            for fact in facts {
                html(&line(fact)?);
            }
            html("</ul>");
        }
    }
    html("<h2>谁看过、谁办过</h2><ul>");
    for look in &seen.looks {
        let by = look.actor.as_deref().unwrap_or("系统");
        let words = look.action.words().in_lang(zh);
        html("<li>");
        html(&escape(&format!("{} {words}：{by}", clock::local(look.at).format("%Y-%m-%d %H:%M"))));
        html("</li>");
    }
    html("</ul><h2>导出过有我的名单</h2><ul>");
    for (at, by, list) in &seen.exports {
        html("<li>");
        html(&escape(&format!("{} {list}：{by}", clock::local(*at).format("%Y-%m-%d %H:%M"))));
        html("</li>");
    }
    html("</ul></body></html>");
    Ok(out)
}

fn line(fact: &Fact) -> Result<String> {
    let zh = Lang::Zh;
    let mut text = String::from("<li>");
    let words = [
        fact.named(zh),
        fact.state().map(|words| words.in_lang(zh)),
        fact.amount().map(|words| words.in_lang(zh)),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    write!(text, "<b>{}</b>", escape(&words.join(" · "))).map_err(Error::internal)?;
    if let Some(detail) = &fact.detail {
        write!(text, "<p>{}</p>", escape(detail)).map_err(Error::internal)?;
    }
    let minute = |at: Timestamp| clock::local(at).format("%Y-%m-%d %H:%M").to_string();
    let began = fact.kind.began().in_lang(zh);
    let mut times: Vec<String> = fact.at.map(|at| format!("{began} {}", minute(at))).into_iter().collect();
    if let Some(at) = fact.last {
        times.push(format!("最近变动于 {}", minute(at)));
    }
    if let Some((label, from, last)) = fact.days() {
        let label = label.in_lang(zh);
        times.push(match last {
            Some(last) => format!("{label} {from} 至 {last}"),
            None => format!("{label} {from}"),
        });
    }
    if let Some((_, name)) = &fact.by {
        times.push(format!("{name} 登记"));
    }
    write!(text, "<p class=\"s\">{}</p></li>", escape(&times.join("，"))).map_err(Error::internal)?;
    Ok(text)
}
