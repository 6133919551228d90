//! Which lecture which school has shown, and what is missing: to plan by, never to compare schools. By their numbers, for those
//! who keep them.
use crate::access::Permission::HoldEvents;
use crate::access::Viewer;
use crate::broadcast::Channel;
use crate::broadcast::PlanState;
use crate::broadcast::store::{self, Cell, Item, Plan, Row};
use crate::clock::{self, Timestamp};
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{AllianceId, BroadcastId, BroadcastItemId, OrgId, SchoolId};
use crate::organization;
use crate::schools;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use crate::web::sheet::{self, Table};
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/broadcast/coverage", HoldEvents, show), get("/broadcast/coverage/{file}", HoldEvents, export)]
}

/// Schools on a page, and at a time in a file.
const LINES: i64 = 30;
const PIECE: i64 = 500;
/// Plans that can be chosen.
const PLANS: i64 = 50;

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
struct CoverageQuery {
    page: Option<String>,
    plan: String,
    alliance: String,
    org: String,
    missing: String,
}

/// Where a lecture stands in a school.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    Missing,
    /// Planned, of this number and at this time.
    Coming(Cell),
    /// It was to be shown and nobody has said that it was.
    Open(Cell),
    Shown(Cell),
}

/// Where it stands by the screenings of that school.
fn standing(cells: &[Cell], school: SchoolId, item: BroadcastItemId, now: Timestamp) -> Standing {
    let own = cells.iter().filter(|cell| cell.school == school && cell.item == item);
    let mut best = Standing::Missing;
    for cell in own {
        best = match best {
            Standing::Shown(_) => best,
            _ if cell.is_confirmed => Standing::Shown(*cell),
            Standing::Coming(_) => best,
            _ if cell.ends_at > now => Standing::Coming(*cell),
            Standing::Open(_) => best,
            Standing::Missing => Standing::Open(*cell),
        };
    }
    best
}

/// What is listed, by the query and the viewer's scope.
struct Listed {
    plan: Plan,
    items: Vec<Item>,
    paths: Vec<String>,
    alliance: Option<AllianceId>,
    below: Option<String>,
    only_missing: bool,
}

impl Listed {
    /// The plan that was asked for, or the newest one that is public; `None` if there is none.
    fn of(conn: &mut Conn, viewer: &Viewer, query: &CoverageQuery) -> Result<Option<Listed>> {
        let plan = match query.plan.parse() {
            Ok(id) => store::plan(conn, BroadcastId(id))?,
            Err(_) => match store::plans(conn, Some(PlanState::Published), 0, 1)?.pop() {
                Some(plan) => plan,
                None => return Ok(None),
            },
        };
        if plan.state == PlanState::Draft {
            return Err(Error::NotFound);
        }
        let mut items = store::items(conn, plan.id)?;
        items.retain(|item| item.channel == Channel::School);
        let below = match query.org.parse() {
            Ok(id) => Some(organization::find(conn, OrgId(id))?.path),
            Err(_) => None,
        };
        Ok(Some(Listed {
            paths: if viewer.is_acting() { vec![] } else { viewer.paths(HoldEvents) },
            alliance: query.alliance.parse().ok().map(AllianceId),
            only_missing: !query.missing.is_empty(),
            plan,
            items,
            below,
        }))
    }
    fn rows(&self, conn: &mut Conn, skip: i64, count: i64) -> Result<Vec<Row>> {
        let which = (self.alliance, self.below.as_deref(), self.only_missing);
        store::coverage(conn, (self.plan.id, self.plan.item_count), &self.paths, which, (skip, count))
    }
    fn cells(&self, conn: &mut Conn, rows: &[Row]) -> Result<Vec<Cell>> {
        match (rows.first(), rows.last()) {
            (Some(first), Some(last)) => store::cells(conn, self.plan.id, first.school, last.school),
            _ => Ok(vec![]),
        }
    }
}

/// A school with where each lecture stands.
struct Line {
    school: SchoolId,
    name: String,
    covered: i32,
    standings: Vec<Standing>,
}

fn lines(conn: &mut Conn, listed: &Listed, rows: Vec<Row>, now: Timestamp) -> Result<Vec<Line>> {
    let cells = listed.cells(conn, &rows)?;
    let mut lines = vec![];
    for row in rows {
        let from = cells.partition_point(|cell| cell.school < row.school);
        let to = cells.partition_point(|cell| cell.school <= row.school);
        let standings =
            listed.items.iter().map(|item| standing(&cells[from..to], row.school, item.id, now)).collect();
        lines.push(Line {
            covered: row.covered.unwrap_or_default(),
            school: row.school,
            name: row.name,
            standings,
        });
    }
    Ok(lines)
}

#[derive(Template)]
#[template(path = "broadcast/coverage.html")]
struct Coverage {
    page: Page,
    listed: Option<Listed>,
    lines: Vec<Line>,
    paging: Option<Paging>,
    plans: Vec<(BroadcastId, String)>,
    alliances: Vec<(AllianceId, String)>,
    committees: Vec<(OrgId, String)>,
    schools: i64,
    query: CoverageQuery,
    /// The scope is the whole city.
    is_wide: bool,
    may_plan: bool,
}

