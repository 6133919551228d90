//! Places: who gets one, who waits, who moves up, and that nobody ever has one too many. domain.md §4.2 and V-ENR of §5.10.
use crate::world::World;
use chrono::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;
use weixiao::audit::Doer;
use weixiao::clock;
use weixiao::courses::{self, About};
use weixiao::db::Conn;
use weixiao::either;
use weixiao::enrolments::{
    self, Asking, Channel, Decided, Filter, Mode, Offering, Refusal, Stands, State, Terms, Verdict, What,
};
use weixiao::error::{Error, Result};
use weixiao::ids::{
    AccountId, CourseId, EnrolmentId, EventId, OfferingId, OrgId, PersonId, TopicId, random_hex,
};
use weixiao::people::Category;

pub fn run(conn: &mut Conn, sql: &str) {
    use diesel::RunQueryDsl;
    either!(conn, c => diesel::sql_query(sql).execute(c)).unwrap();
}

/// Rows of (number, number, text).
fn rows(conn: &mut Conn, sql: &str) -> Vec<(i64, i64, String)> {
    use diesel::RunQueryDsl;
    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        a: i64,
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        b: i64,
        #[diesel(sql_type = diesel::sql_types::Text)]
        t: String,
    }
    let sql = format!("SELECT CAST(x.a AS BIGINT) AS a, CAST(x.b AS BIGINT) AS b, x.t FROM ({sql}) x");
    let found: Vec<Row> = either!(conn, c => diesel::sql_query(sql).load(c)).unwrap();
    found.into_iter().map(|row| (row.a, row.b, row.t)).collect()
}

/// A published course of the account `instructor`, with its offering.
pub fn course(conn: &mut Conn, title: &str) -> (CourseId, OfferingId) {
    let author =
        rows(conn, "SELECT id AS a, id AS b, username AS t FROM accounts WHERE username = 'instructor'")[0].0;
    let about = About {
        title: title.into(),
        summary: "认得水位，看懂警戒线。".into(),
        text: String::new(),
        topic: TopicId(1),
        cover: "water".into(),
        mode: courses::Mode::Online,
        visibility: courses::Visibility::Public,
        quarters: 4,
        due_on: None,
    };
    let slug = format!("c-{}", random_hex(6));
    let now = clock::now();
    let id = courses::create(conn, &slug, &about, AccountId(author), &random_hex(16), &Doer::default(), now)
        .unwrap();
    run(
        conn,
        &format!(
            "UPDATE courses SET stage = 'published', version = 1, published_at = created_at WHERE id = {id}"
        ),
    );
    (id, enrolments::offer_course(conn, id).unwrap())
}

/// An event between two hours from now on, with its offering.
fn event(conn: &mut Conn, title: &str, (from, to): (i64, i64), seats: Option<i32>) -> (EventId, OfferingId) {
    let key = random_hex(16);
    let at = |hours: i64| (clock::now() + Duration::hours(hours)).format("%Y-%m-%d %H:00:00").to_string();
    run(
        conn,
        &format!(
            "INSERT INTO events (kind, title, about, org_id, place, online_url, lecturer, starts_at, ends_at, state, \
             reason, sequence, changed_at, code_key, created_by, created_at, key) VALUES ('session', '{title}', '', 1, \
             '二楼', '', '', '{}', '{}', 'planned', '', 0, '{}', '', 1, '{}', '{key}')",
            at(from),
            at(to),
            at(0),
            at(0)
        ),
    );
    let id = rows(conn, &format!("SELECT id AS a, id AS b, key AS t FROM events WHERE key = '{key}'"))[0].0;
    (EventId(id), enrolments::offer_event(conn, EventId(id), seats).unwrap())
}

fn asking(person: PersonId) -> Asking {
    Asking {
        person,
        channel: Channel::Own,
        by: AccountId(1),
        key: random_hex(16),
        code: String::new(),
        is_sure: false,
    }
}

fn try_enrol(conn: &mut Conn, id: OfferingId, person: PersonId) -> Result<Result<Stands, Refusal>> {
    enrolments::try_enrol(conn, id, &asking(person), &Doer::default(), clock::now())
}

fn enrol(conn: &mut Conn, id: OfferingId, person: PersonId) -> Stands {
    try_enrol(conn, id, person).unwrap().unwrap()
}

fn cancel(conn: &mut Conn, id: EnrolmentId) -> Result<()> {
    enrolments::cancel(conn, id, false, &Doer::default(), clock::now())
}

fn state(conn: &mut Conn, id: EnrolmentId) -> State {
    enrolments::find(conn, id).unwrap().state
}

/// The terms as they stand, to be changed in a place.
fn terms(conn: &mut Conn, id: OfferingId) -> Terms {
    let mut terms = enrolments::offering(conn, id).unwrap().terms;
    terms.quotas =
        enrolments::quotas(conn, id).unwrap().into_iter().map(|quota| (quota.org, quota.seats)).collect();
    terms
}

fn set(conn: &mut Conn, id: OfferingId, change: impl FnOnce(&mut Terms)) -> Result<usize> {
    let mut terms = terms(conn, id);
    change(&mut terms);
    enrolments::set_terms(conn, id, &terms, &Doer::default(), clock::now())
}

/// Branches with at least `count` members, and those members.
pub fn branches(conn: &mut Conn, count: usize) -> Vec<(OrgId, Vec<PersonId>)> {
    let mut found: BTreeMap<i64, Vec<PersonId>> = BTreeMap::new();
    let sql = "SELECT m.branch_id AS a, m.person_id AS b, '' AS t FROM memberships m JOIN orgs o ON o.id = m.branch_id \
               WHERE m.valid_to IS NULL AND o.level = 'branch' ORDER BY m.branch_id, m.person_id";
    for (branch, person, _) in rows(conn, sql) {
        found.entry(branch).or_default().push(PersonId(person));
    }
    found.retain(|_, persons| persons.len() >= count);
    found.into_iter().map(|(branch, persons)| (OrgId(branch), persons[..count].to_vec())).collect()
}

