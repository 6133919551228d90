//! Cases whose last day has passed without an answer go to the next level. domain.md §4.8.
use super::{Case, store};
use crate::access::Permission;
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::error::Result;
use crate::inbox::{self, NewNotice};
use crate::{accounts, clock, msg};

/// Late cases that are passed on in a round; the next round has the next ones.
const LATE: i64 = 200;

/// Takes cases whose last day has passed to the next level: everybody above the person's branch who may decide them is told,
/// and so is the person. Once for each case.
///
/// # Errors
/// Those of the database.
pub fn escalate(conn: &mut Conn, now: Timestamp) -> Result<()> {
    for case in store::overdue(conn, clock::day(now), LATE)? {
        let notice = |person, title, link, key| NewNotice {
            person,
            kind: inbox::Kind::Case,
            title,
            body: String::new(),
            link,
            sent_by: None,
            key,
        };
        let title = msg!("您提出的意见过了期限还没有答复，已经提请上一级办理");
        let mut notices = vec![notice(case.person, title, format!("/me/cases/{}", case.id), key(&case))];
        for (account, person) in accounts::holders_above(conn, Permission::DecideCases, &case.path)? {
            if case.barrier_to(account, person).is_none() {
                let title = msg!("有一件异议或更正过了 {} 的期限还没有答复，请办理", case.due_on);
                let (link, key) = (format!("/cases/{}", case.id), format!("case-{}-late-{person}", case.id));
                notices.push(notice(person, title, link, key));
            }
        }
        inbox::tell(conn, &notices, now)?;
    }
    Ok(())
}

/// The fact that a person is told once about a late case; `store::overdue` looks for it.
fn key(case: &Case) -> String {
    format!("case-{}-late", case.id)
}
