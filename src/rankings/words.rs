//! A method in words: the sentences that a page says beside its numbers. domain.md Appendix B.
use super::Kind;
use crate::lang::{Lang, Message};
use crate::msg;
use crate::scoring::exact::{Exact, shown};
use serde_json::Value;

fn number(value: &Value, path: &str) -> i64 {
    value.pointer(path).and_then(Value::as_i64).unwrap_or_default()
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// A share of one as per cent: `0.05` as `5`.
fn percent(share: &str) -> String {
    crate::scoring::exact::read(share)
        .map(|share| share * Exact::from_integer(100.into()))
        .map(|share| shown(&share, 2).trim_end_matches('0').trim_end_matches('.').to_owned())
        .unwrap_or_default()
}

/// How it was computed, a sentence a line.
pub fn sentences(kind: Kind, method: &Value, facts: &Value) -> Vec<Message> {
    match kind {
        Kind::Contest => contest(method, facts),
        Kind::LecturerRating | Kind::LectureRating => rating(kind, method, facts),
    }
}

fn contest(method: &Value, facts: &Value) -> Vec<Message> {
    let mut said = vec![];
    let weights: Vec<String> = method["criteria"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| {
            let name = one["name"].as_str().unwrap_or_else(|| text(one, "/key"));
            format!("{name} {}", number(one, "/weight"))
        })
        .collect();
    said.push(msg!(
        "{} 名评委独立打分，共 {} 份评分表。",
        number(facts, "/judges"),
        number(facts, "/sheets")
    ));
    if weights.len() > 1 {
        said.push(msg!("分项和权重：{}。", weights.join("，")));
    }
    let (low, high, least) =
        (number(method, "/trim/low"), number(method, "/trim/high"), number(method, "/trim/least"));
    if low + high > 0 {
        said.push(msg!(
            "评分表满 {} 份的，去掉 {} 份最高的、{} 份最低的再平均；不满的全部平均，并注明“评委少”。",
            least,
            high,
            low
        ));
    } else {
        said.push(msg!("取全部评分表的平均分。"));
    }
    match text(method, "/panels") {
        "top_of_each" => said.push(msg!("各组分别排名，各取前几名，组与组之间不比分数。")),
        "pooled" => said.push(msg!("各组得分乘以系数：全体平均分除以本组平均分。")),
        "twice_averaged" => said.push(msg!("各组得分乘以系数（二次平均）：各组平均分的平均除以本组平均分。")),
        "least_squares" => {
            said.push(msg!("每件作品只由部分评委评，用最小二乘法扣除评委的宽严；原始平均分列在旁边。"))
        }
        _ => {}
    }
    if method["time"].is_object() {
        said.push(msg!(
            "超过 {} 秒后再宽限 {} 秒，此后每满或不满 {} 秒扣 {} 分，最多扣 {} 分。",
            number(method, "/time/limit"),
            number(method, "/time/grace"),
            number(method, "/time/step"),
            text(method, "/time/each"),
            text(method, "/time/most")
        ));
    }
    if method["audience"].is_object() {
        said.push(msg!("观众投票按名次折算，占 {}%。", percent(text(method, "/audience/share"))));
    } else {
        said.push(msg!("没有观众投票。"));
    }
    let recused = number(facts, "/recused");
    if recused > 0 {
        said.push(msg!("评委回避 {} 人次，不计分。", recused));
    }
    said.push(msg!(
        "先按精确值排名，再四舍五入到 {} 位小数；得分相同的按规定的次序区分，仍相同的并列，后面的名次顺延。",
        number(method, "/places")
    ));
    said
}

fn rating(kind: Kind, method: &Value, facts: &Value) -> Vec<Message> {
    let mean = text(method, "/city_mean").parse::<Exact>().map(|mean| shown(&mean, 2)).unwrap_or_default();
    let mut said = vec![match kind {
        Kind::LecturerRating => msg!("只算看完课的党员的评价；同一人评过同一位讲师的几堂课，先平均成一票。"),
        _ => msg!("只算看完课的党员的评价，每人每课一票。"),
    }];
    said.push(msg!(
        "得分是贝叶斯平均：每一项先加上 {} 票全市平均分（{}）再平均，票数少的不会偶然冲到前面。",
        number(method, "/prior"),
        mean
    ));
    said.push(msg!(
        "共 {} 票。不满 {} 票或不到 {} 个支部的不列入。",
        number(facts, "/voices"),
        number(method, "/least_voices"),
        number(method, "/least_branches")
    ));
    let apart = number(facts, "/ratings_excluded");
    if apart > 0 {
        said.push(msg!("{} 条评价经两人核查未计入，原因见公告。", apart));
    }
    said.push(msg!("只公布前 {} 名，不公布后面的名次。", number(method, "/top_k")));
    said
}

/// Why somebody is not in it; other words stand as they were written.
pub fn reason(kept: &str, lang: Lang) -> String {
    match kept {
        "withdrawn" => msg!("已退出或已下架").in_lang(lang),
        "disqualified" => msg!("取消资格").in_lang(lang),
        "no_sheets" => msg!("没有评分表").in_lang(lang),
        "few_voices" => msg!("评价人数不足").in_lang(lang),
        other => other.to_owned(),
    }
}

/// What broke a tie.
pub fn breaker(kept: &str) -> Option<Message> {
    Some(match kept {
        "content" => msg!("按内容分"),
        "median" => msg!("按中位数"),
        "duel" => msg!("按多数评委"),
        "vote" => msg!("按评委投票"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_share_is_said_in_per_cent() {
        assert_eq!(
            [percent("0.05"), percent("0.3"), percent("0.125"), percent("1")],
            ["5", "30", "12.5", "100"]
        );
    }

    #[test]
    fn a_method_is_said_in_sentences() {
        let method = json!({"criteria": [{"key": "内容", "weight": 60}, {"key": "表达", "weight": 40}], "trim": {"low": 1, "high": 1, "least": 5},
            "panels": "single", "time": null, "audience": {"share": "0.05"}, "places": 2});
        let said = sentences(Kind::Contest, &method, &json!({"judges": 7, "sheets": 84, "recused": 1}));
        let text: String = said.iter().map(|one| one.to_string()).collect();
        for part in ["7 名评委", "内容 60", "去掉 1 份最高的", "占 5%", "回避 1 人次", "2 位小数"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
