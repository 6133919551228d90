//! The organizers' desk: plans, their lectures, their way, and where else a lecture was shown.
use crate::access::Permission::PlanBroadcast;
use crate::access::Viewer;
use crate::broadcast::forms::{GoldForm, PlanForm, ReadsForm, RecordForm, chosen};
use crate::broadcast::store::{self, Item, Plan, Record};
use crate::broadcast::{self, Channel, PlanState, Which};
use crate::clock;
use crate::config::LARGEST_FORM;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::events;
use crate::ids::{BroadcastId, BroadcastItemId, ChannelRecordId, LectureId, random_hex};
use crate::msg;
use crate::web::body;
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Payload, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/broadcast/plans", PlanBroadcast, plans),
        post("/broadcast/plans", PlanBroadcast, make),
        get("/broadcast/plans/{plan}", PlanBroadcast, show),
        post("/broadcast/plans/{plan}", PlanBroadcast, change),
        post("/broadcast/plans/{plan}/lectures", PlanBroadcast, add),
        post("/broadcast/plans/{plan}/gold", PlanBroadcast, gold),
        post("/broadcast/plans/{plan}/lectures/{lecture}/remove", PlanBroadcast, remove),
        post("/broadcast/plans/{plan}/publish", PlanBroadcast, publish),
        post("/broadcast/plans/{plan}/close", PlanBroadcast, close),
        post("/broadcast/plans/{plan}/lectures/{lecture}/records", PlanBroadcast, record),
        post("/broadcast/plans/{plan}/records/{record}", PlanBroadcast, reads),
    ]
}

/// Plans on a page, and lectures that a search offers.
const LINES: i64 = 20;
const OFFERED: i64 = 30;

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "broadcast/plans.html")]
struct Plans {
    page: Page,
    plans: Vec<Plan>,
    paging: Paging,
    schools: i64,
    form: PlanForm,
    errors: Errors,
}

impl Plans {
    fn load(conn: &mut Conn, page: Page, number: i64) -> Result<Plans> {
        let mut plans = store::plans(conn, None, (number - 1) * LINES, LINES + 1)?;
        let paging = Paging::cut(&page.path, number, &mut plans, LINES)?;
        Ok(Plans {
            schools: store::count_schools(conn)?,
            form: PlanForm { key: random_hex(16), ..PlanForm::default() },
            errors: Errors::default(),
            page,
            plans,
            paging,
        })
    }
    fn state(&self, plan: &Plan) -> String {
        self.page.say(&plan.state.words())
    }
    fn tag(&self, plan: &Plan) -> &'static str {
        tag(plan.state)
    }
    fn cells(&self, plan: &Plan) -> i64 {
        plan.cells(self.schools)
    }
}

fn tag(state: PlanState) -> &'static str {
    match state {
        PlanState::Draft => "wait",
        PlanState::Published => "done",
        PlanState::Closed => "plain",
    }
}

async fn plans(page: Page, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Plans::load(conn, page, number)).await?;
    reply::page(&view)
}

async fn make(page: Page, viewer: Viewer, db: Data<Db>, form: Form<PlanForm>) -> Reply {
    let form = form.into_inner();
    match form.check() {
        Ok(new) => {
            let doer = page.doer();
            let id = db
                .write(move |conn| broadcast::make(conn, &new, viewer.account, &doer, clock::now()))
                .await?;
            reply::see(format!("/broadcast/plans/{id}?done=added"))
        }
        Err(errors) => {
            let view = db.read(move |conn| Plans::load(conn, page, 1)).await?;
            reply::invalid(&Plans { form, errors, ..view })
        }
    }
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct FindQuery {
    q: String,
}

#[derive(Template)]
#[template(path = "broadcast/plan.html")]
struct Show {
    page: Page,
    plan: Plan,
    items: Vec<Item>,
    records: Vec<Record>,
    schools: i64,
    q: String,
    offered: Vec<(LectureId, String, i32)>,
    form: PlanForm,
    /// Of the lecture for which a record is written, and what was typed.
    record_of: Option<BroadcastItemId>,
    record: RecordForm,
    errors: Errors,
}

impl Show {
    fn load(conn: &mut Conn, page: Page, id: BroadcastId, q: String) -> Result<Show> {
        let plan = store::plan(conn, id)?;
        let q: String = q.trim().chars().take(60).collect();
        Ok(Show {
            items: store::items(conn, id)?,
            records: store::records(conn, id)?,
            schools: store::count_schools(conn)?,
            offered: match plan.state {
                PlanState::Closed => vec![],
                _ => events::lectures_named(conn, &q, OFFERED)?,
            },
            form: PlanForm::of(&plan),
            record_of: None,
            record: RecordForm { key: random_hex(16), ..RecordForm::default() },
            errors: Errors::default(),
            page,
            plan,
            q,
        })
    }
    fn is_draft(&self) -> bool {
        self.plan.state == PlanState::Draft
    }
    fn is_published(&self) -> bool {
        self.plan.state == PlanState::Published
    }
    fn is_open(&self) -> bool {
        self.plan.state != PlanState::Closed
    }
    fn state(&self) -> String {
        self.page.say(&self.plan.state.words())
    }
    fn tag(&self) -> &'static str {
        tag(self.plan.state)
    }
    fn cells(&self) -> i64 {
        self.plan.cells(self.schools)
    }
    fn covered(&self) -> i64 {
        self.plan.covered.into()
    }
    fn channels(&self) -> &'static [Channel] {
        Channel::ALL
    }
    fn channel(&self, channel: &Channel) -> String {
        self.page.say(&channel.words())
    }
    fn is_for_schools(&self, item: &Item) -> bool {
        item.channel == Channel::School
    }
    fn is_read(&self, item: &Item) -> bool {
        item.channel == Channel::Wechat
    }
    /// Whether readers can still see it.
    fn is_shown(&self, item: &Item) -> bool {
        item.stage == crate::lectures::Stage::Published
    }
    fn records_of<'a>(&'a self, item: &'a Item) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(|record| record.item == item.id)
    }
    fn reads(&self, reads: &Option<i32>) -> String {
        reads.map(|n| n.to_string()).unwrap_or_default()
    }
    /// What was typed for this lecture, if a record of it was refused.
    fn typed(&self, item: &Item) -> RecordForm {
        match self.record_of {
            Some(id) if id == item.id => self.record.clone(),
            _ => RecordForm { key: self.record.key.clone(), ..RecordForm::default() },
        }
    }
    fn is_refused(&self, item: &Item) -> bool {
        self.record_of == Some(item.id)
    }
}

