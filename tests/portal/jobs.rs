//! The queue of work: in which order, who has a job and until when, and what becomes of one that fails.
use crate::world::World;
use chrono::Duration;
use std::collections::HashSet;
use weixiao::clock::{self, Timestamp};
use weixiao::jobs::{self, Job, Kind, LEASE_SECONDS, TRIES};

/// The folder of uploads of these tests' workers.
const HERE: &str = "here";

fn ask(world: &World, kind: Kind, subject: i64, now: Timestamp) {
    let place = (kind == Kind::Keep).then_some(HERE);
    world.db.write_now(|conn| jobs::enqueue(conn, kind, subject, place, now)).unwrap();
}

fn claim_at(world: &World, place: &str, now: Timestamp) -> Option<Job> {
    world.db.write_now(|conn| jobs::claim(conn, "a worker", place, now)).unwrap()
}

fn claim(world: &World, now: Timestamp) -> Option<Job> {
    claim_at(world, HERE, now)
}

fn renew(world: &World, job: &Job, now: Timestamp) -> bool {
    world.db.write_now(|conn| jobs::renew(conn, job, now)).unwrap()
}

fn finish(world: &World, job: &Job, now: Timestamp) -> bool {
    world.db.write_now(|conn| jobs::finish(conn, job, now)).unwrap()
}

fn fail(world: &World, job: &Job, may_retry: bool, now: Timestamp) -> bool {
    world.db.write_now(|conn| jobs::fail(conn, job, "没有成", may_retry, now)).unwrap()
}

/// How many jobs are in this state.
fn in_state(world: &World, state: &str) -> i64 {
    world.number(&format!("SELECT COUNT(*) FROM jobs WHERE state = '{state}'"))
}

#[test]
fn what_is_urgent_goes_first_then_what_is_older() {
    let (world, now) = (World::new(), clock::now());
    ask(&world, Kind::Process, 1, now);
    ask(&world, Kind::Process, 2, now);
    ask(&world, Kind::Keep, 3, now);
    assert_eq!(claim(&world, now - Duration::seconds(1)), None, "it is not yet asked for");
    let order: Vec<_> = std::iter::from_fn(|| claim(&world, now)).collect();
    let order: Vec<_> = order.iter().map(|job| (job.kind, job.subject, job.attempts, job.fence)).collect();
    assert_eq!(order, [(Kind::Keep, 3, 1, 1), (Kind::Process, 1, 1, 1), (Kind::Process, 2, 1, 1)]);
    assert_eq!(world.db.read_now(jobs::unfinished).unwrap(), 3);
}

#[test]
fn a_job_bound_to_a_place_is_done_only_there() {
    let (world, now) = (World::new(), clock::now());
    ask(&world, Kind::Keep, 1, now);
    assert_eq!(claim_at(&world, "there", now), None);
    ask(&world, Kind::Process, 2, now);
    assert_eq!(claim_at(&world, "there", now).unwrap().subject, 2, "what is bound to no place");
    let here = claim(&world, now).unwrap();
    assert_eq!(here.subject, 1);
    // Neither does it move when its worker is lost.
    let later = now + Duration::seconds(LEASE_SECONDS + 1);
    assert!(renew(&world, &here, now));
    assert_eq!(claim_at(&world, "there", later).unwrap().subject, 2);
    assert_eq!(claim_at(&world, "there", later), None);
    assert_eq!(claim(&world, later).unwrap().subject, 1);
}

#[test]
fn what_is_asked_for_twice_is_done_once() {
    let (world, now) = (World::new(), clock::now());
    ask(&world, Kind::Process, 1, now);
    ask(&world, Kind::Process, 1, now);
    let job = claim(&world, now).unwrap();
    ask(&world, Kind::Process, 1, now);
    assert_eq!(claim(&world, now), None, "nor while it is being done");
    assert!(finish(&world, &job, now));
    assert!(!finish(&world, &job, now));
    assert_eq!(in_state(&world, "done"), 1);
    ask(&world, Kind::Process, 1, now);
    let again = claim(&world, now).unwrap();
    assert!(again.id != job.id && again.attempts == 1, "afterwards it is new work: {again:?}");
}

#[test]
fn a_killed_workers_job_goes_to_another_and_the_first_counts_no_more() {
    let (world, now) = (World::new(), clock::now());
    let at = |seconds| now + Duration::seconds(seconds);
    ask(&world, Kind::Process, 1, now);
    let first = claim(&world, now).unwrap();
    assert_eq!(claim(&world, at(LEASE_SECONDS)), None, "the lease still holds");
    assert!(renew(&world, &first, at(50)));
    assert_eq!(claim(&world, at(LEASE_SECONDS + 1)), None, "it has said that it is there");
    let second = claim(&world, at(50 + LEASE_SECONDS + 1)).unwrap();
    assert_eq!((second.id, second.attempts, second.fence), (first.id, 2, 2));
    let later = at(120);
    assert!(!renew(&world, &first, later));
    assert!(!finish(&world, &first, later));
    assert!(!fail(&world, &first, false, later));
    assert!(!fail(&world, &first, true, later));
    world.db.write_now(|conn| jobs::postpone(conn, &first, later)).unwrap();
    assert_eq!(in_state(&world, "running"), 1, "whatever the first one says");
    assert!(renew(&world, &second, later) && finish(&world, &second, later));
    assert_eq!(in_state(&world, "done"), 1);
}

