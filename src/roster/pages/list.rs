//! The list of members of one's scope.
use super::super::forms::ListQuery;
use super::meant;
use crate::access::Permission::{EditRoster, MoveMembers, SeePeople};
use crate::access::Viewer;
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::ids::PersonId;
use crate::lang::Message;
use crate::organization::{self, Level};
use crate::people::{self, Category, Member, Stage};
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get};
use actix_web::web::{Data, Query};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/roster", SeePeople, index)]
}

/// Members on a page of the list: a branch fits on one.
const ROWS: i64 = 30;

#[derive(Template)]
#[template(path = "roster/index.html")]
struct Index {
    page: Page,
    query: ListQuery,
    /// Why the organisation that is asked for is none.
    problem: Option<Message>,
    people: Vec<Member>,
    stages: Vec<(PersonId, Stage)>,
    categories: Vec<(PersonId, Category)>,
    paging: Paging,
    may_move: bool,
    may_edit: bool,
}

impl Index {
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, query: ListQuery) -> Result<Index> {
        let number = paging::number(&query.page).min(2_000);
        let mut paths = viewer.paths(SeePeople);
        let mut problem = None;
        match meant(conn, &paths, Level::ALL, &query.org())? {
            Ok(Some(org)) => paths = vec![organization::find(conn, org)?.path],
            Ok(None) => {}
            Err(why) => problem = Some(why),
        }
        let mut people = match problem {
            Some(_) => vec![],
            None => people::rostered(conn, &paths, &query.listing(), (number - 1) * ROWS, ROWS + 1)?,
        };
        let paging = Paging::cut(&page.path, number, &mut people, ROWS)?;
        let ids: Vec<PersonId> = people.iter().map(|member| member.id).collect();
        Ok(Index {
            stages: people::stages_today(conn, &ids)?,
            categories: people::categories_today(conn, &ids)?,
            may_move: page.may(MoveMembers),
            may_edit: page.may(EditRoster),
            page,
            query,
            problem,
            people,
            paging,
        })
    }
    fn stage(&self, id: &PersonId) -> Option<String> {
        let found = self.stages.iter().find(|(person, _)| person == id)?;
        Some(self.page.say(&found.1.words()))
    }
    fn categories(&self, id: &PersonId) -> Vec<String> {
        let own = self.categories.iter().filter(|(person, _)| person == id);
        own.map(|(_, category)| self.page.say(&category.words())).collect()
    }
    fn all_stages(&self) -> &'static [Stage] {
        Stage::ALL
    }
    fn all_categories(&self) -> &'static [Category] {
        Category::ALL
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<ListQuery>) -> Reply {
    let query = query.into_inner();
    reply::page(&db.read_long(move |conn| Index::load(conn, page, &viewer, query)).await?)
}
