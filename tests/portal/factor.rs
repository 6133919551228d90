//! The second factor: asked of whoever has a role for the whole city, a code works once, paper helps, clocks jump.
use crate::world::{Answer, Browser, World};
use chrono::Duration;
use totp_rs::{Builder, Secret};
use weixiao::accounts::{self, factor};
use weixiao::audit::Doer;
use weixiao::clock::{self, Timestamp};
use weixiao::demo;

/// The code that a telephone with this secret shows at a moment.
fn code_at(secret: &str, at: Timestamp) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let seconds = u64::try_from(at.and_utc().timestamp()).unwrap();
    Builder::new().with_secret(secret).build().unwrap().generate(seconds).to_string()
}

/// Fills in the page that asks to set up the second factor; the secret.
pub async fn set_up(browser: &Browser<'_>, page: &Answer) -> String {
    let secret = page.between(r#"name="secret" value=""#, "\"").to_owned();
    let action = page.between(r#"method="post" action=""#, "\"");
    assert!(page.body.contains("<svg") && !page.body.contains("otpauth"), "a picture, not an address");
    let action = if action == "/manner" { "/sign-in/factor" } else { action };
    let done = browser
        .post(action, &[("secret", &secret), ("code", &code_at(&secret, clock::now())), ("next", "/")])
        .await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(done.body.matches("<li><code>").count(), 10, "ten recovery codes to print");
    assert_eq!(done.headers["cache-control"], "no-store");
    secret
}

/// A town whose city-wide roles need a second factor.
fn strict() -> World {
    let world = World::new();
    world.db.write_now(|conn| weixiao::site::put(conn, "second_factor", "required", clock::now())).unwrap();
    world
}

async fn sign_in(browser: &Browser<'_>, name: &str) -> Answer {
    browser.post("/sign-in", &[("name", name), ("password", demo::PASSWORD), ("next", "/about")]).await
}

#[actix_web::test]
async fn a_role_for_the_whole_city_needs_it_and_others_do_not() {
    let world = strict();
    for (name, needs) in [("admin", true), ("auditor", true), ("member", false), ("secretary", false)] {
        let browser = world.visitor();
        let answer = sign_in(&browser, name).await;
        assert_eq!(answer.status == 200, needs, "{name}: {}", answer.status);
        let account = browser.get("/account").await;
        assert_eq!(account.status == 303, needs, "{name} is signed in only when nothing is missing");
    }
    let admin = world.visitor();
    let asked = sign_in(&admin, "admin").await;
    let secret = set_up(&admin, &asked).await;
    assert_eq!(admin.get("/admin").await.status, 200);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'factor_set'"), 1);
    // The next time a code is asked for; what the reader wanted is not forgotten.
    let again = world.visitor();
    let asked = sign_in(&again, "admin").await;
    assert!(
        asked.body.contains("/sign-in/code") && asked.body.contains(r#"value="/about""#),
        "{}",
        asked.body
    );
    assert_eq!(again.get("/admin").await.status, 303);
    // The code of the set-up was used: its step, the next one is not.
    let used = code_at(&secret, clock::now());
    let next = code_at(&secret, clock::now() + Duration::seconds(30));
    let refused = again.post("/sign-in/code", &[("code", &used), ("next", "/about")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("已经用过") && refused.body.contains(r#"value="/about""#));
    let done = again.post("/sign-in/code", &[("code", &next), ("next", "/about")]).await;
    assert_eq!((done.status.as_u16(), done.location.as_deref()), (303, Some("/about")));
    assert_eq!(again.get("/admin").await.status, 200);
}

#[actix_web::test]
async fn a_code_works_once_even_when_two_use_it_at_once() {
    let world = strict();
    let admin = world.visitor();
    let secret = set_up(&admin, &sign_in(&admin, "admin").await).await;
    let next = code_at(&secret, clock::now() + Duration::seconds(30));
    let (first, second) = (world.visitor(), world.visitor());
    sign_in(&first, "admin").await;
    sign_in(&second, "admin").await;
    let fields = [("code", next.as_str())];
    let (one, two) = both(first.post("/sign-in/code", &fields), second.post("/sign-in/code", &fields)).await;
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 422]);
}

/// Both at the same time.
async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    use std::pin::pin;
    use std::task::Poll;
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |cx| {
        if first.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(cx)
        {
            first = Some(value);
        }
        if second.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(cx)
        {
            second = Some(value);
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

#[actix_web::test]
async fn a_recovery_code_works_once_and_new_ones_replace_the_old() {
    let world = strict();
    let admin = world.visitor();
    let page = sign_in(&admin, "admin").await;
    let secret = page.between(r#"name="secret" value=""#, "\"").to_owned();
    let printed = admin
        .post("/sign-in/factor", &[("secret", &secret), ("code", &code_at(&secret, clock::now()))])
        .await;
    let codes: Vec<String> = printed
        .body
        .split("<li><code>")
        .skip(1)
        .map(|rest| rest.split_once('<').unwrap().0.to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    let typed = codes[0].to_lowercase().replace('-', " ");
    for expected in [303, 422] {
        let browser = world.visitor();
        sign_in(&browser, "admin").await;
        assert_eq!(browser.post("/sign-in/code", &[("code", &typed)]).await.status, expected);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'recovery_code_used'"), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM recovery_codes WHERE used_at IS NOT NULL"), 1);
    assert!(admin.get("/account/factor").await.body.contains("还有 9 个备用码"));
    let fresh = admin.post("/account/factor/codes", &[("code", &codes[1])]).await;
    assert_eq!(fresh.body.matches("<li><code>").count(), 10, "{}", fresh.body);
    assert!(!fresh.body.contains(&codes[2]));
    let browser = world.visitor();
    sign_in(&browser, "admin").await;
    assert_eq!(browser.post("/sign-in/code", &[("code", &codes[2])]).await.status, 422, "an old code");
    // Whoever must have it cannot turn it off.
    let off = admin.post("/account/factor/off", &[("code", &codes[3])]).await;
    assert_eq!(off.status, 409);
}

#[actix_web::test]
async fn guessing_codes_is_slowed_down() {
    let world = strict();
    let admin = world.visitor();
    set_up(&admin, &sign_in(&admin, "admin").await).await;
    let browser = world.visitor();
    sign_in(&browser, "admin").await;
    let mut slowed = false;
    for number in 0..12 {
        let answer = browser.post("/sign-in/code", &[("code", &format!("{number:06}"))]).await;
        slowed |= answer.body.contains("试得太频繁了");
    }
    assert!(slowed);
}

#[actix_web::test]
async fn without_the_password_there_is_nothing_to_enter_a_code_for() {
    let world = strict();
    let browser = world.visitor();
    for path in ["/sign-in/code", "/sign-in/factor"] {
        let answer = browser.post(path, &[("code", "123456"), ("secret", &factor::fresh_secret())]).await;
        assert_eq!(answer.location.as_deref(), Some("/sign-in"), "{path}");
    }
    // A password alone does not replace the factor of somebody who has one.
    let admin = world.visitor();
    set_up(&admin, &sign_in(&admin, "admin").await).await;
    let thief = world.visitor();
    sign_in(&thief, "admin").await;
    let secret = factor::fresh_secret();
    let answer = thief
        .post("/sign-in/factor", &[("secret", &secret), ("code", &code_at(&secret, clock::now()))])
        .await;
    assert_eq!(answer.location.as_deref(), Some("/sign-in"));
    assert_eq!(thief.get("/account").await.status, 303);
    // A secret that is none of ours is refused.
    let second = world.visitor();
    sign_in(&second, "auditor").await;
    let answer = second.post("/sign-in/factor", &[("secret", "AAAA"), ("code", "000000")]).await;
    assert_eq!(answer.status, 400);
}

#[actix_web::test]
async fn a_member_may_have_one_and_turn_it_off() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let page = member.get("/account/factor").await;
    let secret = page.between(r#"name="secret" value=""#, "\"").to_owned();
    let wrong = member.post("/account/factor", &[("secret", &secret), ("code", "000000")]).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.between(r#"name="secret" value=""#, "\""), secret, "the same picture again");
    let set = member
        .post("/account/factor", &[("secret", &secret), ("code", &code_at(&secret, clock::now()))])
        .await;
    assert_eq!(set.body.matches("<li><code>").count(), 10);
    let browser = world.visitor();
    assert_eq!(sign_in(&browser, "member").await.status, 200, "a code is asked for now");
    let next = code_at(&secret, clock::now() + Duration::seconds(30));
    let off = member.post("/account/factor/off", &[("code", &next)]).await;
    assert_eq!(off.location.as_deref(), Some("/account?done=factor-off"));
    assert_eq!(world.number("SELECT COUNT(*) FROM recovery_codes"), 0);
    assert_eq!(sign_in(&world.visitor(), "member").await.status, 303);
}

/// The clock of the server jumps ahead a day, codes are used, and it is set right again.
#[test]
fn a_clock_that_jumped_locks_nobody_out() {
    let world = World::new();
    let doer = Doer::default();
    let now = clock::now();
    let secret = factor::fresh_secret();
    let check = |at: Timestamp, code: &str| {
        world
            .db
            .write_now(|conn| {
                let account = accounts::by_username(conn, "admin")?.unwrap();
                factor::check(conn, &account, code, &doer, at)
            })
            .unwrap()
    };
    world
        .db
        .write_now(|conn| {
            let account = accounts::by_username(conn, "admin")?.unwrap();
            factor::set_up(conn, &account, &secret, &code_at(&secret, now), &doer, now)
        })
        .unwrap()
        .unwrap();
    let ahead = now + Duration::days(1);
    assert!(check(ahead, &code_at(&secret, ahead)));
    assert!(!check(ahead, &code_at(&secret, ahead)), "twice");
    // Back again: today's codes work, each once.
    let back = now + Duration::minutes(2);
    assert!(check(back, &code_at(&secret, back)));
    assert!(!check(back, &code_at(&secret, back)), "twice");
    let later = back + Duration::minutes(1);
    assert!(check(later, &code_at(&secret, later)));
}

#[test]
fn a_lost_factor_is_taken_away_on_the_server() {
    let world = World::new();
    let (doer, now, secret) = (Doer::default(), clock::now(), factor::fresh_secret());
    world
        .db
        .write_now(|conn| {
            let account = accounts::by_username(conn, "admin")?.unwrap();
            factor::set_up(conn, &account, &secret, &code_at(&secret, now), &doer, now)?;
            accounts::forget_factor(conn, &account, &doer, now)
        })
        .unwrap();
    assert_eq!(world.number("SELECT COUNT(*) FROM second_factors"), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'factor_forgotten'"), 1);
}

#[actix_web::test]
async fn a_session_that_began_without_a_factor_gets_no_rights_for_the_city() {
    let world = strict();
    let member = world.visitor();
    sign_in(&member, "member").await;
    assert_eq!(member.get("/account").await.status, 200);
    // The role is given on the server: the sessions end.
    world
        .db
        .write_now(|conn| {
            let account = accounts::by_username(conn, "member")?.unwrap();
            let (role, scope) = (weixiao::access::Role::Admin, weixiao::access::ScopeKind::City);
            accounts::grant(conn, &account, role, scope, None, &Doer::default(), clock::now())
        })
        .unwrap();
    assert_eq!(member.get("/admin").await.status, 303);
    assert_eq!(sign_in(&member, "member").await.status, 200, "a second factor is asked for");
    // The rule changes under a session that is open: it ends as well.
    let lax = World::new();
    let admin = lax.signed_in("admin").await;
    assert_eq!(admin.get("/admin").await.status, 200);
    lax.db.write_now(|conn| weixiao::site::put(conn, "second_factor", "required", clock::now())).unwrap();
    assert_eq!(admin.get("/admin").await.status, 303);
}

#[actix_web::test]
async fn a_new_password_ends_what_the_old_one_began() {
    let world = strict();
    let thief = world.visitor();
    let page = sign_in(&thief, "admin").await;
    let secret = page.between(r#"name="secret" value=""#, "\"").to_owned();
    let hash = weixiao::accounts::passwords::hash_now("another-password").replace('\'', "");
    world.sql(&format!("UPDATE accounts SET password_hash = '{hash}' WHERE username = 'admin'"));
    let answer = thief
        .post("/sign-in/factor", &[("secret", &secret), ("code", &code_at(&secret, clock::now()))])
        .await;
    assert_eq!(answer.location.as_deref(), Some("/sign-in"));
    assert_eq!(world.number("SELECT COUNT(*) FROM second_factors"), 0);
}

#[actix_web::test]
async fn nobody_becomes_the_second_person_by_a_printed_code() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let checker = world.number("SELECT person_id FROM accounts WHERE username = 'checker'");
    let refused = admin.post(&format!("/people/{checker}/code"), &[]).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(world.number("SELECT COUNT(*) FROM one_time_codes"), 0);
}
