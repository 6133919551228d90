//! Questions as files at the desk: the template, what a file would change, changing it, and taking questions away.
use super::super::exchange::{self, Applied, Bad, Fate, Item, Line, Place, Plan, Read};
use super::super::question::Part;
use super::super::store::{self, Bank};
use super::super::{bank, qti, table};
use crate::access::Permission::MakeCourses;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{BankId, random_hex};
use crate::msg;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use crate::web::{body, sheet};
use actix_multipart::Multipart;
use actix_web::web::{Data, Form, Path, Payload};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    vec![
        get("/studio/banks/{bank}/template.xlsx", MakeCourses, template),
        get("/studio/banks/{bank}/import", MakeCourses, show),
        post("/studio/banks/{bank}/import", MakeCourses, look),
        post("/studio/banks/{bank}/import/apply", MakeCourses, apply),
        post("/studio/banks/{bank}/export", MakeCourses, export),
    ]
}

/// The file, and what is pasted instead of one.
const LARGEST_UPLOAD: usize = sheet::LARGEST + 1024 * 1024;
/// The questions of one file as they come back from the page that showed them, percent-encoded.
const LARGEST_PLAN: usize = 24 * 1024 * 1024;
/// Lines that are shown of what would be done, and of what is wrong.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "selftests/import.html")]
struct Import {
    page: Page,
    bank: Bank,
    pasted: String,
    errors: Errors,
    plan: Option<Plan>,
    /// The questions of the plan, to be sent back.
    items: String,
    key: String,
    /// The bank has changed since the plan was shown.
    is_overtaken: bool,
}

impl Import {
    fn new(page: Page, bank: Bank) -> Import {
        Import {
            page,
            bank,
            pasted: String::new(),
            errors: Errors::default(),
            plan: None,
            items: String::new(),
            key: String::new(),
            is_overtaken: false,
        }
    }
    fn with(self, plan: Plan, key: String, is_overtaken: bool) -> Result<Import> {
        let items = serde_json::to_string(&plan.items()).map_err(Error::internal)?;
        Ok(Import { plan: Some(plan), items, key, is_overtaken, ..self })
    }
    fn news(&self, plan: &Plan) -> usize {
        plan.count(|fate| *fate == Fate::New)
    }
    fn changes(&self, plan: &Plan) -> usize {
        plan.count(|fate| matches!(fate, Fate::Changed(_)))
    }
    fn same(&self, plan: &Plan) -> usize {
        plan.count(|fate| *fate == Fate::Unchanged)
    }
    /// What would be done, as much of it as is shown.
    fn lines<'a>(&self, plan: &'a Plan) -> Vec<&'a Line> {
        plan.lines.iter().filter(|line| line.fate != Fate::Unchanged).take(SHOWN).collect()
    }
    fn bad<'a>(&self, plan: &'a Plan) -> Vec<&'a Bad> {
        plan.bad.iter().take(SHOWN).collect()
    }
    fn more(&self, count: usize) -> usize {
        count.saturating_sub(SHOWN)
    }
    /// What a question would become, in words.
    fn fate(&self, line: &Line) -> String {
        match &line.fate {
            Fate::New => self.page.t("新增").to_owned(),
            Fate::Unchanged => self.page.t("不变").to_owned(),
            Fate::Changed(parts) => {
                let parts: Vec<_> = parts.iter().map(|part| self.page.say(&part.words())).collect();
                self.page.tf("改：{}", parts.join(self.page.t("、")))
            }
        }
    }
    fn place(&self, place: &Place) -> String {
        self.page.say(&place.words())
    }
    fn part(&self, part: &Part) -> String {
        self.page.say(&part.words())
    }
    fn excerpt(&self, line: &Line) -> String {
        line.item.content.stem.replace('\n', " ").chars().take(60).collect()
    }
}