/// Members from here and there.
fn members(conn: &mut Conn, count: usize) -> Vec<PersonId> {
    let sql =
        "SELECT person_id AS a, 0 AS b, '' AS t FROM memberships WHERE valid_to IS NULL ORDER BY person_id";
    rows(conn, sql).into_iter().map(|row| PersonId(row.0)).take(count).collect()
}

/// Runs something in one transaction.
fn within<T>(world: &World, work: impl FnOnce(&mut Conn) -> T) -> T {
    world.db.write_now(|conn| Ok(work(conn))).unwrap()
}

#[test]
fn v_enr_the_example_of_the_domain() {
    let world = World::before_courses();
    within(&world, |conn| {
        let (_, id) = course(conn, "水位记录");
        set(conn, id, |terms| terms.capacity = Some(2)).unwrap();
        let people = members(conn, 4);
        let asked: Vec<Asking> = people.iter().map(|person| asking(*person)).collect();
        let doer = Doer::default();
        let stands: Vec<Stands> = asked
            .iter()
            .map(|asking| enrolments::enrol(conn, id, asking, &doer, clock::now()).unwrap())
            .collect();
        let states: Vec<State> = stands.iter().map(|stands| stands.state).collect();
        assert_eq!(states, [State::Confirmed, State::Confirmed, State::Waitlisted, State::Waitlisted]);
        cancel(conn, stands[0].id).unwrap();
        assert_eq!(state(conn, stands[2].id), State::Confirmed, "A cancels, C moves up");
        let again = enrolments::enrol(conn, id, &asked[3], &doer, clock::now()).unwrap();
        assert_eq!(again, Stands { id: stands[3].id, state: State::Waitlisted }, "D's key again is D's row");
        assert_eq!(set(conn, id, |terms| terms.capacity = Some(3)).unwrap(), 1);
        assert_eq!(state(conn, stands[3].id), State::Confirmed);
        let told = rows(
            conn,
            "SELECT person_id AS a, 0 AS b, kind AS t FROM notices WHERE kind = 'promotion' ORDER BY id",
        );
        assert_eq!(
            told.iter().map(|row| PersonId(row.0)).collect::<Vec<_>>(),
            people[2..],
            "both are told, once"
        );
        // A key that made something else makes nothing here.
        let other = Asking { person: people[0], ..asked[3].clone() };
        let refused = enrolments::try_enrol(conn, id, &other, &doer, clock::now()).unwrap();
        assert_eq!(refused, Err(Refusal::OtherKey));
    });
}

#[test]
fn of_twenty_who_race_for_the_last_seat_one_gets_it() {
    let world = World::before_courses();
    let (id, people) = within(&world, |conn| {
        let (_, id) = course(conn, "最后一个名额");
        set(conn, id, |terms| terms.capacity = Some(5)).unwrap();
        let people = members(conn, 24);
        for person in &people[..4] {
            assert_eq!(enrol(conn, id, *person).state, State::Confirmed);
        }
        (id, people)
    });
    let barrier = Barrier::new(20);
    let stands: Vec<Stands> = thread::scope(|scope| {
        let racing: Vec<_> = people[4..]
            .iter()
            .map(|person| {
                let (world, barrier) = (&world, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    loop {
                        // Twenty want one of six connections: whoever finds none tries again, as a person does.
                        match world.db.write_now(|conn| try_enrol(conn, id, *person)) {
                            Err(Error::Unavailable(_)) => continue,
                            other => break other.unwrap().unwrap(),
                        }
                    }
                })
            })
            .collect();
        racing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let seated = stands.iter().filter(|stands| stands.state == State::Confirmed).count();
    let waiting = stands.iter().filter(|stands| stands.state == State::Waitlisted).count();
    assert_eq!((seated, waiting), (1, 19));
    within(&world, |conn| {
        let offering = enrolments::offering(conn, id).unwrap();
        assert_eq!((offering.taken, offering.taken_open, offering.waiting), (5, 5, 19));
        check_counts(conn, &offering);
    });
}

#[test]
fn the_same_person_twice_at_the_same_moment_has_one_place() {
    let world = World::before_courses();
    let (id, person) = within(&world, |conn| (course(conn, "两次").1, members(conn, 1)[0]));
    let barrier = Barrier::new(4);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let racing: Vec<_> = (0..4)
            .map(|_| {
                let (world, barrier) = (&world, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    world.db.write_now(|conn| try_enrol(conn, id, person)).unwrap()
                })
            })
            .collect();
        racing.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|one| matches!(one, Ok(_) | Err(Refusal::Already(State::Confirmed)))));
    assert_eq!(world.number("SELECT COUNT(*) FROM enrolments"), 1);
}

