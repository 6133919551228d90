//! The tree as it was on a day, in memory: for figures that are summed along it. It has a node for each organisation, some
//! thousands in a city; around a branch only those that its figures touch.
use super::store::{self, Named};
use super::{Level, OrgKind};
use crate::db::Conn;
use crate::error::Result;
use crate::ids::OrgId;
use chrono::NaiveDate;
use std::collections::HashMap;

/// An organisation in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub id: OrgId,
    pub level: Level,
    pub kind: OrgKind,
    pub name: String,
    /// The place of the one above in [`Tree::nodes`].
    pub above: Option<usize>,
    /// Of the nodes, those from here to this place (excluded) stand below this one, itself first.
    pub end: usize,
}

/// Every organisation that there was on a day; whoever stands above comes first, and what stands below a node follows it.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: Vec<Node>,
    places: HashMap<OrgId, usize>,
}

impl Tree {
    /// The tree as it was on `day`: an organisation that was moved later stands where it stood.
    ///
    /// # Errors
    /// Those of the database.
    pub fn on(conn: &mut Conn, day: NaiveDate) -> Result<Tree> {
        let (rows, above) = store::on_day(conn, day)?;
        Ok(Tree::of(rows, &above.into_iter().collect()))
    }

    /// As much of it as the figures of `org` touch: of a branch its party groups and its line to the root, else all of it.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::error::Error::NotFound) where there never was such an organisation; those of the database.
    pub fn around(conn: &mut Conn, org: OrgId, day: NaiveDate) -> Result<Tree> {
        if !matches!(store::find(conn, org)?.level, Level::Branch | Level::Group) {
            return Tree::on(conn, day);
        }
        let (rows, above) = store::around_on_day(conn, org, day)?;
        Ok(Tree::of(rows, &above.into_iter().collect()))
    }

    /// In the order of their ids, below those that stand above them. What is above nothing known is a root.
    fn of(rows: Vec<Named>, above: &HashMap<OrgId, OrgId>) -> Tree {
        let known: HashMap<OrgId, usize> =
            rows.iter().enumerate().map(|(place, row)| (row.0, place)).collect();
        let (mut below, mut roots): (Vec<Vec<usize>>, _) = (vec![vec![]; rows.len()], vec![]);
        for (place, row) in rows.iter().enumerate() {
            match above.get(&row.0).and_then(|id| known.get(id)) {
                Some(parent) => below[*parent].push(place),
                None => roots.push(place),
            }
        }
        let mut tree = Tree::default();
        let mut rows: Vec<_> = rows.into_iter().map(Some).collect();
        for root in roots {
            tree.enter(root, None, &below, &mut rows);
        }
        tree
    }

    fn enter(
        &mut self,
        place: usize,
        above: Option<usize>,
        below: &[Vec<usize>],
        rows: &mut [Option<Named>],
    ) {
        let Some((id, level, kind, name)) = rows[place].take() else { return };
        let own = self.nodes.len();
        self.places.insert(id, own);
        self.nodes.push(Node { id, level, kind, name, above, end: own + 1 });
        for child in &below[place] {
            self.enter(*child, Some(own), below, rows);
        }
        self.nodes[own].end = self.nodes.len();
    }

    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
    /// The place of an organisation that there was.
    pub fn place(&self, id: OrgId) -> Option<usize> {
        self.places.get(&id).copied()
    }
    /// Whether `place` is `top` or stands below it.
    pub fn is_within(&self, place: usize, top: usize) -> bool {
        (top..self.nodes[top].end).contains(&place)
    }
    /// The places directly below.
    pub fn children(&self, top: usize) -> Vec<usize> {
        let (mut children, mut place) = (vec![], top + 1);
        while place < self.nodes[top].end {
            children.push(place);
            place = self.nodes[place].end;
        }
        children
    }
    /// The branch, where `top` is one or stands below one with nothing below itself: then its members are looked up by an
    /// index. Party groups have no memberships of their own.
    pub fn single(&self, top: usize) -> Option<OrgId> {
        let node = &self.nodes[top];
        (node.level == Level::Branch || (node.level == Level::Group && node.end == top + 1))
            .then_some(node.id)
    }
    /// From the root to this one.
    pub fn line(&self, place: usize) -> Vec<usize> {
        let (mut line, mut at) = (vec![place], place);
        while let Some(above) = self.nodes[at].above {
            line.push(above);
            at = above;
        }
        line.reverse();
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_follows_and_is_found() {
        let row = |id: i64, level| (OrgId(id), level, OrgKind::Rural, id.to_string());
        let rows = vec![
            row(1, Level::City),
            row(2, Level::Committee),
            row(3, Level::Branch),
            row(4, Level::Committee),
            row(5, Level::Branch),
            row(6, Level::Branch),
        ];
        let above = [(2, 1), (4, 1), (3, 4), (5, 2), (6, 2)].map(|(org, up)| (OrgId(org), OrgId(up)));
        let tree = Tree::of(rows, &above.into_iter().collect());
        let order: Vec<i64> = tree.nodes().iter().map(|node| node.id.0).collect();
        assert_eq!(order, [1, 2, 5, 6, 4, 3]);
        let at = |id| tree.place(OrgId(id)).unwrap();
        assert_eq!(tree.children(at(1)), [at(2), at(4)]);
        assert_eq!(tree.children(at(2)), [at(5), at(6)]);
        assert!(
            tree.is_within(at(6), at(2)) && tree.is_within(at(2), at(2)) && !tree.is_within(at(3), at(2))
        );
        assert_eq!(tree.line(at(3)), [at(1), at(4), at(3)]);
        assert_eq!(tree.place(OrgId(9)), None);
    }
}
