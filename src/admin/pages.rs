//! The pages of administrators and auditors.
use super::forms::AuditQuery;
use crate::access::Permission::{
    DecideSettings, HandleFeedback, ManageChannels, ReadAudit, ReadFeedback, SeeAdmin,
};
use crate::audit::{self, Action};
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::{FeedbackId, PersonId};
use crate::lang::Message;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use crate::{accounts, cases, clock, feedback, msg};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin", SeeAdmin, index),
        get("/admin/audit", ReadAudit, record),
        get("/admin/feedback", ReadFeedback, entries),
        post("/admin/feedback/{id}/handled", HandleFeedback, handled),
    ]
}

#[derive(Template)]
#[template(path = "admin/index.html")]
struct Index {
    page: Page,
    may_read_feedback: bool,
    may_read_audit: bool,
    may_decide: bool,
    may_manage_channels: bool,
    /// Disputes, corrections and appeals of the whole city that nobody has answered by their last day.
    overdue: i64,
}

async fn index(page: Page, db: Data<Db>) -> Reply {
    let today = clock::day(clock::now());
    let overdue = db.read(move |conn| cases::overdue_within(conn, &["/".to_owned()], today)).await?;
    reply::page(&Index {
        overdue,
        may_read_feedback: page.may(ReadFeedback),
        may_read_audit: page.may(ReadAudit),
        may_decide: page.may(DecideSettings),
        may_manage_channels: page.may(ManageChannels),
        page,
    })
}

/// How many lines of the record stand on a page.
const LINES: i64 = 50;

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct Record {
    page: Page,
    query: AuditQuery,
    actions: &'static [Action],
    /// The account asked for does not exist: nothing was done by it.
    is_nobody: bool,
    entries: Vec<audit::Entry>,
    paging: Paging,
}

impl Record {
    fn load(conn: &mut Conn, page: Page, query: AuditQuery) -> Result<Record> {
        let number = paging::number(&query.page);
        let mut filter = query.filter();
        let mut is_nobody = false;
        if let Some(name) = query.actor() {
            filter.actor = accounts::id_of_name(conn, &name)?;
            is_nobody = filter.actor.is_none();
        }
        let mut entries =
            if is_nobody { vec![] } else { audit::latest(conn, &filter, (number - 1) * LINES, LINES + 1)? };
        let paging = Paging::cut(&page.path, number, &mut entries, LINES)?;
        Ok(Record { page, query, actions: Action::ALL, is_nobody, entries, paging })
    }
    /// The kind of record in words; one that has none is named as it is kept.
    fn subject(&self, kind: &str) -> String {
        let words: Option<Message> = match kind {
            "person" => Some(msg!("人员")),
            "account" => Some(msg!("账号")),
            "lecture" => Some(msg!("微党课")),
            "question" => Some(msg!("提问")),
            "booklet" => Some(msg!("读本")),
            "feedback" => Some(msg!("投诉或建议")),
            "setting" => Some(msg!("设置")),
            "backup" => Some(msg!("备份")),
            _ => None,
        };
        words.map_or_else(|| kind.to_owned(), |words| self.page.say(&words))
    }
}

async fn record(page: Page, db: Data<Db>, query: Query<AuditQuery>) -> Reply {
    let view = db.read_long(move |conn| Record::load(conn, page, query.into_inner())).await?;
    reply::page(&view)
}

/// How many complaints and suggestions stand on a page.
const ENTRIES: i64 = 20;

#[derive(Template)]
#[template(path = "admin/feedback.html")]
struct Entries {
    page: Page,
    entries: Vec<feedback::Entry>,
    /// Those for whom a clerk wrote an entry down.
    members: Vec<(PersonId, String)>,
    paging: Paging,
    may_handle: bool,
}

impl Entries {
    fn member_of(&self, entry: &feedback::Entry) -> Option<&str> {
        let id = entry.for_person_id?;
        self.members.iter().find(|(member, _)| *member == id).map(|(_, name)| name.as_str())
    }
}

#[derive(Deserialize)]
struct Which {
    page: Option<String>,
}

async fn entries(page: Page, db: Data<Db>, which: Query<Which>) -> Reply {
    let number = paging::number(&which.page);
    let (mut entries, members) = db
        .read(move |conn| {
            let entries = feedback::listed(conn, (number - 1) * ENTRIES, ENTRIES + 1)?;
            let members = feedback::names(conn, &entries)?;
            Ok((entries, members))
        })
        .await?;
    let paging = Paging::cut(&page.path, number, &mut entries, ENTRIES)?;
    let may_handle = page.may(HandleFeedback);
    reply::page(&Entries { page, entries, members, paging, may_handle })
}

async fn handled(page: Page, db: Data<Db>, id: Path<FeedbackId>) -> Reply {
    let doer = page.doer();
    db.write(move |conn| feedback::handle(conn, *id, &doer, clock::now())).await?;
    reply::see("/admin/feedback?done=handled")
}