/// The counters say what the rows say.
fn check_counts(conn: &mut Conn, offering: &Offering) {
    let id = offering.id;
    let seated = "state IN ('confirmed', 'attended', 'no_show', 'excused')";
    let count = |conn: &mut Conn, which: &str| -> i32 {
        let sql = format!(
            "SELECT COUNT(*) AS a, 0 AS b, '' AS t FROM enrolments WHERE offering_id = {id} AND {which}"
        );
        rows(conn, &sql)[0].0 as i32
    };
    assert_eq!(offering.taken, count(conn, seated));
    assert_eq!(offering.taken_open, count(conn, &format!("{seated} AND quota_id IS NULL")));
    assert_eq!(offering.waiting, count(conn, "state = 'waitlisted'"));
    assert_eq!(offering.asking, count(conn, "state = 'requested'"));
    assert_eq!(
        count(conn, &format!("NOT {seated} AND quota_id IS NOT NULL")),
        0,
        "only seats are reserved ones"
    );
    let quotas = enrolments::quotas(conn, id).unwrap();
    assert_eq!(offering.reserved, quotas.iter().map(|quota| quota.seats).sum::<i32>());
    for quota in quotas {
        assert_eq!(quota.taken, count(conn, &format!("{seated} AND quota_id = {}", quota.id)));
        assert!(quota.taken <= quota.seats);
    }
    if let Some(capacity) = offering.terms.capacity {
        assert!(offering.taken <= capacity, "INV-E1");
    }
    let twice = format!(
        "SELECT person_id AS a, COUNT(*) AS b, '' AS t FROM enrolments WHERE offering_id = {id} \
         AND state NOT IN ('cancelled', 'declined') GROUP BY person_id HAVING COUNT(*) > 1"
    );
    assert_eq!(rows(conn, &twice), [], "INV-E2");
}

// --- any course of events, against a model that is too simple to be wrong ---------------------------------------------

/// Persons of three branches, four of each; two of the branches may have reserved seats.
const PEOPLE: usize = 12;
const PER_BRANCH: usize = 4;

#[derive(Debug, Clone)]
enum Op {
    Enrol(usize),
    /// By the organizer: past the approval.
    Add(usize),
    /// The same post again.
    Again(usize),
    Cancel(usize),
    Remove(usize),
    Approve(u16),
    ApproveAll,
    Decline(u16),
    /// Seats, reserved ones of two branches, and whether the organizer approves.
    Terms(Option<i32>, [i32; 2], bool),
}

