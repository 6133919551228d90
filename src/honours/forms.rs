//! What the forms of gold lecturers send.
use super::Proposal;
use crate::msg;
use crate::web::form::{Errors, optional, text};
use serde::Deserialize;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 300;

/// A reason, and what is proposed or confirmed where the page says so.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ReasonForm {
    pub reason: String,
    pub what: String,
}

impl ReasonForm {
    /// A reason that may be left out.
    pub fn check_optional(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("reason", optional(&self.reason, LONGEST_REASON)).ok_or(errors)
    }
    /// A reason that the person will read.
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        let said = text(&self.reason, LONGEST_REASON);
        let said = said.map_err(|problem| {
            if self.reason.trim().is_empty() { msg!("请写明原因，本人会看到") } else { problem }
        });
        errors.take("reason", said).ok_or(errors)
    }
    /// What is proposed, with its reason.
    pub fn check_proposal(&self) -> Result<(Proposal, String), Errors> {
        let mut errors = Errors::default();
        let what = errors.take("what", Proposal::of(&self.what).ok_or_else(|| msg!("请选一项")));
        match (what, self.check()) {
            (Some(what), Ok(reason)) => Ok((what, reason)),
            (_, Ok(_)) => Err(errors),
            (_, Err(others)) => Err(errors.and(others)),
        }
    }
    /// The proposal that the page showed.
    pub fn seen(&self) -> Option<Proposal> {
        Proposal::of(&self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_names_what_and_why() {
        let form = |what: &str, reason: &str| ReasonForm { what: what.into(), reason: reason.into() };
        assert_eq!(form("end", " 本人提出 ").check_proposal(), Ok((Proposal::End, "本人提出".into())));
        let bad = form("praise", " ").check_proposal().unwrap_err();
        assert!(bad.of("what").is_some() && bad.of("reason").is_some());
        assert!(form("end", &"字".repeat(301)).check_proposal().is_err());
        assert_eq!(form("", "").check_optional(), Ok(String::new()));
    }
}
