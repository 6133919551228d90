//! The one computation: a plan, those who are obliged below an organisation on a day, and where each of them stands.
use super::standing::{Known, Mark, State, Tally, Way, judge, overall};
use super::store;
use crate::audiences::{self, Audience, Member, Rule};
use crate::clock;
use crate::db::Conn;
use crate::error::{Error, Result};
use crate::events;
use crate::ids::{AllianceId, OrgId, PersonId};
use crate::organization::{Level, Tree};
use crate::plans::{self, Item, Matter, Plan};
use chrono::{Days, NaiveDate};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Between which days the items are due that are looked at, both included; open where it is not said. By when something was to be
/// met belongs to the plan, so whoever met it earlier has met it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

impl Period {
    pub fn is_all(self) -> bool {
        self == Period::default()
    }
    pub fn holds(self, day: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// What of a plan is looked at: everybody whom it means and all of its items, unless it is said.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// Of those whom the plan means, those who belong to this audience too: by its rule of today, by the roster of the day.
    pub audience: Option<Audience>,
    /// Of the items, those that are due then.
    pub period: Period,
}

/// What is known on a day. Members stand in the order of the tree, so whoever is below an organisation is a range of them.
pub struct Figures {
    pub plan: Plan,
    pub version: i32,
    /// What of it is looked at.
    pub part: Part,
    pub items: Vec<Item>,
    /// At the end of this day.
    pub day: NaiveDate,
    pub tree: Arc<Tree>,
    /// The place in the tree below which they are looked at.
    pub top: usize,
    pub members: Vec<Member>,
    /// Of each member each item.
    known: Vec<Known>,
    exempt: HashSet<PersonId>,
    online: HashSet<PersonId>,
}

/// A line of a table: an organisation or an alliance with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The key of the organisation or alliance; none for those who belong to no alliance.
    pub id: Option<i64>,
    pub name: String,
    /// Of an organisation.
    pub level: Option<Level>,
    /// Persons by where they stand with the whole plan.
    pub people: Tally,
    /// Of each item the persons by where they stand with it.
    pub items: Vec<Tally>,
}

/// Computes it: below `org`, as it was known at the end of `day`. None where no version was in force, and where nothing that is
/// required is due in the period. A plan that is over has the figures of its last day.
///
/// # Errors
/// [`Error::NotFound`] where there was no such organisation on that day, or it does not lie on the plan's line of the tree.
pub fn look(
    conn: &mut Conn,
    plan: &Plan,
    org: OrgId,
    day: NaiveDate,
    part: &Part,
) -> Result<Option<Figures>> {
    let day = plan.closed_on.map_or(day, |closed| day.min(closed));
    let tree = Arc::new(Tree::around(conn, org, day)?);
    look_in(conn, plan, org, day, &tree, part)
}

/// [`look`] in the tree of that day, for several plans.
fn look_in(
    conn: &mut Conn,
    plan: &Plan,
    org: OrgId,
    day: NaiveDate,
    tree: &Arc<Tree>,
    part: &Part,
) -> Result<Option<Figures>> {
    let Some(version) = plans::version_on(conn, plan.id, day)? else { return Ok(None) };
    let mut items = plans::items(conn, plan.id, version.version)?;
    items.retain(|item| part.period.holds(item.due_on));
    let rule = Rule::of(&version.rule).map_err(Error::internal)?;
    let (top, root) = (tree.place(org).ok_or(Error::NotFound)?, tree.place(plan.org).ok_or(Error::NotFound)?);
    // From above it only the plan's own part is seen.
    let top = match (tree.is_within(top, root), tree.is_within(root, top)) {
        (true, _) => top,
        (_, true) => root,
        _ => return Err(Error::NotFound),
    };
    // Where nothing is asked of anybody, nobody stands anywhere.
    if !part.period.is_all() && !items.iter().any(|item| item.is_required) {
        return Ok(None);
    }
    let mut members = audiences::members(conn, &rule, tree, top, day)?;
    if let Some(audience) = &part.audience {
        let them = audiences::members(conn, &audience.rule()?, tree, top, day)?;
        let them: HashSet<PersonId> = them.into_iter().map(|member| member.person).collect();
        members.retain(|member| them.contains(&member.person));
    }
    let mut figures = Figures {
        plan: plan.clone(),
        version: version.version,
        part: part.clone(),
        known: vec![Known::default(); members.len() * items.len()],
        items,
        day,
        tree: tree.clone(),
        top,
        members,
        exempt: HashSet::new(),
        online: HashSet::new(),
    };
    figures.load(conn)?;
    Ok(Some(figures))
}

/// What is known of one person and the plans in force for them today: each plan with its items.
///
/// # Errors
/// Those of the database.
pub fn of_person(conn: &mut Conn, person: PersonId, day: NaiveDate) -> Result<Vec<(Figures, usize)>> {
    let Some((branch, path)) = store::branch_of(conn, person)? else { return Ok(vec![]) };
    let tree = Arc::new(Tree::around(conn, branch, day)?);
    let mut found = vec![];
    for plan in plans::in_force(conn, &path, day)? {
        if let Some(figures) = look_in(conn, &plan, branch, day, &tree, &Part::default())?
            && let Some(at) = figures.members.iter().position(|member| member.person == person)
        {
            found.push((figures, at));
        }
    }
    Ok(found)
}