fn op() -> impl Strategy<Value = Op> {
    let who = || 0..PEOPLE;
    prop_oneof![
        8 => who().prop_map(Op::Enrol),
        2 => who().prop_map(Op::Add),
        1 => who().prop_map(Op::Again),
        5 => who().prop_map(Op::Cancel),
        1 => who().prop_map(Op::Remove),
        2 => any::<u16>().prop_map(Op::Approve),
        1 => Just(Op::ApproveAll),
        1 => any::<u16>().prop_map(Op::Decline),
        4 => (prop::option::weighted(0.9, 0..9_i32), [0..4_i32, 0..4_i32], prop::bool::weighted(0.3))
            .prop_map(|(seats, quotas, asks)| Op::Terms(seats, quotas, asks)),
    ]
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    who: usize,
    state: State,
    /// The branch whose reserved seat it is.
    quota: Option<usize>,
    steps: Vec<State>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Model {
    capacity: Option<i32>,
    /// 0: none.
    quotas: [i32; 2],
    asks: bool,
    /// In the order of the queue.
    places: Vec<Place>,
}

impl Model {
    fn count(&self, is: impl Fn(&Place) -> bool) -> i32 {
        self.places.iter().filter(|place| is(place)).count() as i32
    }
    fn standing(&self, who: usize) -> Option<usize> {
        self.places.iter().position(|place| place.who == who && place.state.is_active())
    }
    fn free_reserved(&self, branch: usize) -> bool {
        self.count(|place| place.quota == Some(branch)) < self.quotas[branch]
    }
    fn free_open(&self) -> bool {
        let open = self.count(|place| place.state.is_seated() && place.quota.is_none());
        self.capacity.is_none_or(|capacity| open + self.quotas.iter().sum::<i32>() < capacity)
    }
    /// INV-E3, one seat at a time. Who moved up.
    fn fill(&mut self) -> Vec<usize> {
        let mut moved = vec![];
        for branch in 0..2 {
            while self.free_reserved(branch) {
                let of_it = |place: &Place| place.who / PER_BRANCH == branch;
                let waits = self.places.iter().position(|p| of_it(p) && p.state == State::Waitlisted);
                let sits =
                    self.places.iter().position(|p| of_it(p) && p.state.is_seated() && p.quota.is_none());
                let Some(place) = waits.or(sits) else { break };
                moved.extend(waits);
                self.places[place].state = State::Confirmed;
                self.places[place].quota = Some(branch);
            }
        }
        while self.free_open() {
            let Some(place) = self.places.iter().position(|p| p.state == State::Waitlisted) else { break };
            self.places[place].state = State::Confirmed;
            moved.push(place);
        }
        moved
    }
    fn promote(&mut self) {
        for place in self.fill() {
            self.places[place].steps.push(State::Confirmed);
        }
    }
    fn enrol(&mut self, who: usize, is_added: bool) -> Result<State, Refusal> {
        if let Some(place) = self.standing(who) {
            return Err(Refusal::Already(self.places[place].state));
        }
        let is_asked = self.asks && !is_added;
        let state = if is_asked { State::Requested } else { State::Waitlisted };
        self.places.push(Place { who, state, quota: None, steps: vec![] });
        if !is_asked {
            let moved = self.fill();
            let last = self.places.len() - 1;
            assert!(moved.iter().all(|place| *place == last), "nobody waited while there was a seat");
        }
        let place = self.places.last_mut().unwrap();
        place.steps.push(place.state);
        Ok(place.state)
    }
    fn cancel(&mut self, who: usize) -> bool {
        let Some(place) = self.standing(who) else { return false };
        self.places[place].state = State::Cancelled;
        self.places[place].quota = None;
        self.places[place].steps.push(State::Cancelled);
        self.promote();
        true
    }
    fn decide(&mut self, chosen: &[usize], verdict: Verdict) -> Decided {
        let asked: Vec<usize> =
            chosen.iter().copied().filter(|place| self.places[*place].state == State::Requested).collect();
        if verdict == Verdict::Decline {
            for place in &asked {
                self.places[*place].state = State::Declined;
                self.places[*place].steps.push(State::Declined);
            }
            return Decided { declined: asked.len(), ..Decided::default() };
        }
        for place in &asked {
            self.places[*place].state = State::Waitlisted;
        }
        let moved = self.fill();
        for place in moved.iter().filter(|place| !asked.contains(place)) {
            self.places[*place].steps.push(State::Confirmed);
        }
        let mut decided = Decided::default();
        for place in asked {
            let place = &mut self.places[place];
            place.steps.push(place.state);
            match place.state {
                State::Confirmed => decided.confirmed += 1,
                _ => decided.waitlisted += 1,
            }
        }
        decided
    }
    fn set(&mut self, capacity: Option<i32>, quotas: [i32; 2], asks: bool) -> bool {
        let quotas = if capacity.is_none() { [0, 0] } else { quotas };
        if capacity.is_some_and(|capacity| capacity < self.count(|place| place.state.is_seated())) {
            return false;
        }
        let mut next = self.clone();
        for (branch, seats) in quotas.iter().enumerate() {
            let used = self.count(|place| place.quota == Some(branch));
            if *seats == 0 {
                next.places
                    .iter_mut()
                    .filter(|place| place.quota == Some(branch))
                    .for_each(|place| place.quota = None);
            } else if *seats < used {
                return false;
            }
        }
        let open = next.count(|place| place.state.is_seated() && place.quota.is_none());
        if capacity.is_some_and(|capacity| open + quotas.iter().sum::<i32>() > capacity) {
            return false;
        }
        *self = Model { capacity, quotas, asks, ..next };
        self.promote();
        true
    }
    fn apply(&mut self, op: &Op) -> String {
        match op {
            Op::Enrol(who) => format!("{:?}", self.enrol(*who, false)),
            Op::Add(who) => format!("{:?}", self.enrol(*who, true)),
            Op::Again(who) => {
                format!(
                    "{:?}",
                    self.places.iter().rev().find(|place| place.who == *who).map(|place| place.state)
                )
            }
            Op::Cancel(who) | Op::Remove(who) => format!("{:?}", self.cancel(*who)),
            Op::Approve(some) => format!("{:?}", self.decide(&self.some(*some), Verdict::Approve)),
            Op::ApproveAll => {
                let all: Vec<usize> = (0..self.places.len()).collect();
                format!("{:?}", self.decide(&all, Verdict::Approve))
            }
            Op::Decline(some) => format!("{:?}", self.decide(&self.some(*some), Verdict::Decline)),
            Op::Terms(capacity, quotas, asks) => format!("{:?}", self.set(*capacity, *quotas, *asks)),
        }
    }
    /// The places of those persons whose bit is set.
    fn some(&self, bits: u16) -> Vec<usize> {
        (0..self.places.len()).filter(|place| bits >> self.places[*place].who & 1 == 1).collect()
    }
}

/// An offering with the persons of a case.
struct Case {
    id: OfferingId,
    orgs: Vec<OrgId>,
    people: Vec<PersonId>,
}

impl Case {
    fn new(conn: &mut Conn) -> Case {
        let branches = branches(conn, PER_BRANCH);
        let (_, id) = course(conn, "随机");
        Case {
            id,
            orgs: branches[..2].iter().map(|branch| branch.0).collect(),
            people: branches[..3].iter().flat_map(|branch| branch.1.clone()).collect(),
        }
    }
    /// What the table holds, in the words of the model.
    fn places(&self, conn: &mut Conn) -> Vec<(EnrolmentId, Place)> {
        let quotas = enrolments::quotas(conn, self.id).unwrap();
        let all = rows(
            conn,
            &format!(
                "SELECT id AS a, COALESCE(quota_id, 0) AS b, key AS t FROM enrolments WHERE offering_id = {} ORDER BY seq",
                self.id
            ),
        );
        let mut steps: BTreeMap<i64, Vec<State>> = BTreeMap::new();
        let sql = format!(
            "SELECT s.enrolment_id AS a, s.id AS b, s.state AS t FROM enrolment_steps s JOIN enrolments e \
             ON e.id = s.enrolment_id WHERE e.offering_id = {} ORDER BY s.id",
            self.id
        );
        for (enrolment, _, state) in rows(conn, &sql) {
            steps.entry(enrolment).or_default().push(State::of(&state).unwrap());
        }
        all.into_iter()
            .map(|(id, quota, _)| {
                let found = enrolments::find(conn, EnrolmentId(id)).unwrap();
                let quota = quotas.iter().find(|one| one.id.0 == quota).map(|one| one.org);
                let place = Place {
                    who: self.people.iter().position(|person| *person == found.person).unwrap(),
                    state: found.state,
                    quota: quota.map(|org| self.orgs.iter().position(|one| *one == org).unwrap()),
                    steps: steps.remove(&id).unwrap_or_default(),
                };
                (found.id, place)
            })
            .collect()
    }
    fn apply(&self, conn: &mut Conn, op: &Op) -> Result<String> {
        let (doer, now) = (Doer::default(), clock::now());
        let standing = |conn: &mut Conn, who: usize| enrolments::active(conn, self.id, self.people[who]);
        Ok(match op {
            Op::Enrol(who) => {
                let stands = try_enrol(conn, self.id, self.people[*who])?;
                format!("{:?}", stands.map(|stands| stands.state))
            }
            Op::Add(who) => {
                let added = Asking { channel: Channel::Organizer, ..asking(self.people[*who]) };
                let stands = enrolments::try_enrol(conn, self.id, &added, &doer, now)?;
                format!("{:?}", stands.map(|stands| stands.state))
            }
            Op::Again(who) => {
                let sql = format!(
                    "SELECT id AS a, seq AS b, key AS t FROM enrolments WHERE offering_id = {} AND person_id = {} ORDER BY seq DESC",
                    self.id, self.people[*who]
                );
                let state = match rows(conn, &sql).first() {
                    Some((id, _, key)) => {
                        let again = Asking { key: key.clone(), ..asking(self.people[*who]) };
                        let stands = enrolments::enrol(conn, self.id, &again, &doer, now)?;
                        assert_eq!(stands.id.0, *id, "INV-E5");
                        Some(stands.state)
                    }
                    None => None,
                };
                format!("{state:?}")
            }
            Op::Cancel(who) | Op::Remove(who) => {
                let done = match standing(conn, *who)? {
                    Some(found) => {
                        enrolments::cancel(conn, found.id, matches!(op, Op::Remove(_)), &doer, now)?;
                        true
                    }
                    None => false,
                };
                format!("{done:?}")
            }
            Op::Approve(bits) | Op::Decline(bits) => {
                let places = self.places(conn);
                let chosen: Vec<EnrolmentId> =
                    places.iter().filter(|one| bits >> one.1.who & 1 == 1).map(|one| one.0).collect();
                let verdict = if matches!(op, Op::Approve(_)) { Verdict::Approve } else { Verdict::Decline };
                let said = if bits & 1 == 1 { "名额有限" } else { "" };
                format!(
                    "{:?}",
                    enrolments::decide(conn, self.id, Some(&chosen), (verdict, said), &doer, now)?
                )
            }
            Op::ApproveAll => {
                format!("{:?}", enrolments::decide(conn, self.id, None, (Verdict::Approve, ""), &doer, now)?)
            }
            Op::Terms(capacity, quotas, asks) => {
                let set = set(conn, self.id, |terms| {
                    terms.capacity = *capacity;
                    terms.mode = if *asks { Mode::Approval } else { Mode::Open };
                    terms.quotas =
                        self.orgs.iter().copied().zip(*quotas).filter(|quota| quota.1 > 0).collect();
                });
                match set {
                    Ok(_) => "true".into(),
                    Err(Error::Refused(_)) => "false".into(),
                    Err(other) => return Err(other),
                }
            }
        })
    }
    fn check(&self, conn: &mut Conn, model: &Model, after: &Op) {
        let places: Vec<Place> = self.places(conn).into_iter().map(|one| one.1).collect();
        assert_eq!(places, model.places, "after {after:?}");
        let offering = enrolments::offering(conn, self.id).unwrap();
        check_counts(conn, &offering);
        // No seat stays free while somebody waits who may have it.
        assert_eq!(model.clone().fill(), Vec::<usize>::new());
        assert!(offering.free() != Some(0) || !model.free_open());
    }
}

#[test]
fn whatever_happens_in_whatever_order_the_seats_are_right() {
    let world = World::before_courses();
    let config = Config { cases: 240, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&prop::collection::vec(op(), 1..28), |ops| {
        within(&world, |conn| {
            let case = Case::new(conn);
            let mut model = Model::default();
            for op in &ops {
                let expected = model.apply(op);
                assert_eq!(case.apply(conn, op).unwrap(), expected, "{op:?}");
                case.check(conn, &model, op);
            }
        });
        Ok(())
    });
    outcome.unwrap();
}

/// Two things at the same moment are as if one came before the other.
#[test]
fn two_things_at_once_are_one_after_the_other() {
    let world = World::before_courses();
    let config = Config { cases: 24, max_shrink_iters: 10, failure_persistence: None, ..Config::default() };
    let before = prop::collection::vec(op(), 4..16);
    let outcome = TestRunner::new(config).run(&(before, op(), op()), |(before, one, other)| {
        let (case, model) = within(&world, |conn| {
            let case = Case::new(conn);
            let mut model = Model::default();
            for op in &before {
                model.apply(op);
                case.apply(conn, op).unwrap();
            }
            (case, model)
        });
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            for op in [&one, &other] {
                let (world, barrier, case) = (&world, &barrier, &case);
                scope.spawn(move || {
                    barrier.wait();
                    match world.db.write_now(|conn| case.apply(conn, op)) {
                        // Whoever cancels or sends again has looked before the other one was done.
                        Ok(_) | Err(Error::Refused(_)) => {}
                        Err(other) => panic!("{op:?}: {other}"),
                    }
                });
            }
        });
        within(&world, |conn| {
            let places: Vec<Place> = case.places(conn).into_iter().map(|one| one.1).collect();
            let orders = [[&one, &other], [&other, &one]].map(|order| {
                let mut after = model.clone();
                for op in order {
                    after.apply(op);
                }
                after.places
            });
            assert!(
                orders.contains(&places),
                "{one:?} and {other:?} after {before:?}: {places:?}, not {orders:?}"
            );
            let offering = enrolments::offering(conn, case.id).unwrap();
            check_counts(conn, &offering);
        });
        Ok(())
    });
    outcome.unwrap();
}

