//! What a reviewer sends.
use crate::captions::time;
use crate::lectures::{Remark, Verdict};
use crate::msg;
use crate::web::form::{Errors, text};

/// Rows for remarks that the form has.
pub const ROWS: usize = 6;

/// A verdict with remarks: repeated `at` and `text`.
#[derive(Default, Clone)]
pub struct VerdictForm {
    pub verdict: String,
    /// The version that the page showed.
    pub version: i32,
    pub remarks: Vec<(String, String)>,
}

impl VerdictForm {
    pub fn of(pairs: &[(String, String)]) -> VerdictForm {
        let of =
            |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
        VerdictForm {
            verdict: of("verdict").next().unwrap_or_default(),
            version: of("version").next().and_then(|sent| sent.parse().ok()).unwrap_or_default(),
            remarks: of("at")
                .zip(of("text"))
                .filter(|row| !(row.0.trim().is_empty() && row.1.trim().is_empty()))
                .collect(),
        }
    }
    /// The remarks and as many empty rows as the form shows more.
    pub fn rows(&self) -> Vec<(String, String)> {
        let mut rows = self.remarks.clone();
        rows.resize(rows.len().max(ROWS - 2) + 2, Default::default());
        rows
    }
    pub fn check(&self, duration_ms: i32) -> Result<(Verdict, Vec<Remark>), Errors> {
        let mut errors = Errors::default();
        let verdict =
            errors.take("verdict", Verdict::of(&self.verdict).ok_or_else(|| msg!("请选通过或退回")));
        let mut remarks = vec![];
        for (place, (at, said)) in (1..).zip(&self.remarks) {
            let at_ms = match at.trim() {
                "" => Ok(None),
                at => time(at)
                    .filter(|ms| *ms <= duration_ms)
                    .map(Some)
                    .ok_or_else(|| msg!("第 {} 条：时间读不出来，或超出了视频", place)),
            };
            let said = text(said, 300).map_err(|_| msg!("第 {} 条：请写意见，不超过 300 字", place));
            if let (Some(at_ms), Some(text)) = (errors.take("remarks", at_ms), errors.take("remarks", said)) {
                remarks.push(Remark { at_ms, text });
            }
        }
        if self.remarks.len() > 50 {
            errors = errors.with("remarks", msg!("一次最多 50 条意见"));
        }
        if verdict == Some(Verdict::Returned) && self.remarks.is_empty() {
            errors = errors.with("remarks", msg!("退回时请写明要改什么"));
        }
        match verdict {
            Some(verdict) if errors.is_empty() => Ok((verdict, remarks)),
            _ => Err(errors),
        }
    }
}