/// The figures of an organisation for each plan in force there.
///
/// # Errors
/// As [`look`].
pub fn of_org(conn: &mut Conn, (org, path): (OrgId, &str), day: NaiveDate) -> Result<Vec<Figures>> {
    let tree = Arc::new(Tree::around(conn, org, day)?);
    let mut found = vec![];
    for plan in plans::in_force(conn, path, day)? {
        found.extend(look_in(conn, &plan, org, day, &tree, &Part::default())?);
    }
    Ok(found)
}

impl Figures {
    fn load(&mut self, conn: &mut Conn) -> Result<()> {
        let until = clock::midnight(self.day.checked_add_days(Days::new(1)).unwrap_or(self.day));
        let one = self.tree.single(self.top);
        let place: HashMap<PersonId, usize> =
            self.members.iter().enumerate().map(|(at, member)| (member.person, at)).collect();
        let width = self.items.len();
        for (item, (matter, asked)) in self.items.iter().map(|item| (item.matter, item.chapters)).enumerate()
        {
            let known = &mut self.known;
            let mut meet = |person: PersonId, day, way| {
                if let Some(at) = place.get(&person) {
                    known[at * width + item].meet(day, way, false);
                }
            };
            match matter {
                Matter::Lecture(id) => {
                    for (person, at, way) in store::watched(conn, id, until, one)? {
                        meet(person, clock::day(at), way);
                    }
                }
                Matter::Booklet(id) => {
                    for (person, at) in store::read(conn, (id, asked), until, one)? {
                        meet(person, clock::day(at), Way::Read);
                    }
                }
                Matter::Course(id) => {
                    for (person, day) in store::finished(conn, id, until, one)? {
                        meet(person, day, Way::Course);
                    }
                }
                Matter::Meeting => {}
            }
        }
        let is_today = self.day >= clock::day(clock::now());
        let seen = match is_today {
            true => store::attended_now(conn, self.plan.id, one)?,
            false => store::attended_until(conn, self.plan.id, until, one)?,
        };
        let steps: HashMap<String, usize> =
            self.items.iter().enumerate().map(|(item, one)| (one.step.clone(), item)).collect();
        for (person, step, status, day) in seen {
            if let (Some(at), Some(item)) = (place.get(&person), steps.get(&step)) {
                enter(&mut self.known[at * width + item], &status, day);
            }
        }
        self.exempt = plans::exempt_on(conn, self.plan.id, self.day, until, one)?;
        self.online = store::online(conn, until, one)?;
        Ok(())
    }