// --- rules ------------------------------------------------------------------------------------------------------------

#[test]
fn reserved_seats_free_open_ones_also_while_nobody_waits() {
    let world = World::before_courses();
    within(&world, |conn| {
        let branches = branches(conn, 3);
        let (_, id) = course(conn, "预留");
        let (own, others) = (&branches[0], &branches[1]);
        set(conn, id, |terms| terms.capacity = Some(2)).unwrap();
        let first = enrol(conn, id, own.1[0]);
        // The one seat reserved for the branch is the one that its member has already.
        set(conn, id, |terms| terms.quotas = vec![(own.0, 1)]).unwrap();
        let offering = enrolments::offering(conn, id).unwrap();
        assert_eq!((offering.taken, offering.taken_open, offering.free()), (1, 0, Some(1)));
        assert_eq!(enrol(conn, id, others.1[0]).state, State::Confirmed);
        assert_eq!(enrol(conn, id, own.1[1]).state, State::Waitlisted);
        cancel(conn, first.id).unwrap();
        let offering = enrolments::offering(conn, id).unwrap();
        check_counts(conn, &offering);
    });
}

#[test]
fn terms_that_cannot_be_are_refused_and_change_nothing() {
    let world = World::before_courses();
    within(&world, |conn| {
        let branches = branches(conn, 2);
        let (_, id) = course(conn, "条件");
        set(conn, id, |terms| terms.capacity = Some(3)).unwrap();
        for person in branches[0].1.iter().chain(&branches[1].1[..1]) {
            enrol(conn, id, *person);
        }
        let before = terms(conn, id);
        let city = OrgId(1);
        let refused = |conn: &mut Conn, change: &dyn Fn(&mut Terms)| match set(conn, id, change) {
            Err(Error::Refused(message)) => message.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(refused(conn, &|terms| terms.capacity = Some(2)).contains("3 人确认"));
        assert!(refused(conn, &|terms| terms.quotas = vec![(branches[0].0, 1)]).contains("超过了总名额"));
        let nested = vec![(branches[0].0, 0), (city, 0)];
        assert!(refused(conn, &|terms| terms.quotas = nested.clone()).contains("上级"));
        assert_eq!(terms(conn, id), before);
        // With more seats than both together it goes.
        set(conn, id, |terms| (terms.capacity, terms.quotas) = (Some(4), vec![(branches[0].0, 1)])).unwrap();
        let now_reserved = enrolments::quotas(conn, id).unwrap();
        assert_eq!((now_reserved[0].seats, now_reserved[0].taken), (1, 1), "one who sat on an open seat");
        assert!(refused(conn, &|terms| terms.quotas = vec![(branches[0].0, 0)]).contains("预留"));
        // Reserved seats that go leave their people where they are.
        set(conn, id, |terms| terms.quotas.clear()).unwrap();
        let offering = enrolments::offering(conn, id).unwrap();
        assert_eq!((offering.taken, offering.taken_open, offering.reserved), (3, 3, 0));
        check_counts(conn, &offering);
    });
}

#[test]
fn who_may_come_in_and_when() {
    let world = World::before_courses();
    within(&world, |conn| {
        let people = members(conn, 3);
        let (course_id, id) = course(conn, "规则");
        let hour = Duration::hours(1);
        let now = clock::now();
        let refusal = |conn: &mut Conn, asking: &Asking| {
            enrolments::try_enrol(conn, id, asking, &Doer::default(), now).unwrap().unwrap_err()
        };
        let asked = asking(people[0]);
        set(conn, id, |terms| terms.opens_at = Some(now + hour)).unwrap();
        assert_eq!(refusal(conn, &asked), Refusal::NotYet(now + hour));
        set(conn, id, |terms| (terms.opens_at, terms.closes_at) = (None, Some(now))).unwrap();
        assert_eq!(refusal(conn, &asked), Refusal::Over(now), "half-open: at the end it is over");
        set(conn, id, |terms| (terms.closes_at, terms.is_closed) = (None, true)).unwrap();
        assert_eq!(refusal(conn, &asked), Refusal::Closed);
        set(conn, id, |terms| (terms.is_closed, terms.path) = (false, "/1/99999/".into())).unwrap();
        assert_eq!(refusal(conn, &asked), Refusal::NotInPath);
        set(conn, id, |terms| (terms.path, terms.audience) = (String::new(), vec![Category::Student]))
            .unwrap();
        run(conn, &format!("DELETE FROM member_categories WHERE person_id = {}", people[0]));
        assert_eq!(refusal(conn, &asked), Refusal::NotInAudience);
        // Whoever runs the list may let anybody in.
        let added = Asking { channel: Channel::Organizer, ..asking(people[0]) };
        assert!(enrolments::try_enrol(conn, id, &added, &Doer::default(), now).unwrap().is_ok());
        set(conn, id, |terms| {
            (terms.audience, terms.mode, terms.code) = (vec![], Mode::Code, "AB-7K 2".into());
        })
        .unwrap();
        let mut asked = asking(people[1]);
        for wrong in ["", "AB7K", "AB7K3"] {
            asked.code = wrong.into();
            assert_eq!(refusal(conn, &asked), Refusal::WrongCode, "{wrong:?}");
        }
        asked.code = " ab7k2".into();
        assert!(enrolments::try_enrol(conn, id, &asked, &Doer::default(), now).unwrap().is_ok());
        run(conn, &format!("UPDATE courses SET stage = 'withdrawn' WHERE id = {course_id}"));
        assert_eq!(refusal(conn, &asking(people[2])), Refusal::NotPublished);
    });
}

#[test]
fn a_place_is_given_up_in_time_or_by_the_organizer() {
    let world = World::before_courses();
    within(&world, |conn| {
        let people = members(conn, 2);
        let (_, id) = course(conn, "退出");
        let stands = enrol(conn, id, people[0]);
        let until = clock::now() - Duration::minutes(1);
        set(conn, id, |terms| (terms.withdraw_until, terms.capacity) = (Some(until), Some(1))).unwrap();
        let waits = enrol(conn, id, people[1]);
        assert!(matches!(cancel(conn, stands.id), Err(Error::Refused(_))), "too late");
        cancel(conn, waits.id).unwrap();
        assert!(matches!(cancel(conn, waits.id), Err(Error::Refused(_))), "twice");
        enrolments::cancel(conn, stands.id, true, &Doer::default(), clock::now()).unwrap();
        assert_eq!(state(conn, stands.id), State::Cancelled);
        let seen = rows(
            conn,
            &format!(
                "SELECT COUNT(*) AS a, 0 AS b, '' AS t FROM audit_entries WHERE action = 'enrolment_cancelled' AND subject_kind = 'person' AND subject_id = {}",
                people[0]
            ),
        );
        assert_eq!(seen[0].0, 1, "the member sees in the own record who did it");
    });
}

#[test]
fn inv_e4_two_dates_of_one_person_do_not_overlap() {
    let world = World::before_courses();
    within(&world, |conn| {
        let people = members(conn, 3);
        let (_, first) = event(conn, "上午场", (24, 26), Some(1));
        let (_, second) = event(conn, "重叠场", (25, 27), None);
        let (_, third) = event(conn, "接着的一场", (26, 28), None);
        let taken = enrol(conn, first, people[0]);
        assert_eq!(try_enrol(conn, second, people[0]).unwrap(), Err(Refusal::Overlap("上午场".into())));
        assert_eq!(enrol(conn, third, people[0]).state, State::Confirmed, "one ends as the other begins");
        // A clerk is warned, and may be sure; a person for themselves may not.
        let mut by_clerk = Asking { channel: Channel::Clerk, ..asking(people[0]) };
        let ask = |conn: &mut Conn, asking: &Asking| {
            enrolments::try_enrol(conn, second, asking, &Doer::default(), clock::now()).unwrap()
        };
        assert!(matches!(ask(conn, &by_clerk), Err(Refusal::Overlap(_))));
        assert!(matches!(
            ask(conn, &Asking { is_sure: true, ..asking(people[0]) }),
            Err(Refusal::Overlap(_))
        ));
        by_clerk.is_sure = true;
        assert!(ask(conn, &by_clerk).is_ok());
        // Whoever waits could get the seat at any moment: that would be two at once.
        assert_eq!(enrol(conn, first, people[1]).state, State::Waitlisted);
        assert_eq!(try_enrol(conn, second, people[1]).unwrap(), Err(Refusal::Overlap("上午场".into())));
        cancel(conn, taken.id).unwrap();
        assert_eq!(enrolments::active(conn, first, people[1]).unwrap().unwrap().state, State::Confirmed);
        // A date that does not take place is none.
        run(conn, "UPDATE events SET state = 'cancelled' WHERE title = '上午场'");
        assert_eq!(enrol(conn, second, people[1]).state, State::Confirmed);
    });
}

#[test]
fn inv_e4_holds_against_two_posts_at_once() {
    let world = World::before_courses();
    let (dates, people) = within(&world, |conn| {
        let dates = [event(conn, "一", (24, 26), None).1, event(conn, "二", (25, 27), None).1];
        (dates, members(conn, 6))
    });
    for person in people {
        let barrier = Barrier::new(2);
        let outcomes: Vec<_> = thread::scope(|scope| {
            let racing: Vec<_> = dates
                .iter()
                .map(|id| {
                    let (world, barrier) = (&world, &barrier);
                    scope.spawn(move || {
                        barrier.wait();
                        world.db.write_now(|conn| try_enrol(conn, *id, person)).unwrap()
                    })
                })
                .collect();
            racing.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(outcomes.iter().filter(|one| one.is_ok()).count(), 1, "{outcomes:?}");
    }
}

#[test]
fn dates_come_after_their_course_and_go_with_it() {
    let world = World::before_courses();
    within(&world, |conn| {
        let people = members(conn, 2);
        let (course_id, above) = course(conn, "有现场课");
        let (event_id, date) = event(conn, "第一次", (48, 50), Some(1));
        courses::attach_session(conn, course_id, "abc", event_id).unwrap();
        assert_eq!(try_enrol(conn, date, people[0]).unwrap(), Err(Refusal::CourseFirst));
        let first = enrol(conn, above, people[0]);
        enrol(conn, above, people[1]);
        let seat = enrol(conn, date, people[0]);
        let waits = enrol(conn, date, people[1]);
        assert_eq!((seat.state, waits.state), (State::Confirmed, State::Waitlisted));
        cancel(conn, first.id).unwrap();
        assert_eq!(state(conn, seat.id), State::Cancelled);
        assert_eq!(state(conn, waits.id), State::Confirmed);
        assert_eq!(enrolments::of_event(conn, event_id).unwrap().unwrap().what, What::Event(event_id));
    });
}

#[test]
fn nobody_moves_up_to_what_has_begun() {
    let world = World::before_courses();
    within(&world, |conn| {
        let people = members(conn, 2);
        let (event_id, id) = event(conn, "开始了", (24, 26), Some(1));
        let (seat, waits) = (enrol(conn, id, people[0]), enrol(conn, id, people[1]));
        assert_eq!(waits.state, State::Waitlisted);
        run(
            conn,
            &format!("UPDATE events SET starts_at = created_at, state = 'under_way' WHERE id = {event_id}"),
        );
        assert!(matches!(cancel(conn, seat.id), Err(Error::Refused(_))), "it has begun");
        enrolments::cancel(conn, seat.id, true, &Doer::default(), clock::now()).unwrap();
        set(conn, id, |terms| terms.capacity = Some(9)).unwrap();
        assert_eq!(state(conn, waits.id), State::Waitlisted);
    });
}

#[test]
fn nobody_is_approved_for_what_has_begun_nor_moves_up_in_a_course_that_is_not_public() {
    let world = World::before_courses();
    within(&world, |conn| {
        let (people, doer, now) = (members(conn, 3), Doer::default(), clock::now());
        let (event_id, id) = event(conn, "开始了", (24, 26), Some(1));
        set(conn, id, |terms| terms.mode = Mode::Approval).unwrap();
        let asks = enrol(conn, id, people[0]);
        run(conn, &format!("UPDATE events SET starts_at = created_at WHERE id = {event_id}"));
        let refused = enrolments::decide(conn, id, None, (Verdict::Approve, ""), &doer, now);
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        assert_eq!(state(conn, asks.id), State::Requested);
        let declined = enrolments::decide(conn, id, None, (Verdict::Decline, "晚了"), &doer, now).unwrap();
        assert_eq!(declined.declined, 1);

        let (course_id, id) = course(conn, "下架的");
        set(conn, id, |terms| terms.capacity = Some(1)).unwrap();
        let (seat, waits) = (enrol(conn, id, people[0]), enrol(conn, id, people[1]));
        run(conn, &format!("UPDATE courses SET stage = 'withdrawn' WHERE id = {course_id}"));
        cancel(conn, seat.id).unwrap();
        assert_eq!(state(conn, waits.id), State::Waitlisted, "nobody can study it now");
        run(conn, &format!("UPDATE courses SET stage = 'published' WHERE id = {course_id}"));
        assert_eq!(enrolments::resume(conn, course_id, now).unwrap(), 1);
        assert_eq!(enrolments::resume(conn, course_id, now).unwrap(), 0);
        assert_eq!(state(conn, waits.id), State::Confirmed);
    });
}

#[test]
fn seats_follow_attendance_and_nothing_is_followed_twice() {
    let world = World::before_courses();
    within(&world, |conn| {
        let people = members(conn, 4);
        let (event_id, id) = event(conn, "考勤", (24, 26), Some(4));
        let seats: Vec<Stands> = people.iter().map(|person| enrol(conn, id, *person)).collect();
        let long_ago = (clock::now() - Duration::hours(1)).format("%Y-%m-%d %H:%M:%S");
        let before: i64 =
            rows(conn, "SELECT COALESCE(MAX(id), 0) AS a, 0 AS b, '' AS t FROM attendances")[0].0;
        let mut number = before;
        let mut record = |conn: &mut Conn, person: PersonId, revision: i32, status: &str| {
            number += 1;
            run(
                conn,
                &format!(
                    "INSERT INTO attendances (id, event_id, person_id, revision, status, minutes, method, recorded_by, day, recorded_at, key) VALUES ({number}, {event_id}, {person}, {revision}, '{status}', 0, 'list', 1, '2026-11-28', '{long_ago}', '{}')",
                    random_hex(16)
                ),
            );
            run(
                conn,
                &format!("DELETE FROM attendance_heads WHERE event_id = {event_id} AND person_id = {person}"),
            );
            run(
                conn,
                &format!(
                    "INSERT INTO attendance_heads (event_id, person_id, attendance_id, revision, status, minutes, day) VALUES ({event_id}, {person}, {number}, {revision}, '{status}', 0, '2026-11-28')"
                ),
            );
        };
        for (person, status) in people.iter().zip(["present", "absent", "leave_sick", "late"]) {
            record(conn, *person, 1, status);
        }
        let follow = |conn: &mut Conn| {
            while enrolments::follow_attendance(conn, clock::now()).unwrap() > 0 {}
            seats.iter().map(|seat| state(conn, seat.id)).collect::<Vec<_>>()
        };
        assert_eq!(follow(conn), [State::Attended, State::NoShow, State::Excused, State::Attended]);
        record(conn, people[0], 2, "void");
        assert_eq!(follow(conn)[0], State::Confirmed);
        let offering = enrolments::offering(conn, id).unwrap();
        assert_eq!((offering.taken, offering.taken_open), (4, 4), "a seat stays a seat");
        check_counts(conn, &offering);
        let steps = rows(
            conn,
            &format!(
                "SELECT COUNT(*) AS a, 0 AS b, '' AS t FROM enrolment_steps s JOIN enrolments e ON e.id = s.enrolment_id WHERE e.offering_id = {id}"
            ),
        );
        assert_eq!(steps[0].0, 4 + 4 + 1);
    });
}

#[test]
fn what_was_written_to_a_decision_stays_with_it() {
    let world = World::before_courses();
    within(&world, |conn| {
        let people = members(conn, 3);
        let (_, id) = course(conn, "审核");
        set(conn, id, |terms| terms.mode = Mode::Approval).unwrap();
        let asked: Vec<Stands> = people.iter().map(|person| enrol(conn, id, *person)).collect();
        let chosen = [asked[0].id, asked[2].id];
        let said = (Verdict::Decline, "本期只面向新任支委，下期再报。");
        let decided =
            enrolments::decide(conn, id, Some(&chosen), said, &Doer::default(), clock::now()).unwrap();
        assert_eq!(decided, Decided { declined: 2, ..Decided::default() });
        assert_eq!(enrolments::last_text(conn, asked[2].id).unwrap(), said.1);
        assert_eq!(enrolments::last_text(conn, asked[1].id).unwrap(), "");
        assert_eq!(state(conn, asked[1].id), State::Requested);
        // Who was declined may ask again.
        assert_eq!(enrol(conn, id, people[0]).state, State::Requested);
        let all = enrolments::participants(conn, id, &Filter::default(), 0, 10).unwrap();
        assert_eq!(all.len(), 4);
    });
}