async fn show(page: Page, db: Data<Db>, id: Path<BroadcastId>, query: Query<FindQuery>) -> Reply {
    let (id, q) = (*id, query.into_inner().q);
    let view = db.read(move |conn| Show::load(conn, page, id, q)).await?;
    reply::page(&view)
}

async fn change(page: Page, db: Data<Db>, id: Path<BroadcastId>, form: Form<PlanForm>) -> Reply {
    let (id, form) = (*id, form.into_inner());
    match form.check() {
        Ok(new) => {
            let doer = page.doer();
            db.write(move |conn| broadcast::change(conn, id, &new, &doer, clock::now())).await?;
            reply::see(format!("/broadcast/plans/{id}?done=saved"))
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, id, String::new())).await?;
            reply::invalid(&Show { form, errors, ..view })
        }
    }
}

async fn add(page: Page, db: Data<Db>, id: Path<BroadcastId>, body: Payload) -> Reply {
    let (id, doer) = (*id, page.doer());
    let (lectures, channel) = chosen(&body::pairs(body, LARGEST_FORM).await?);
    let mut problem = None;
    if channel.is_none() {
        problem = Some(("channel", msg!("请选放到哪里")));
    } else if lectures.is_empty() {
        problem = Some(("lecture", msg!("请选一堂课")));
    }
    match (channel, problem) {
        (Some(channel), None) => {
            db.write(move |conn| broadcast::add_lectures(conn, id, &lectures, channel, &doer, clock::now()))
                .await?;
            reply::see(format!("/broadcast/plans/{id}?done=added#lectures"))
        }
        (_, problem) => {
            let mut view = db.read(move |conn| Show::load(conn, page, id, String::new())).await?;
            if let Some((field, problem)) = problem {
                view.errors = Errors::default().with(field, problem);
            }
            reply::invalid(&view)
        }
    }
}

async fn gold(page: Page, db: Data<Db>, id: Path<BroadcastId>, form: Form<GoldForm>) -> Reply {
    let (id, doer) = (*id, page.doer());
    let which = if form.which == "all" { Which::All } else { Which::One };
    let channel = Channel::of(&form.channel).ok_or_else(|| Error::Malformed(msg!("请选放到哪里")))?;
    db.write(move |conn| broadcast::add_gold(conn, id, which, channel, &doer, clock::now())).await?;
    reply::see(format!("/broadcast/plans/{id}?done=added#lectures"))
}

async fn remove(page: Page, db: Data<Db>, path: Path<(BroadcastId, BroadcastItemId)>) -> Reply {
    let ((id, item), doer) = (path.into_inner(), page.doer());
    db.write(move |conn| broadcast::remove_item(conn, id, item, &doer, clock::now())).await?;
    reply::see(format!("/broadcast/plans/{id}?done=removed#lectures"))
}

async fn publish(page: Page, db: Data<Db>, id: Path<BroadcastId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| broadcast::publish(conn, id, &doer, clock::now())).await?;
    reply::see(format!("/broadcast/plans/{id}?done=broadcast-published"))
}

async fn close(page: Page, db: Data<Db>, id: Path<BroadcastId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| broadcast::close(conn, id, &doer, clock::now())).await?;
    reply::see(format!("/broadcast/plans/{id}?done=broadcast-closed"))
}

async fn record(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    path: Path<(BroadcastId, BroadcastItemId)>,
    form: Form<RecordForm>,
) -> Reply {
    let ((id, item), form) = (path.into_inner(), form.into_inner());
    match form.check(viewer.account) {
        Ok(new) => {
            let doer = page.doer();
            db.write(move |conn| broadcast::note_channel(conn, (id, item), &new, &doer, clock::now()))
                .await?;
            reply::see(format!("/broadcast/plans/{id}?done=saved#i-{item}"))
        }
        Err(errors) => {
            let view = db.read(move |conn| Show::load(conn, page, id, String::new())).await?;
            reply::invalid(&Show { record: form, record_of: Some(item), errors, ..view })
        }
    }
}

async fn reads(
    page: Page,
    db: Data<Db>,
    path: Path<(BroadcastId, ChannelRecordId)>,
    form: Form<ReadsForm>,
) -> Reply {
    let ((id, record), doer) = (path.into_inner(), page.doer());
    let reads = form.check().map_err(Error::Refused)?;
    db.write(move |conn| broadcast::note_reads(conn, id, record, reads, &doer, clock::now())).await?;
    reply::see(format!("/broadcast/plans/{id}?done=saved#r-{record}"))
}