async fn template(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>) -> Reply {
    db.read(move |conn| bank(conn, &viewer, *id)).await?;
    let bytes = table::template(page.manner.lang)?;
    let name = msg!("题目模板").in_lang(page.manner.lang);
    Ok(sheet::attachment(bytes, sheet::XLSX, &format!("{name}.xlsx")))
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>) -> Reply {
    let bank = db.read(move |conn| bank(conn, &viewer, *id)).await?;
    reply::page(&Import::new(page, bank))
}

/// The dry run: nothing is changed.
async fn look(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>, sent: Multipart) -> Reply {
    let parts = body::parts(sent, LARGEST_UPLOAD).await?;
    let part = |name: &str| parts.iter().find(|part| part.0 == name).map(|part| part.1.clone());
    let pasted = part("pasted").map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let file = part("file").filter(|bytes| !bytes.is_empty());
    let work = move |conn: &mut Conn| {
        let bank = bank(conn, &viewer, *id)?;
        let (field, bytes) = match &file {
            Some(bytes) => ("file", bytes.as_slice()),
            None => ("pasted", pasted.as_bytes()),
        };
        let read = if bytes.trim_ascii().is_empty() {
            Err(msg!("请选一个文件，或者粘贴题目。"))
        } else {
            exchange::read(bytes, bank.chapters())
        };
        let key = random_hex(16);
        let view = match read {
            Ok(read) => {
                let plan = exchange::plan(conn, &bank, read, &key)?;
                Import::new(page, bank).with(plan, key, false)?
            }
            Err(problem) => {
                let errors = Errors::default().with(field, problem);
                Import { errors, ..Import::new(page, bank) }
            }
        };
        Ok(Import { pasted, ..view })
    };
    let view = db.read_long(work).await?;
    if view.errors.is_empty() { reply::page(&view) } else { reply::invalid(&view) }
}

async fn apply(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>, sent: Payload) -> Reply {
    let pairs = body::pairs(sent, LARGEST_PLAN).await?;
    let field = |name: &str| pairs.iter().find(|pair| pair.0 == name).map_or("", |pair| pair.1.as_str());
    let (id, doer) = (*id, page.doer());
    let key = form::key(field("key")).map_err(Error::Malformed)?;
    let seen = field("seen").to_owned();
    let items: Vec<Item> = serde_json::from_str(field("items"))
        .map_err(|_| Error::Malformed(msg!("这张表单不完整，请重新上传文件。")))?;
    let overtaken = db
        .write(move |conn| {
            let bank = bank(conn, &viewer, id)?;
            // What came back is looked at as if it were new.
            let read = exchange::checked(Read { items, bad: vec![] }, bank.chapters());
            let by = viewer.account;
            match exchange::apply(conn, &bank, read, (&key, &seen), by, &doer, clock::now())? {
                Applied::Done => Ok(None),
                Applied::Overtaken(plan) => Ok(Some(Import::new(page, bank).with(plan, key, true)?)),
            }
        })
        .await?;
    match overtaken {
        None => reply::see(format!("/studio/banks/{id}?done=imported")),
        Some(view) => reply::invalid(&view),
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ExportForm {
    format: String,
}

/// The questions in use. Taking them away is on the record before they are sent, so it is asked for by a form.
async fn export(page: Page, viewer: Viewer, db: Data<Db>, id: Path<BankId>, form: Form<ExportForm>) -> Reply {
    let (id, doer, lang) = (*id, page.doer(), page.manner.lang);
    let (title, questions) = db
        .write(move |conn| {
            let bank = bank(conn, &viewer, id)?;
            doer.did(conn, Action::ListExported, ("bank", id.0), clock::now())?;
            let questions = store::questions(conn, id)?;
            Ok((bank.title, questions.into_iter().filter(|one| one.is_active).collect::<Vec<_>>()))
        })
        .await?;
    if form.format == "qti" {
        let bytes = qti::write(&questions, &format!("weixiao-bank-{id}"))?;
        return Ok(sheet::attachment(bytes, qti::ZIP, &format!("{title}.zip")));
    }
    Ok(sheet::attachment(table::write(&questions, lang)?, sheet::XLSX, &format!("{title}.xlsx")))
}
