//! Group viewing: every attack that we know of, through the face where moments matter and through browsers where doors do.
use crate::events::{account, arrange, branch, doer, person, plan, refused};
use crate::world::{Answer, Browser, World};
use chrono::Duration;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use weixiao::access::Viewer;
use weixiao::clock::{self, Timestamp};
use weixiao::error::{Error, Result};
use weixiao::events::{Kind, Plan};
use weixiao::ids::{EventId, LectureId, OrgId, PersonId, digest, random_hex};
use weixiao::viewings::{self, Beat, Refusal};
use weixiao::watching::{self, Ask, Standing, Told};

const LECTURE: i64 = 1;

fn viewer(world: &World, name: &str) -> Viewer {
    let account = account(world, name);
    world.db.read_now(|conn| weixiao::accounts::viewer_for(conn, account, None)).unwrap().unwrap()
}

/// From now on all recordings last so long.
fn last(world: &World, seconds: i64) {
    world.sql(&format!("UPDATE media SET duration_ms = {}", seconds * 1_000));
}

/// A group viewing of the branch of this account, about to begin.
fn planned(world: &World, org: OrgId, now: Timestamp) -> EventId {
    let plan = Plan { lecture: Some(LectureId(LECTURE)), title: "集体收看".into(), ..plan(now) };
    arrange(world, Kind::GroupViewing, org, plan, now)
}

/// A room whose list is open: who hosts it, in which sign-in.
struct Room<'a> {
    world: &'a World,
    host: Viewer,
    session: String,
    id: EventId,
}

