//! The figures as files: XLSX, CSV and JSON of what the page shows for the same question. Each copy is on record.
use super::ListQuery;
use super::figures::{asked, cells};
use crate::access::Permission::SeeGuidance;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::guidance::coverage::{Counts, Coverage};
use crate::ids::OrgId;
use crate::organization::{Level, Org};
use crate::web::page::Page;
use crate::web::reply::Reply;
use crate::web::route::{Route, get};
use crate::web::sheet::{self, Table};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde_json::{Map, Value, json};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/guidance/figures/export/{file}", SeeGuidance, export)]
}

/// What the figures of a line are called for programs, in the order of [`cells`]. A contract.
const NAMES: [&str; 7] = ["branches", "with_contact", "visited", "planned", "open", "overdue", "verified"];

enum Made {
    Json(Value),
    Csv(Vec<u8>),
    Xlsx(Vec<u8>),
}

async fn export(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    file: Path<String>,
    query: Query<ListQuery>,
) -> Reply {
    let (query, file, doer) = (query.into_inner(), file.into_inner(), page.doer());
    let ending = file.strip_prefix("figures.").map(str::to_owned).ok_or(Error::NotFound)?;
    let made = db.read_long(move |conn| {
        let (org, all) = asked(conn, &viewer, &query)?;
        Ok(match ending.as_str() {
            "json" => Made::Json(as_json(org.as_ref(), &all)),
            "csv" => Made::Csv(as_table(&page, org.as_ref(), &all, true)?),
            "xlsx" => Made::Xlsx(as_table(&page, org.as_ref(), &all, false)?),
            _ => return Err(Error::NotFound),
        })
    });
    let made = made.await?;
    db.write(move |conn| doer.did(conn, Action::CoverageExported, ("guidance_figures", 0), clock::now()))
        .await?;
    Ok(match made {
        Made::Json(value) => {
            HttpResponse::Ok().insert_header(("Cache-Control", "private, no-store")).json(value)
        }
        Made::Csv(bytes) => sheet::attachment(bytes, "text/csv; charset=utf-8", "巡回指导.csv"),
        Made::Xlsx(bytes) => sheet::attachment(bytes, sheet::XLSX, "巡回指导.xlsx"),
    })
}

/// A line for programs: its figures as the page shows them, a band as text. The whole of what somebody sees has no name.
fn line(counts: &Counts, of: Option<(OrgId, &str, Level)>) -> Value {
    let shown = cells(counts, of.is_some_and(|of| of.2 == Level::Branch));
    let value = |cell: String| cell.parse::<i64>().map_or_else(|_| json!(cell), |n| json!(n));
    let mut told: Map<String, Value> =
        NAMES.iter().zip(shown).map(|(name, cell)| ((*name).to_owned(), value(cell))).collect();
    told.insert("id".into(), json!(of.map(|of| of.0.0)));
    told.insert("name".into(), json!(of.map(|of| of.1)));
    told.insert("level".into(), json!(of.map(|of| of.2.as_str())));
    Value::Object(told)
}

fn as_json(org: Option<&Org>, all: &Coverage) -> Value {
    let mut lines = vec![line(&all.whole, org.map(|org| (org.id, org.name.as_str(), org.level)))];
    lines.extend(
        all.children.iter().map(|one| line(&one.counts, Some((one.org, one.name.as_str(), one.level)))),
    );
    let trend: Vec<Value> = all
        .trend
        .iter()
        .map(|past| json!({"period": past.half.key(), "branches": past.branches, "visited": past.visited}))
        .collect();
    json!({"period": all.half.key(), "as_of": all.day.to_string(), "over": all.is_over,
           "lines": lines, "trend": trend})
}

fn as_table(page: &Page, org: Option<&Org>, all: &Coverage, is_csv: bool) -> Result<Vec<u8>> {
    let heads = [
        page.t("组织"),
        page.t("支部数"),
        page.t("有人联系"),
        page.t("这个半年走访过"),
        page.t("排了还没有走访"),
        page.t("没有核实的问题"),
        page.t("其中过了约定日期"),
        page.t("已核实"),
    ];
    let mut table =
        Table::new(page.t("巡回指导的进度"), heads.iter().map(|head| (*head).to_owned()).collect(), is_csv)?;
    let name = org.map_or_else(|| page.t("合计").to_owned(), |org| org.name.clone());
    let is_branch = org.is_some_and(|org| org.level == Level::Branch);
    let whole = (name, cells(&all.whole, is_branch));
    let below =
        all.children.iter().map(|one| (one.name.clone(), cells(&one.counts, one.level == Level::Branch)));
    for (name, shown) in std::iter::once(whole).chain(below) {
        let mut row = vec![name];
        row.extend(shown);
        table.row(row)?;
    }
    table.row(vec![page.t("走势").to_owned(), page.t("支部数").to_owned(), page.t("走访过").to_owned()])?;
    for past in &all.trend {
        table.row(vec![page.say(&past.half.words()), past.branches.to_string(), past.visited.to_string()])?;
    }
    table.row(vec![page.tf2("{}，数据截至 {}", page.say(&all.half.words()), all.day)])?;
    table.finish()
}
