//! Who may answer a case, and what an answer is.
use super::*;

fn viewer(account: i64, person: i64) -> Viewer {
    Viewer {
        account: AccountId(account),
        person: PersonId(person),
        name: String::new(),
        grants: vec![],
        actor_name: None,
        has_news: false,
    }
}

#[test]
fn nobody_decides_the_own_record_filing_matter_or_answer() {
    let now = clock::now();
    let case = Case {
        id: CaseId(1),
        kind: Kind::Appeal,
        level: Level::Second,
        subject_kind: "attendance".into(),
        subject_id: 1,
        person: PersonId(10),
        person_name: String::new(),
        path: "/1/2/3/".into(),
        made_by: Some(AccountId(1)),
        filed_by: AccountId(2),
        filed_at: now,
        due_on: clock::day(now),
        state: State::Filed,
        decided_at: None,
        appealed: Some(CaseId(2)),
        answered_by: Some(AccountId(4)),
    };
    assert_eq!(case.barrier(&viewer(1, 11)), Some(Refusal::OwnRecord));
    assert_eq!(case.barrier(&viewer(2, 12)), Some(Refusal::OwnFiling));
    assert_eq!(case.barrier(&viewer(3, 10)), Some(Refusal::OwnMatter));
    assert_eq!(case.barrier(&viewer(4, 14)), Some(Refusal::OwnAnswer));
    assert_eq!(case.barrier(&viewer(5, 15)), None);
    assert!(!case.is_overdue(case.due_on), "on its last day it is in time");
    assert!(case.is_overdue(case.due_on + chrono::Duration::days(1)));
}

#[test]
fn an_answer_ends_a_case() {
    for outcome in Outcome::ALL {
        assert_eq!(outcome.as_str(), outcome.state().as_str());
        assert!(!outcome.state().is_open());
    }
    assert!(!State::Upheld.is_appealable() && State::Inadmissible.is_appealable());
}