impl<'a> Room<'a> {
    fn open(world: &'a World, host: &str, now: Timestamp) -> Room<'a> {
        let room = Room::planned(world, host, now);
        room.try_open(now).unwrap();
        room
    }
    fn planned(world: &'a World, host: &str, now: Timestamp) -> Room<'a> {
        let id = planned(world, branch(world, host), now);
        Room { world, host: viewer(world, host), session: format!("session-{host}"), id }
    }
    fn try_open(&self, now: Timestamp) -> Result<()> {
        let doer = doer(self.world, "secretary");
        self.world.db.write_now(|conn| viewings::open(conn, &self.host, &self.session, self.id, &doer, now))
    }
    fn sign(&self, persons: &[PersonId], now: Timestamp) -> Result<usize> {
        let doer = doer(self.world, "secretary");
        self.world.db.write_now(|conn| viewings::sign(conn, &self.host, self.id, persons, &doer, now))
    }
    fn unsign(&self, person: PersonId) -> Result<()> {
        self.world.db.write_now(|conn| viewings::unsign(conn, &self.host, self.id, person))
    }
    fn try_play(&self, is_plain: bool, now: Timestamp) -> Result<(String, Standing)> {
        let play = digest(&random_hex(16));
        let standing = self.world.db.write_now(|conn| {
            viewings::play(conn, &self.host, self.id, (&self.session, &play), is_plain, now)
        })?;
        Ok((play, standing))
    }
    fn play(&self, now: Timestamp) -> String {
        self.try_play(false, now).unwrap().0
    }
    fn beat(&self, play: &str, seq: i64, pieces: &[(i64, i64)], now: Timestamp) -> Told {
        let beat = Beat {
            play: play.to_owned(),
            session: self.session.clone(),
            seq,
            pieces: pieces.to_vec(),
            place_ms: pieces.last().map_or(0, |piece| piece.1),
        };
        self.world.db.write_now(|conn| viewings::beat(conn, &self.host, self.id, &beat, now)).unwrap()
    }
    fn finish(&self, now: Timestamp) -> Result<Standing> {
        self.world.db.write_now(|conn| viewings::finish(conn, &self.host, self.id, &self.session, now))
    }
    fn end(&self, now: Timestamp) -> Result<()> {
        let doer = doer(self.world, "secretary");
        self.world.db.write_now(|conn| viewings::end(conn, &self.host, self.id, &doer, now))
    }
    /// Plays the recording from one second to another as an honest player does, and says when it was done.
    fn watch(&self, play: &str, first_seq: i64, (from, to): (i64, i64), start: Timestamp) -> Timestamp {
        let (mut seq, mut place, mut now) = (first_seq, from, start);
        while place < to {
            let next = (place + 15).min(to);
            now += Duration::seconds(next - place);
            let told = self.beat(play, seq, &[(place * 1_000, next * 1_000)], now);
            assert!(matches!(told, Told::Standing(_)), "{told:?}");
            (seq, place) = (seq + 1, next);
        }
        now
    }
    fn attendance(&self, who: PersonId) -> i64 {
        self.world.number(&format!(
            "SELECT COUNT(*) FROM attendance_heads WHERE event_id = {} AND person_id = {who} AND status = 'present'",
            self.id
        ))
    }
}

fn seconds(told: &Told) -> i32 {
    let Told::Standing(standing) = told else { panic!("{told:?}") };
    standing.seconds
}

fn proofs(world: &World, who: PersonId) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM completions WHERE person_id = {who} AND kind = 'group'"))
}

const WHOLE: &[(i64, i64)] = &[(0, 36_000_000)];

#[test]
fn whoever_sits_there_for_eighty_per_cent_has_completed_it_once_and_is_told() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let room = Room::open(&world, "secretary", start);
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    assert_eq!(room.sign(&[member, elder, member], start).unwrap(), 2);
    assert_eq!(room.sign(&[member], start).unwrap(), 0, "a form that was sent twice");
    let play = room.play(start);
    let now = room.watch(&play, 1, (0, 465), start);
    assert_eq!(proofs(&world, member), 0);
    let now = room.watch(&play, 100, (465, 600), now);
    let rows = format!(
        "SELECT COUNT(*) FROM completions WHERE event_id = {} AND kind = 'group' AND seconds = 480 AND length_s = 600 AND threshold = 80 AND acted_by IS NULL",
        room.id
    );
    assert_eq!(world.number(&rows), 2);
    room.end(now).unwrap();
    room.end(now).unwrap();
    for who in [member, elder] {
        assert_eq!((room.attendance(who), proofs(&world, who)), (1, 1));
        let told = format!(
            "SELECT COUNT(*) FROM notices WHERE person_id = {who} AND kind = 'attendance' AND link = '/events/{}'",
            room.id
        );
        assert_eq!(world.number(&told), 1);
    }
    let by = "SELECT COUNT(*) FROM attendances WHERE method = 'video' AND minutes = 10";
    assert_eq!(world.number(by), 2);
    assert_eq!(
        world.number(&format!("SELECT COUNT(*) FROM events WHERE id = {} AND state = 'held'", room.id)),
        1
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'viewing_ended'"), 1);
    // Again, on another day: nobody gains it twice.
    let again = Room::open(&world, "secretary", now);
    again.sign(&[member, elder], now).unwrap();
    let play = again.play(now);
    let now = again.watch(&play, 1, (0, 600), now);
    again.end(now).unwrap();
    assert_eq!((proofs(&world, member), again.attendance(member)), (1, 1));
}

#[test]
fn forged_beats_gain_the_small_start_and_then_twice_the_clock() {
    let world = World::before_courses();
    last(&world, 36_000);
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let room = Room::open(&world, "secretary", start);
    room.sign(&[person(&world, "member")], start).unwrap();
    let play = room.play(start);
    assert_eq!(seconds(&room.beat(&play, 1, WHOLE, at(0))), 20);
    for seq in 2..30 {
        assert_eq!(seconds(&room.beat(&play, seq, WHOLE, at(0))), 20);
    }
    assert_eq!(seconds(&room.beat(&play, 30, WHOLE, at(10))), 40);
    // A replayed one, whatever it says now.
    assert_eq!(seconds(&room.beat(&play, 30, &[(5_000_000, 9_000_000)], at(100))), 40);
    // Opened again and again.
    let mut play = play;
    for n in 0..20 {
        play = room.play(at(100 + n));
        assert!(seconds(&room.beat(&play, 1, WHOLE, at(100 + n))) <= 60 + 2 * (n as i32 + 1));
    }
    let before = seconds(&room.beat(&play, 1, WHOLE, at(119)));
    // Negative, reversed, beyond the end.
    let odd = [(-5_000, -1), (9_000, 3_000), (40_000_000, 50_000_000), (i64::MIN, i64::MIN)];
    assert_eq!(seconds(&room.beat(&play, 2, &odd, at(500))), before);
    // Ten minutes without a word end the play, not the viewing.
    assert_eq!(room.beat(&play, 3, WHOLE, at(500 + 601)), Told::Ended);
    let play = room.play(at(1_101));
    assert!(seconds(&room.beat(&play, 1, WHOLE, at(1_101))) <= before + 20);
    assert_eq!(world.number("SELECT COUNT(*) FROM completions WHERE kind = 'group'"), 0);
}

#[test]
fn a_play_is_worth_nothing_to_anybody_else() {
    let world = World::before_courses();
    last(&world, 600);
    let now = clock::now();
    let room = Room::open(&world, "secretary", now);
    room.sign(&[person(&world, "member")], now).unwrap();
    let play = room.play(now);
    // Another sign-in of the same account, another account of the same branch, another branch.
    let elsewhere = Room { session: "another".into(), host: room.host.clone(), ..room };
    assert_eq!(elsewhere.beat(&play, 1, WHOLE, now), Told::SignedOut);
    let clerk = Room { host: viewer(&world, "clerk"), session: "session-secretary".into(), ..elsewhere };
    assert_eq!(clerk.beat(&play, 1, WHOLE, now), Told::SignedOut);
    let name = world.number("SELECT COUNT(*) FROM persons WHERE name = '秦守田'");
    assert_eq!(name, 1, "the secretary's name");
    let not_host = Refusal::NotHost("秦守田".into()).words().to_string();
    assert_eq!(refused(clerk.sign(&[person(&world, "elder")], now)), not_host);
    assert_eq!(refused(clerk.try_play(false, now)), not_host);
    assert_eq!(refused(clerk.end(now)), not_host);
    let stranger = Room { host: viewer(&world, "secretary2"), ..clerk };
    assert!(matches!(stranger.sign(&[], now), Err(Error::NotFound)));
    assert!(matches!(stranger.end(now), Err(Error::NotFound)));
    // A key that nobody was given.
    let room = Room { host: viewer(&world, "secretary"), ..stranger };
    assert_eq!(room.beat("", 1, WHOLE, now), Told::TakenOver);
    assert_eq!(room.beat(&digest("guess"), 1, WHOLE, now), Told::TakenOver);
    // The newest window plays.
    let newer = room.play(now);
    assert_eq!(room.beat(&play, 1, WHOLE, now), Told::TakenOver);
    assert_eq!(seconds(&room.beat(&newer, 1, WHOLE, now)), 20);
}

#[test]
fn late_comers_get_what_is_played_after_they_came() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let room = Room::open(&world, "secretary", start);
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    let mobile = person(&world, "mobile");
    room.sign(&[member], start).unwrap();
    let play = room.play(start);
    let now = room.watch(&play, 1, (0, 120), start);
    room.sign(&[elder], now).unwrap();
    let now = room.watch(&play, 100, (120, 150), now);
    room.sign(&[mobile], now).unwrap();
    let now = room.watch(&play, 200, (150, 600), now);
    // Of 600 seconds: all, 480, and 450.
    assert_eq!([member, elder, mobile].map(|who| proofs(&world, who)), [1, 1, 0]);
    // Played over again, the same seconds are not new ones.
    let now = room.watch(&play, 300, (0, 150), now);
    assert_eq!(proofs(&world, mobile), 0);
    room.end(now).unwrap();
    let minutes =
        format!("SELECT minutes FROM attendance_heads WHERE event_id = {} AND person_id = ", room.id);
    assert_eq!(world.number(&format!("{minutes}{member}")), 10);
    assert_eq!(world.number(&format!("{minutes}{mobile}")), 8);
    let by_list = format!("SELECT COUNT(*) FROM attendances WHERE person_id = {mobile} AND method = 'list'");
    assert_eq!(world.number(&by_list), 1);
}

