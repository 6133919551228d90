//! The log of publications: each entry names the digest of the one before and is signed, so nothing can vanish from it or be put in
//! without being seen by whoever kept an older copy.
use super::json::{canonical, read, sha256, unhex};
use crate::lang::Message;
use crate::msg;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::Value;

/// What the first entry names as the one before it.
pub const NOTHING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry.
#[derive(Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub seq: i64,
    pub at: String,
    pub event: String,
    pub ranking: Option<i64>,
    pub revision: Option<i64>,
    pub document: Option<String>,
    pub rows_root: Option<String>,
    pub prev: String,
    pub lost: Option<Lost>,
    pub hash: String,
    pub signature: String,
    pub key: String,
}

/// The newest entry that a restored database did not have any more.
#[derive(Deserialize, Debug, Clone, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    pub seq: i64,
    pub hash: String,
    pub reason: String,
}

const EVENTS: [&str; 5] = ["provisional", "final", "withdrawn", "superseded", "restored"];

/// Reads an entry and looks at its digest and its signature.
///
/// # Errors
/// What is wrong with it.
pub fn entry(value: &Value) -> Result<Entry, Message> {
    let entry: Entry =
        serde_json::from_value(value.clone()).map_err(|error| msg!("发布日志的一条读不懂：{}", error))?;
    let seq = entry.seq;
    if !EVENTS.contains(&entry.event.as_str()) {
        return Err(msg!("发布日志第 {} 条的事由不认识：{}", seq, entry.event));
    }
    let is_about = [
        entry.ranking.is_some(),
        entry.revision.is_some(),
        entry.document.is_some(),
        entry.rows_root.is_some(),
    ];
    let is_restored = entry.event == "restored";
    if is_about.contains(&is_restored) || entry.lost.is_some() != is_restored {
        return Err(msg!("发布日志第 {} 条缺了内容", seq));
    }
    let mut body = value.clone();
    if let Some(members) = body.as_object_mut() {
        for name in ["hash", "signature", "key"] {
            members.remove(name);
        }
    }
    let form = canonical(&body).ok_or_else(|| msg!("发布日志第 {} 条缺了内容", seq))?;
    if sha256(form.as_bytes()) != entry.hash {
        return Err(msg!("发布日志第 {} 条的内容和它的摘要不符", seq));
    }
    let parts = (unhex(&entry.hash), unhex(&entry.signature), unhex(&entry.key));
    let is_signed = match parts {
        (Some(hash), Some(signature), Some(key)) => {
            UnparsedPublicKey::new(&ED25519, key).verify(&hash, &signature).is_ok()
        }
        _ => false,
    };
    match is_signed {
        true => Ok(entry),
        false => Err(msg!("发布日志第 {} 条的签名不对", seq)),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    format: String,
    key: String,
    from: i64,
    next: Option<i64>,
    entries: Vec<Value>,
}

/// Reads the whole chain from its parts, in order.
///
/// # Errors
/// Everything that is wrong with it.
pub fn log(parts: &[Vec<u8>]) -> Result<Vec<Entry>, Vec<Message>> {
    let (mut chain, mut problems): (Vec<Entry>, Vec<Message>) = (vec![], vec![]);
    let mut next = Some(1);
    for bytes in parts {
        let value = read(bytes).map_err(|_| vec![msg!("发布日志不是规范的 JSON")])?;
        let part: Part =
            serde_json::from_value(value).map_err(|error| vec![msg!("发布日志读不懂：{}", error)])?;
        if part.format != "weixiao-log-1" {
            return Err(vec![msg!("不是 weixiao-log-1：{}", part.format)]);
        }
        if Some(part.from) != next {
            problems.push(msg!("发布日志接不上：这一份从第 {} 条开始", part.from));
        }
        next = part.next;
        for value in &part.entries {
            match entry(value) {
                Err(problem) => problems.push(problem),
                Ok(entry) => {
                    let (seq, hash) =
                        chain.last().map_or((0, NOTHING), |last| (last.seq, last.hash.as_str()));
                    if entry.seq != seq + 1 || entry.prev != hash {
                        problems.push(msg!("发布日志第 {} 条没有接在第 {} 条后面", entry.seq, seq));
                    }
                    if entry.key != part.key {
                        problems.push(msg!("发布日志第 {} 条是别的密钥签的", entry.seq));
                    }
                    chain.push(entry);
                }
            }
        }
    }
    if let Some(next) = next.filter(|_| problems.is_empty()) {
        problems.push(msg!("发布日志不完整：还有从第 {} 条起的一份", next));
    }
    if problems.is_empty() { Ok(chain) } else { Err(problems) }
}

/// What an older copy of a log says of a newer one: nothing where the newer one goes on from it.
pub fn compared(older: &[Entry], newer: &[Entry]) -> Vec<Message> {
    let same = older.iter().zip(newer).take_while(|(one, other)| one.hash == other.hash).count();
    if same == older.len() {
        return vec![];
    }
    let mut problems = vec![match newer.len() == same {
        true => msg!("旧日志有 {} 条，新日志只到第 {} 条：后面的不见了", older.len(), same),
        false => msg!("两份日志从第 {} 条起不同：前 {} 条一样", same + 1, same),
    }];
    let declared = newer[same..].iter().find_map(|entry| {
        let lost = entry.lost.as_ref()?;
        older[same..].iter().any(|old| old.hash == lost.hash).then_some((entry, lost))
    });
    problems.push(match declared {
        Some((entry, lost)) => {
            msg!(
                "新日志第 {} 条声明了这件事：恢复备份时丢了到第 {} 条为止的内容。说明：{}",
                entry.seq,
                lost.seq,
                lost.reason
            )
        }
        None => msg!("新日志没有声明这件事"),
    });
    problems
}