    pub fn known(&self, member: usize, item: usize) -> &Known {
        &self.known[member * self.items.len() + item]
    }
    /// Where a member stands with an item.
    pub fn state(&self, member: usize, item: usize) -> State {
        let (who, what) = (self.members[member].person, &self.items[item]);
        // a meeting is never known by itself
        let is_watched = what.matter != Matter::Meeting && self.online.contains(&who);
        judge(self.known(member, item), what.due_on, self.exempt.contains(&who), is_watched, self.day)
    }
    /// Where a member stands with the whole plan: its required items.
    pub fn overall(&self, member: usize) -> State {
        let required = (0..self.items.len()).filter(|item| self.items[*item].is_required);
        overall(required.map(|item| self.state(member, item)))
    }
    pub fn is_online(&self, member: usize) -> bool {
        self.online.contains(&self.members[member].person)
    }
    /// The members below a place of the tree.
    pub fn range(&self, place: usize) -> std::ops::Range<usize> {
        let end = self.tree.nodes()[place].end;
        let from = self.members.partition_point(|member| member.place < place);
        from..self.members.partition_point(|member| member.place < end)
    }
    fn tally(&self, members: impl IntoIterator<Item = usize>) -> (Tally, Vec<Tally>) {
        let (mut people, mut items) = (Tally::default(), vec![Tally::default(); self.items.len()]);
        for member in members {
            let states: Vec<State> = (0..self.items.len()).map(|item| self.state(member, item)).collect();
            for (tally, state) in items.iter_mut().zip(&states) {
                tally.count(*state);
            }
            let required = states.iter().zip(&self.items).filter(|(_, item)| item.is_required);
            people.count(overall(required.map(|(state, _)| *state)));
        }
        (people, items)
    }
    /// Everybody who is looked at.
    pub fn whole(&self) -> Group {
        self.group(self.top)
    }
    /// An organisation with its counts.
    pub fn group(&self, place: usize) -> Group {
        let node = &self.tree.nodes()[place];
        let (people, items) = self.tally(self.range(place));
        Group { id: Some(node.id.0), name: node.name.clone(), level: Some(node.level), people, items }
    }
    /// What stands directly below, where somebody is obliged; in the order of the tree. Members of the organisation itself
    /// stand in a line of their own, so that the lines always sum to what is above them.
    pub fn below(&self, place: usize) -> Vec<Group> {
        let children = self.tree.children(place);
        let mut groups: Vec<Group> = children.into_iter().map(|child| self.group(child)).collect();
        let own: Vec<usize> =
            self.range(place).filter(|member| self.members[*member].place == place).collect();
        if !own.is_empty() && self.tree.nodes()[place].end > place + 1 {
            let (people, items) = self.tally(own);
            let node = &self.tree.nodes()[place];
            let group = Group {
                id: Some(node.id.0),
                name: node.name.clone(),
                level: Some(node.level),
                people,
                items,
            };
            groups.insert(0, group);
        }
        groups.retain(|group| group.people.total() > 0);
        groups
    }
    /// The other tree: by alliance, or the branches of one alliance; those of no alliance at the end.
    pub fn by_alliance(&self, of: &HashMap<OrgId, AllianceId>, names: &[(AllianceId, String)]) -> Vec<Group> {
        let mut members: HashMap<Option<AllianceId>, Vec<usize>> = HashMap::new();
        for (at, member) in self.members.iter().enumerate() {
            members.entry(of.get(&member.branch).copied()).or_default().push(at);
        }
        let mut groups = vec![];
        for (id, name) in names {
            if let Some(inside) = members.remove(&Some(*id)) {
                let (people, items) = self.tally(inside);
                groups.push(Group { id: Some(id.0), name: name.clone(), level: None, people, items });
            }
        }
        let rest: Vec<usize> = members.into_values().flatten().collect();
        if !rest.is_empty() {
            let (people, items) = self.tally(rest);
            groups.push(Group { id: None, name: String::new(), level: None, people, items });
        }
        groups
    }
    /// The branches of an alliance, in the order of the tree.
    pub fn branches_of(&self, of: &HashMap<OrgId, AllianceId>, alliance: AllianceId) -> Vec<Group> {
        let mut places: Vec<usize> = self
            .members
            .iter()
            .filter(|one| of.get(&one.branch) == Some(&alliance))
            .map(|one| one.place)
            .collect();
        places.dedup();
        places.into_iter().map(|place| self.group(place)).collect()
    }
    /// How many items were met in which way by those who are meant.
    pub fn ways(&self, is_meant: impl Fn(&Member) -> bool) -> Vec<(Way, usize)> {
        let width = self.items.len();
        let meant = self.members.iter().enumerate().filter(|(_, member)| is_meant(member));
        let met: Vec<Way> = meant
            .flat_map(|(at, _)| &self.known[at * width..(at + 1) * width])
            .filter_map(|known| known.met.map(|met| met.1))
            .collect();
        let count = |way: Way| met.iter().filter(|one| **one == way).count();
        Way::ALL.into_iter().map(|way| (way, count(way))).filter(|one| one.1 > 0).collect()
    }
    /// How many persons had met all that is required at the end of each of these days.
    pub fn met_by(&self, days: &[NaiveDate], range: std::ops::Range<usize>) -> Vec<usize> {
        let required: Vec<usize> =
            (0..self.items.len()).filter(|item| self.items[*item].is_required).collect();
        let mut counts = vec![0; days.len()];
        for member in range {
            let met = required.iter().map(|item| self.known(member, *item).met.map(|met| met.0));
            let last = met.reduce(|a, b| a.zip(b).map(|(a, b)| a.max(b))).flatten();
            if let Some(last) = last {
                days.iter()
                    .zip(&mut counts)
                    .filter(|(day, _)| last <= **day)
                    .for_each(|(_, count)| *count += 1);
            }
        }
        counts
    }
    /// Those to whom something has to be brought, in the order of the tree.
    pub fn missing(&self) -> impl Iterator<Item = (usize, State)> {
        (0..self.members.len()).map(|at| (at, self.overall(at))).filter(|(_, state)| state.is_missing())
    }
    /// The titles of required items that a member lacks, each with where it stands.
    pub fn lacks(&self, member: usize) -> Vec<(usize, State)> {
        let required = (0..self.items.len()).filter(|item| self.items[*item].is_required);
        required.map(|item| (item, self.state(member, item))).filter(|one| one.1.is_missing()).collect()
    }
}

/// What a row of attendance says.
fn enter(known: &mut Known, status: &str, day: NaiveDate) {
    use events::Status;
    match Status::of(status) {
        Some(Status::Makeup) => known.meet(day, Way::OnSite, true),
        Some(Status::HomeVisit) => known.meet(day, Way::Door, false),
        Some(status) if status.counts() => known.meet(day, Way::OnSite, false),
        Some(Status::LeaveOfficial | Status::LeaveSick | Status::LeavePrivate) => known.mark(Mark::Leave),
        Some(Status::Absent) => known.mark(Mark::Absent),
        // taken back
        _ => {}
    }
}