#[test]
fn what_was_held_back_until_somebody_came_is_not_theirs() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let room = Room::open(&world, "secretary", start);
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    room.sign(&[member], start).unwrap();
    let play = room.play(start);
    // Five minutes are played and nothing is said of them; then somebody is signed in, and all is claimed.
    room.sign(&[elder], at(300)).unwrap();
    assert_eq!(seconds(&room.beat(&play, 1, WHOLE, at(300))), 20);
    assert_eq!(seconds(&room.beat(&play, 2, WHOLE, at(400))), 220);
    assert_eq!(proofs(&world, elder), 0);
}

#[test]
fn nobody_sits_in_front_of_two_screens_and_nobody_hosts_two() {
    let world = World::before_courses();
    last(&world, 600);
    let now = clock::now();
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    let room = Room::open(&world, "secretary", now);
    room.sign(&[member], now).unwrap();
    let other = Room::planned(&world, "secretary", now);
    assert_eq!(refused(other.try_open(now)), Refusal::HostsAnother(room.id).words().to_string());
    // The clerk of the same branch hosts one beside it.
    let clerk = Room { host: viewer(&world, "clerk"), session: "session-clerk".into(), ..other };
    clerk.try_open(now).unwrap();
    let why = refused(clerk.sign(&[elder, member], now));
    assert!(why.contains("林秋实") && !why.contains("高德泉"), "{why}");
    let seats = format!("SELECT COUNT(*) FROM viewers WHERE event_id = {}", clerk.id);
    assert_eq!(world.number(&seats), 0, "nothing of a list that was refused");
    // The database would not let them either.
    let sql = format!(
        "INSERT INTO viewers (event_id, person_id, is_open, joined_s, signed_by, signed_at) VALUES ({}, {member}, TRUE, 0, 1, '2026-11-28 00:00:00')",
        clerk.id
    );
    assert!(world.try_sql(&sql).is_err());
    room.unsign(member).unwrap();
    clerk.sign(&[elder, member], now).unwrap();
    assert!(refused(room.sign(&[member], now)).contains("林秋实"));
    clerk.end(now).unwrap();
    room.sign(&[member], now).unwrap();
}