impl Coverage {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: CoverageQuery) -> Result<Coverage> {
        let (now, number) = (clock::now(), paging::number(&query.page));
        let listed = Listed::of(conn, viewer, &query)?;
        let (mut rows, mut paging) = (vec![], None);
        if let Some(listed) = &listed {
            rows = listed.rows(conn, (number - 1) * LINES, LINES + 1)?;
            paging = Some(Paging::cut(&page.path, number, &mut rows, LINES)?);
        }
        let lines = match &listed {
            Some(listed) => lines(conn, listed, rows, now)?,
            None => vec![],
        };
        let mut plans = store::plans(conn, Some(PlanState::Published), 0, PLANS)?;
        plans.extend(store::plans(conn, Some(PlanState::Closed), 0, PLANS)?);
        Ok(Coverage {
            plans: plans.into_iter().map(|plan| (plan.id, plan.title)).collect(),
            alliances: schools::alliances(conn)?.into_iter().map(|one| (one.id, one.name)).collect(),
            committees: store::committees(conn)?,
            schools: store::count_schools(conn)?,
            is_wide: viewer.paths(HoldEvents).iter().any(|path| path == "/"),
            may_plan: page.may(crate::access::Permission::PlanBroadcast),
            page,
            listed,
            lines,
            paging,
            query,
        })
    }
    fn is_plan(&self, id: &BroadcastId) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.plan.id == *id)
    }
    fn day(&self, cell: &Cell) -> String {
        clock::local(cell.starts_at).format("%m-%d").to_string()
    }
    /// The same list as a file.
    fn file(&self, ending: &str) -> String {
        let pairs = [
            ("plan", &self.query.plan),
            ("alliance", &self.query.alliance),
            ("org", &self.query.org),
            ("missing", &self.query.missing),
        ];
        let query: Vec<_> = pairs
            .iter()
            .filter(|pair| !pair.1.is_empty() && pair.1.bytes().all(|b| b.is_ascii_alphanumeric()))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("/broadcast/coverage/coverage.{ending}?{}", query.join("&"))
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, query: Query<CoverageQuery>) -> Reply {
    let query = query.into_inner();
    let view = db.read(move |conn| Coverage::load(conn, page, &viewer, query)).await?;
    reply::page(&view)
}

async fn export(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    file: Path<String>,
    query: Query<CoverageQuery>,
) -> Reply {
    let is_csv = match file.as_str() {
        "coverage.csv" => true,
        "coverage.xlsx" => false,
        _ => return Err(Error::NotFound),
    };
    let query = query.into_inner();
    let bytes = db.read_long(move |conn| table(conn, &page, &viewer, &query, is_csv)).await?;
    let (kind, name) = match is_csv {
        true => ("text/csv; charset=utf-8", "展播覆盖.csv"),
        false => (sheet::XLSX, "展播覆盖.xlsx"),
    };
    Ok(sheet::attachment(bytes, kind, name))
}

/// The whole list as a file: a row for each school, a column for each lecture, the sums at the end.
fn table(
    conn: &mut Conn,
    page: &Page,
    viewer: &Viewer,
    query: &CoverageQuery,
    is_csv: bool,
) -> Result<Vec<u8>> {
    let now = clock::now();
    let listed = Listed::of(conn, viewer, query)?.ok_or(Error::NotFound)?;
    let mut heads = vec![page.t("学校").to_owned()];
    heads.extend(listed.items.iter().map(|item| item.title.clone()));
    heads.push(page.t("已放映").to_owned());
    let mut out = Table::new(page.t("展播覆盖"), heads, is_csv)?;
    let (mut skip, mut sums) = (0, vec![0_i64; listed.items.len()]);
    loop {
        let rows = listed.rows(conn, skip, PIECE)?;
        if rows.is_empty() {
            break;
        }
        skip += rows.len() as i64;
        for line in lines(conn, &listed, rows, now)? {
            let mut cells = vec![line.name];
            for (place, standing) in line.standings.iter().enumerate() {
                if matches!(standing, Standing::Shown(_)) {
                    sums[place] += 1;
                }
                cells.push(written(page, *standing));
            }
            cells.push(line.covered.to_string());
            out.row(cells)?;
        }
    }
    let mut last = vec![page.t("合计").to_owned()];
    last.extend(sums.iter().map(i64::to_string));
    last.push(sums.iter().sum::<i64>().to_string());
    out.row(last)?;
    out.finish()
}

/// A cell in words.
fn written(page: &Page, standing: Standing) -> String {
    let day = |cell: Cell| clock::day(cell.starts_at);
    match standing {
        Standing::Missing => page.t("未排").to_owned(),
        Standing::Coming(cell) => page.tf("已排 {}", day(cell)),
        Standing::Open(cell) => page.tf("待确认 {}", day(cell)),
        Standing::Shown(cell) => page.tf2("已放映 {}，{} 人", day(cell), cell.present),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ScreeningId;

    #[test]
    fn the_best_screening_decides_where_a_lecture_stands() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let cell = |id: i64, day: &str, is_confirmed: bool| Cell {
            school: SchoolId(1),
            item: BroadcastItemId(1),
            id: ScreeningId(id),
            starts_at: at(&format!("{day}T11:00:00")),
            ends_at: at(&format!("{day}T11:15:00")),
            is_confirmed,
            present: 0,
        };
        let now = at("2026-11-10T00:00:00");
        let (old, shown, coming) =
            (cell(1, "2026-11-01", false), cell(2, "2026-11-02", true), cell(3, "2026-11-20", false));
        let stand = |cells: &[Cell]| standing(cells, SchoolId(1), BroadcastItemId(1), now);
        assert_eq!(stand(&[]), Standing::Missing);
        assert_eq!(stand(&[old]), Standing::Open(old));
        assert_eq!(stand(&[old, coming]), Standing::Coming(coming));
        assert_eq!(stand(&[old, shown, coming]), Standing::Shown(shown));
        assert_eq!(standing(&[shown], SchoolId(2), BroadcastItemId(1), now), Standing::Missing);
    }
}