#[test]
fn what_fails_is_tried_after_1_5_and_25_minutes_and_then_given_up() {
    let (world, mut now) = (World::new(), clock::now());
    ask(&world, Kind::Process, 1, now);
    for minutes in [1, 5, 25] {
        let job = claim(&world, now).unwrap();
        assert!(!fail(&world, &job, true, now), "there is another try");
        assert_eq!(claim(&world, now + Duration::minutes(minutes) - Duration::seconds(1)), None, "{minutes}");
        now += Duration::minutes(minutes);
    }
    let last = claim(&world, now).unwrap();
    assert_eq!(last.attempts, TRIES);
    assert!(fail(&world, &last, true, now), "this one is the last");
    assert_eq!(claim(&world, now + Duration::days(1)), None);
    let rows = world.db.read_now(|conn| jobs::newest(conn, 0, 9)).unwrap();
    assert_eq!((rows[0].state, rows[0].problem.as_str()), (jobs::State::Failed, "没有成"));
    assert!(rows[0].ended_at.is_some());
    // What another try cannot help is given up at once.
    ask(&world, Kind::Process, 2, now);
    let job = claim(&world, now).unwrap();
    assert!(fail(&world, &job, false, now));
    assert_eq!(in_state(&world, "failed"), 2);
}

#[test]
fn whoever_does_a_cancelled_job_learns_it() {
    let (world, now) = (World::new(), clock::now());
    let cancel =
        |subject| world.db.write_now(|conn| jobs::cancel(conn, Kind::Process, subject, now)).unwrap();
    ask(&world, Kind::Process, 1, now);
    ask(&world, Kind::Process, 2, now);
    let running = claim(&world, now).unwrap();
    assert!(cancel(1) && cancel(2) && !cancel(2) && !cancel(3));
    assert!(!renew(&world, &running, now));
    assert!(!finish(&world, &running, now) && !fail(&world, &running, true, now));
    assert_eq!(in_state(&world, "cancelled"), 2);
    assert_eq!(claim(&world, now + Duration::days(1)), None);
    // Taken up again it is another job; the old claim has no part in it.
    ask(&world, Kind::Process, 1, now);
    let again = claim(&world, now).unwrap();
    assert!(!finish(&world, &running, now) && finish(&world, &again, now));
}

#[test]
fn what_is_put_off_was_no_try() {
    let (world, mut now) = (World::new(), clock::now());
    ask(&world, Kind::Process, 1, now);
    for fence in 1..=10 {
        let job = claim(&world, now).unwrap();
        assert_eq!((job.attempts, job.fence), (1, fence));
        let until = now + Duration::minutes(2);
        world.db.write_now(|conn| jobs::postpone(conn, &job, until)).unwrap();
        assert_eq!(claim(&world, until - Duration::seconds(1)), None);
        assert!(!finish(&world, &job, now), "it was given back");
        now = until;
    }
    let job = claim(&world, now).unwrap();
    assert!(!fail(&world, &job, true, now), "all tries are still there");
}

#[test]
fn eight_workers_do_four_hundred_jobs_and_none_twice() {
    let (world, now) = (World::new(), clock::now());
    let jobs_of_all = 400;
    world
        .db
        .write_now(|conn| {
            (1..=jobs_of_all).try_for_each(|n| jobs::enqueue(conn, Kind::Process, n, None, now))
        })
        .unwrap();
    let workers: Vec<_> = (0..8)
        .map(|number| {
            let db = world.db.clone();
            std::thread::spawn(move || {
                let mut done = vec![];
                loop {
                    let name = format!("worker {number}");
                    match db.write_now(|conn| jobs::claim(conn, &name, HERE, now)).unwrap() {
                        Some(job) => {
                            assert!(db.write_now(|conn| jobs::finish(conn, &job, now)).unwrap());
                            assert_eq!((job.attempts, job.fence), (1, 1));
                            done.push(job.subject);
                        }
                        None if db.read_now(jobs::unfinished).unwrap() == 0 => return done,
                        None => std::thread::yield_now(),
                    }
                }
            })
        })
        .collect();
    let done: Vec<i64> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
    assert_eq!(done.len() as i64, jobs_of_all);
    assert_eq!(done.iter().collect::<HashSet<_>>().len() as i64, jobs_of_all);
    assert_eq!(in_state(&world, "done"), jobs_of_all);
}

#[actix_web::test]
async fn administrators_see_what_is_under_way() {
    let (world, now) = (World::new(), clock::now());
    for subject in 1..=40 {
        ask(&world, Kind::Process, subject, now);
    }
    let admin = world.signed_in("admin").await;
    let job = claim(&world, now).unwrap();
    fail(&world, &job, false, now);
    let first = admin.get("/admin/jobs").await;
    assert!(first.status == 200 && first.body.contains("检查和转码") && first.body.contains("39"));
    assert!(!first.body.contains("没有成"), "the oldest stands on the second page");
    assert!(admin.get("/admin/jobs?page=2").await.body.contains("没有成"));
}