#[test]
fn at_once_two_hosts_do_not_both_get_the_same_person() {
    let world = World::before_courses();
    let now = clock::now();
    let member = person(&world, "member");
    let first = Room::open(&world, "secretary", now);
    let second = Room::planned(&world, "clerk", now);
    second.try_open(now).unwrap();
    let hosts = [(first.host.clone(), first.id), (second.host.clone(), second.id)];
    let signed: Vec<bool> = std::thread::scope(|scope| {
        let all: Vec<_> = hosts
            .iter()
            .map(|(host, id)| {
                let (db, doer) = (world.db.clone(), doer(&world, "secretary"));
                scope.spawn(move || {
                    db.write_now(|conn| viewings::sign(conn, host, *id, &[member], &doer, now)).is_ok()
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(signed.iter().filter(|is_signed| **is_signed).count(), 1, "{signed:?}");
    assert_eq!(world.number("SELECT COUNT(*) FROM viewers"), 1);
}

#[test]
fn after_the_end_nothing_is_added_and_nothing_is_played() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let room = Room::open(&world, "secretary", start);
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    room.sign(&[member], start).unwrap();
    let play = room.play(start);
    let now = room.watch(&play, 1, (0, 300), start);
    room.end(now).unwrap();
    let ended = Refusal::Ended.words().to_string();
    assert_eq!(refused(room.sign(&[elder], now)), ended);
    assert_eq!(refused(room.unsign(member)), ended);
    assert_eq!(refused(room.try_play(false, now)), ended);
    assert_eq!(refused(room.finish(now)), ended);
    assert_eq!(refused(room.try_open(now)), ended);
    assert_eq!(room.beat(&play, 1_000, WHOLE, now + Duration::seconds(300)), Told::Ended);
    assert_eq!((proofs(&world, member), room.attendance(elder)), (0, 0));
    assert_eq!(room.attendance(member), 1, "who was there was there, however little was played");
}

#[test]
fn a_host_alone_is_no_group() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let room = Room::open(&world, "secretary", start);
    let (own, member) = (person(&world, "secretary"), person(&world, "member"));
    room.sign(&[own], start).unwrap();
    assert_eq!(refused(room.try_play(false, start)), Refusal::NobodyElse.words().to_string());
    // Somebody is signed in for the beginning and taken off again: it proves nothing.
    room.sign(&[member], start).unwrap();
    let play = room.play(start);
    room.unsign(member).unwrap();
    let now = room.watch(&play, 1, (0, 600), start);
    assert_eq!(proofs(&world, own), 0);
    room.end(now).unwrap();
    assert_eq!(room.attendance(own), 1);
    // With others the host has watched like them, as the same clock has measured.
    let room = Room::open(&world, "secretary", now);
    room.sign(&[own, member], now).unwrap();
    let play = room.play(now);
    room.watch(&play, 1, (0, 600), now);
    assert_eq!([own, member].map(|who| proofs(&world, who)), [1, 1]);
}

#[test]
fn whoever_has_completed_it_stays_on_the_list_and_gains_nothing_more() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    let media = world.number("SELECT media_id FROM lectures WHERE id = 1");
    let at = start.format("%Y-%m-%d %H:%M:%S");
    world.sql(&format!("INSERT INTO completions (person_id, lecture_id, media_id, kind, completed_at, seconds, length_s, threshold, rule) VALUES ({elder}, 1, {media}, 'online', '{at}', 500, 600, 80, 'budget-1')"));
    let room = Room::open(&world, "secretary", start);
    room.sign(&[member, elder], start).unwrap();
    let play = room.play(start);
    room.watch(&play, 1, (0, 600), start);
    assert_eq!([member, elder].map(|who| proofs(&world, who)), [1, 0]);
    assert_eq!(refused(room.unsign(member)), Refusal::HasCompleted.words().to_string());
    room.unsign(elder).unwrap();
    // Who comes back begins anew.
    room.sign(&[elder], start + Duration::seconds(600)).unwrap();
    let joined = format!("SELECT joined_s FROM viewers WHERE event_id = {} AND person_id = {elder}", room.id);
    assert_eq!(world.number(&joined), 600);
}

#[test]
fn killed_in_the_middle_it_goes_on_and_unheard_of_it_ends_by_itself() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let room = Room::open(&world, "secretary", start);
    let member = person(&world, "member");
    room.sign(&[member], start).unwrap();
    let play = room.play(start);
    room.watch(&play, 1, (0, 300), start);
    // The server is killed, and started again; the host loads the page and plays on.
    let again = World::at(world.url.clone());
    let room = Room { world: &again, host: room.host, session: "a new sign-in".into(), id: room.id };
    let (play, standing) = room.try_play(false, at(360)).unwrap();
    assert_eq!((standing.seconds, standing.last_ms, standing.runs), (300, 300_000, vec![(0, 300)]));
    let now = room.watch(&play, 1, (300, 480), at(360));
    assert_eq!(proofs(&again, member), 1);
    // The host goes home without a word. Within the hour the viewing is the host's.
    let sweep = |now| again.db.write_now(|conn| viewings::sweep(conn, now)).unwrap();
    sweep(now + Duration::minutes(59));
    assert_eq!(room.attendance(member), 0);
    sweep(now + Duration::minutes(61));
    assert_eq!(room.attendance(member), 1);
    assert_eq!(again.number("SELECT COUNT(*) FROM viewers WHERE is_open"), 0);
    sweep(now + Duration::minutes(62));
    assert_eq!(again.number("SELECT COUNT(*) FROM attendances"), 1);
}

#[test]
fn a_viewing_that_nobody_hears_of_keeps_nobody_from_the_next_one() {
    let world = World::before_courses();
    let start = clock::now();
    let later = start + Duration::minutes(61);
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    let room = Room::open(&world, "secretary", start);
    room.sign(&[member], start).unwrap();
    // Another host signs the person in; and the same host opens another one.
    let clerk = Room::open(&world, "clerk", later);
    clerk.sign(&[member], later).unwrap();
    assert_eq!(room.attendance(member), 1);
    let host = format!("SELECT recorded_by FROM attendances WHERE event_id = {}", room.id);
    assert_eq!(world.number(&host), account(&world, "secretary").0);
    let next = Room::open(&world, "clerk", later + Duration::minutes(61));
    next.sign(&[elder], later + Duration::minutes(61)).unwrap();
    assert_eq!(clerk.attendance(member), 1);
}

#[test]
fn without_javascript_the_same_rule_holds() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let room = Room::open(&world, "secretary", start);
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    room.sign(&[member], start).unwrap();
    assert_eq!(refused(room.finish(start)), Refusal::NotPlaying.words().to_string());
    let (play, _) = room.try_play(true, start).unwrap();
    assert_eq!(room.beat(&play, 1, WHOLE, at(100)), Told::TakenOver, "no beats beside it");
    assert_eq!(room.finish(start).unwrap().seconds, 0, "at once: nothing");
    // Somebody comes in the middle: what was played before is settled first.
    room.sign(&[elder], at(300)).unwrap();
    assert_eq!(room.finish(at(300)).unwrap().seconds, 300);
    assert_eq!(room.finish(at(450)).unwrap().seconds, 600);
    assert_eq!([member, elder].map(|who| proofs(&world, who)), [1, 0]);
    // From another sign-in it is not finished.
    let other = Room { session: "another".into(), host: room.host.clone(), ..room };
    assert_eq!(refused(other.finish(at(500))), Refusal::NotPlaying.words().to_string());
}

#[test]
fn a_withdrawn_lecture_is_not_played_and_an_event_that_is_cancelled_records_nobody() {
    let world = World::before_courses();
    last(&world, 600);
    let now = clock::now();
    let room = Room::open(&world, "secretary", now);
    let member = person(&world, "member");
    room.sign(&[member], now).unwrap();
    let play = room.play(now);
    world.sql("UPDATE lectures SET stage = 'withdrawn' WHERE id = 1");
    assert_eq!(room.beat(&play, 1, WHOLE, now), Told::Ended);
    assert_eq!(refused(room.try_play(false, now)), Refusal::LectureGone.words().to_string());
    let next = Room::planned(&world, "clerk", now);
    assert_eq!(refused(next.try_open(now)), Refusal::LectureGone.words().to_string());
    world.sql(&format!("UPDATE events SET state = 'cancelled', reason = 'x' WHERE id = {}", room.id));
    room.end(now).unwrap();
    assert_eq!(room.attendance(member), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM viewers WHERE is_open"), 0);
}

#[test]
fn what_is_cancelled_meanwhile_is_worth_nothing_and_what_was_proved_is_not_cancelled() {
    let world = World::before_courses();
    last(&world, 600);
    let now = clock::now();
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    let doer = doer(&world, "secretary");
    let cancel = |id| world.db.write_now(|conn| weixiao::events::cancel(conn, id, "停电", &doer, now));
    let room = Room::open(&world, "secretary", now);
    room.sign(&[member], now).unwrap();
    let play = room.play(now);
    cancel(room.id).unwrap();
    let cancelled = weixiao::events::Refusal::Cancelled.words().to_string();
    assert_eq!(room.beat(&play, 1, WHOLE, now + Duration::seconds(400)), Told::Ended);
    assert_eq!(refused(room.try_play(false, now)), cancelled);
    assert_eq!(refused(room.sign(&[elder], now)), cancelled);
    room.end(now).unwrap();
    let state = format!("SELECT COUNT(*) FROM events WHERE id = {} AND state = 'cancelled'", room.id);
    assert_eq!((world.number(&state), proofs(&world, member), room.attendance(member)), (1, 0, 0));
    let next = Room::open(&world, "secretary", now);
    next.sign(&[member], now).unwrap();
    let play = next.play(now);
    next.watch(&play, 1, (0, 480), now);
    assert_eq!(proofs(&world, member), 1);
    let refusal = weixiao::events::Refusal::HasAttendance(1).words().to_string();
    assert_eq!(refused(cancel(next.id)), refusal);
}

/// One person's time is credited in one place: in front of the group's screen, as long as they sit there.
#[actix_web::test]
async fn whoever_sits_in_a_group_is_credited_there_and_nowhere_else() {
    let world = World::before_courses();
    last(&world, 600);
    let start = clock::now();
    let at = |second: i64| start + Duration::seconds(second);
    let (member, account) = (person(&world, "member"), account(&world, "member"));
    let session = random_hex(8);
    let moment = start.format("%Y-%m-%d %H:%M:%S");
    world.sql(&format!("INSERT INTO sessions (id, account_id, state, device, agent, created_at, seen_at) VALUES ('{session}', {account}, '{{}}', '', '', '{moment}', '{moment}')"));
    let other = world.number("SELECT MIN(id) FROM lectures WHERE stage = 'published' AND media_id <> (SELECT media_id FROM lectures WHERE id = 1)");
    let opening = |now| watching::Opening {
        person: member,
        account,
        is_acted: false,
        session: session.clone(),
        lecture: LectureId(other),
        media: None,
        play: digest(&random_hex(16)),
        now,
    };
    let send = async |ask| world.portal.watching.send(ask).await.unwrap();
    let beat = async |play: &str, seq, pieces: &[(i64, i64)], now| {
        let beat = watching::Beat {
            person: member,
            play: play.to_owned(),
            session: session.clone(),
            seq,
            pieces: pieces.to_vec(),
            place_ms: 0,
            now,
        };
        send(Ask::Beat(beat)).await
    };
    let own = format!("SELECT seconds FROM watches WHERE person_id = {member} AND lecture_id = {other}");
    let first = opening(at(0));
    let alone = first.play.clone();
    assert!(matches!(send(Ask::Open(first)).await, Told::Standing(_)));
    assert_eq!(seconds(&beat(&alone, 1, &[(0, 15_000)], at(15)).await), 15);
    let room = Room::open(&world, "secretary", at(15));
    room.sign(&[member], at(20)).unwrap();
    let play = room.play(at(20));
    for seq in 2..4 {
        let told = beat(&alone, seq, WHOLE, at(10 * seq)).await;
        assert!(matches!(told, Told::Ended | Told::TakenOver), "{told:?}");
    }
    assert_eq!(send(Ask::Open(opening(at(40)))).await, Told::InGroup);
    let plain = opening(at(40));
    assert_eq!(world.db.write_now(|conn| watching::begin(conn, &plain)).unwrap(), Told::InGroup);
    let now = room.watch(&play, 1, (0, 480), at(20));
    assert_eq!((proofs(&world, member), world.number(&own)), (1, 15));
    room.end(now).unwrap();
    // The play from before has ended, and nothing was saved up meanwhile.
    assert_eq!(beat(&alone, 9, WHOLE, now).await, Told::TakenOver);
    let second = opening(now);
    let alone = second.play.clone();
    assert!(matches!(send(Ask::Open(second)).await, Told::Standing(_)));
    assert!(seconds(&beat(&alone, 1, WHOLE, now).await) <= 35);
    // Whoever is taken off the list may watch alone at once.
    let room = Room::open(&world, "secretary", now);
    room.sign(&[member], now).unwrap();
    assert_eq!(send(Ask::Open(opening(now))).await, Told::InGroup);
    room.unsign(member).unwrap();
    assert!(matches!(send(Ask::Open(opening(now))).await, Told::Standing(_)));
}

#[test]
fn a_list_opens_in_its_time_only_and_for_its_scope_only() {
    let world = World::before_courses();
    let now = clock::now();
    let org = branch(&world, "secretary");
    let session = "session-secretary".to_owned();
    let room = |id| Room { world: &world, host: viewer(&world, "secretary"), session: session.clone(), id };
    let not_now = Refusal::NotNow.words().to_string();
    assert_eq!(refused(room(planned(&world, org, now + Duration::minutes(31))).try_open(now)), not_now);
    assert_eq!(refused(room(planned(&world, org, now - Duration::days(3))).try_open(now)), not_now);
    let discussion = arrange(&world, Kind::StudyDiscussion, org, plan(now), now);
    assert_eq!(refused(room(discussion).try_open(now)), Refusal::NotGroupViewing.words().to_string());
    let others = room(planned(&world, branch(&world, "member2"), now));
    assert!(matches!(others.try_open(now), Err(Error::NotFound)));
    let own = room(planned(&world, org, now));
    own.try_open(now).unwrap();
    own.try_open(now).unwrap();
    // Somebody else's member.
    assert!(matches!(own.sign(&[person(&world, "member2")], now), Err(Error::NotFound)));
    // The mobile member's home is here; the host branch may sign the guest in too.
    own.sign(&[person(&world, "mobile")], now).unwrap();
    own.end(now).unwrap();
    let host = Room::open(&world, "secretary2", now);
    host.sign(&[person(&world, "mobile")], now).unwrap();
}

/// Whatever is sent in whatever order: nobody's own time grows faster than twice the clock since they came, and a small
/// start; and a proof is there exactly for whoever has sat there long enough.
#[test]
fn nobodys_own_time_grows_faster_than_twice_the_clock() {
    let world = World::before_courses();
    last(&world, 200);
    let cases = std::cell::Cell::new(0_i64);
    let step = (0_i64..60, 0_u8..10, 0_i64..220_000, 0_i64..220_000);
    let config = Config { cases: 16, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(step, 5..30), |steps| {
            // Proofs are never deleted: each case is other people's.
            let case = cases.get();
            cases.set(case + 1);
            let start = clock::now();
            let room = Room::open(&world, "organizer", start);
            let crowd: Vec<PersonId> = (0..8).map(|n| PersonId(1 + case * 8 + n)).collect();
            room.sign(&crowd[..1], start).unwrap();
            let (mut came, mut at, mut play, mut seq, mut told) =
                (vec![(crowd[0], 0, 0)], 0, room.play(start), 0, 0);
            for (wait, what, from, to) in steps {
                at += wait;
                let now = start + Duration::seconds(at);
                match what {
                    0 if came.len() < crowd.len() => {
                        let next = crowd[came.len()];
                        room.sign(&[next], now).unwrap();
                        let joined = format!(
                            "SELECT joined_s FROM viewers WHERE event_id = {} AND person_id = {next}",
                            room.id
                        );
                        came.push((next, at, world.number(&joined)));
                    }
                    1 => (play, seq) = (room.play(now), 0),
                    _ => {
                        seq += 1;
                        if let Told::Standing(standing) = room.beat(&play, seq, &[(from, to)], now) {
                            told = i64::from(standing.seconds);
                        }
                    }
                }
                for (who, since, joined) in &came {
                    let own = told - joined;
                    prop_assert!(own <= 20 + 2 * (at - since), "{who}: {own} s in {} s", at - since);
                    prop_assert_eq!(proofs(&world, *who), i64::from(own * 100 >= 200 * 80), "{} of 200", own);
                }
            }
            room.end(start + Duration::seconds(at)).unwrap();
            Ok(())
        })
        .unwrap();
}

// Through the doors.

async fn make(world: &World, host: &Browser<'_>) -> EventId {
    let page = host.get("/viewings/new").await;
    assert_eq!(page.status, 200, "{}", page.body);
    let org = branch(world, "secretary").to_string();
    let school = world.number(&format!("SELECT MIN(school_id) FROM school_branches WHERE branch_id = {org}"));
    let fields =
        [("key", page.key()), ("lecture", LECTURE.to_string()), ("org", org), ("school", school.to_string())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = host.post("/viewings/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    let again = host.post("/viewings/new", &fields).await;
    assert_eq!(again.location, made.location, "a form that was sent twice is one");
    let to = made.location.unwrap();
    EventId(to.split(['/', '?']).nth(2).unwrap().parse().unwrap())
}

fn read(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).unwrap()
}

#[actix_web::test]
async fn a_host_signs_people_in_plays_and_ends_through_the_pages() {
    let world = World::before_courses();
    last(&world, 600);
    let host = world.signed_in("secretary").await;
    let id = make(&world, &host).await;
    let at = format!("/viewings/{id}");
    let page = host.get(&at).await;
    assert!(page.body.contains("登记在场的人") && page.body.contains("林秋实"), "{}", page.body);
    assert!(page.body.contains("先登记至少一位在场的党员"));
    let alone = host.json(&format!("{at}/play"), "{}").await;
    assert_eq!(alone.status, 409);
    assert!(alone.body.contains("至少登记一位党员"));
    let (member, elder) = (person(&world, "member"), person(&world, "elder"));
    let form = format!("person={member}&person={elder}&guest=");
    let signed = host.send(actix_web::http::Method::POST, &format!("{at}/sign"), Some(form), &[]).await;
    assert_eq!(signed.status, 303);
    let opened = read(&host.json(&format!("{at}/play"), "{}").await);
    assert_eq!(
        (&opened["length_s"], &opened["every_s"], &opened["threshold"]),
        (&600.into(), &15.into(), &80.into())
    );
    let beat = format!(r#"{{"play":{},"seq":1,"segs":[[0,15000]],"at_ms":15000}}"#, opened["play"]);
    let told = read(&host.json(&format!("{at}/beat"), &beat).await);
    assert_eq!((&told["ack"], &told["credited_s"], &told["state"]), (&1.into(), &15.into(), &"ok".into()));
    // Another sign-in of the same host has no part in it.
    let elsewhere = world.signed_in("secretary").await;
    let told = read(&elsewhere.json(&format!("{at}/beat"), &beat.replace("\"seq\":1", "\"seq\":2")).await);
    assert_eq!(told["state"], "taken_over");
    // A clerk of the branch sees the list and does nothing; another branch sees nothing.
    let clerk = world.signed_in("clerk").await;
    assert!(clerk.get(&at).await.body.contains("这一场由别人主持"));
    let refused = clerk.post(&format!("{at}/end"), &[]).await;
    assert_eq!((refused.status.as_u16(), refused.body.contains("由 秦守田 主持")), (409, true));
    let stranger = world.signed_in("secretary2").await;
    for (path, answer) in [
        ("", stranger.get(&at).await),
        ("/open", stranger.post(&format!("{at}/open"), &[]).await),
        ("/sign", stranger.post(&format!("{at}/sign"), &[("person", "1")]).await),
        ("/unsign", stranger.post(&format!("{at}/unsign"), &[("person", "1")]).await),
        ("/end", stranger.post(&format!("{at}/end"), &[]).await),
        ("/play", stranger.json(&format!("{at}/play"), "{}").await),
        ("/beat", stranger.json(&format!("{at}/beat"), &beat).await),
        ("/start", stranger.post(&format!("{at}/start"), &[]).await),
        ("/finish", stranger.post(&format!("{at}/finish"), &[]).await),
    ] {
        assert_eq!(answer.status, 404, "{path}");
    }
    // Signing out ends the play.
    let before = world.number(&format!("SELECT seconds FROM viewings WHERE event_id = {id}"));
    host.post("/sign-out", &[]).await;
    let after = host.json(&format!("{at}/beat"), &beat.replace("\"seq\":1", "\"seq\":3")).await;
    assert_eq!(after.status, 401);
    let host = world.signed_in("secretary").await;
    let told = read(&host.json(&format!("{at}/beat"), &beat.replace("\"seq\":1", "\"seq\":3")).await);
    assert_eq!(told["state"], "taken_over");
    assert_eq!(world.number(&format!("SELECT seconds FROM viewings WHERE event_id = {id}")), before);
    let ended = host.post(&format!("{at}/end"), &[]).await;
    assert_eq!(ended.location, Some(format!("{at}?done=viewing-ended")));
    let page = host.get(&at).await;
    assert!(page.body.contains("在场的 2 人") && page.body.contains("更正到场情况"), "{}", page.body);
    // The member sees what was recorded, by whom, and where to dispute it.
    let own = world.signed_in("member").await.get(&format!("/events/{id}")).await;
    assert!(own.body.contains("到场情况：到场") && own.body.contains("秦守田"), "{}", own.body);
    assert!(own.body.contains("/me/cases/new?about=attendance&amp;id="));
}

#[actix_web::test]
async fn a_guest_is_found_by_name_or_number_within_the_scope_only() {
    let world = World::before_courses();
    let host = world.signed_in("organizer").await;
    let now = clock::now();
    let id = planned(&world, branch(&world, "member"), now);
    let at = format!("/viewings/{id}");
    assert_eq!(host.post(&format!("{at}/sign"), &[("guest", "沈若谷")]).await.status, 409, "not open yet");
    host.post(&format!("{at}/open"), &[]).await;
    let number = format!("D{:07}", person(&world, "member2").0);
    for guest in [number.as_str(), "罗远行"] {
        assert_eq!(host.post(&format!("{at}/sign"), &[("guest", guest)]).await.status, 303, "{guest}");
    }
    let nobody = host.post(&format!("{at}/sign"), &[("guest", "没有这个人")]).await;
    assert_eq!(nobody.status, 422);
    assert!(nobody.body.contains("没有找到这个人") && nobody.body.contains("没有这个人"));
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM viewers WHERE event_id = {id}")), 2);
    // Many may be meant: they are offered, none is taken.
    let many = host.post(&format!("{at}/sign"), &[("guest", "周")]).await;
    assert_eq!(many.status, 422, "{}", many.body);
    assert_eq!(world.number(&format!("SELECT COUNT(*) FROM viewers WHERE event_id = {id}")), 2);
}

#[actix_web::test]
async fn nothing_of_it_is_for_members_or_from_elsewhere() {
    let world = World::before_courses();
    let now = clock::now();
    let id = planned(&world, branch(&world, "member"), now);
    let member = world.signed_in("member").await;
    assert_eq!(member.get(&format!("/viewings/{id}")).await.status, 403);
    assert_eq!(member.get("/viewings/new").await.status, 403);
    let mut host = world.signed_in("secretary").await;
    host.headers = vec![("sec-fetch-site".into(), "cross-site".into())];
    assert_eq!(host.post(&format!("/viewings/{id}/open"), &[]).await.status, 403);
    assert_eq!(world.number("SELECT COUNT(*) FROM viewings"), 0);
    host.headers = vec![("sec-fetch-site".into(), "same-origin".into())];
    host.post(&format!("/viewings/{id}/open"), &[]).await;
    for body in ["", "{}", "[]", r#"{"play":1}"#, r#"{"play":"x","seq":"1","at_ms":0}"#] {
        let answer = host.json(&format!("/viewings/{id}/beat"), body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    }
}
