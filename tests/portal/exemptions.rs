//! Until when and why somebody need not study: whom it is told. Issue 7 item 3; product.md rules 4 and 6.
use crate::events::{account, branch, person};
use crate::world::{Browser, World};
use chrono::{Datelike, Days, NaiveDate};
use weixiao::clock;

const WHY: &str = "腰伤住院";

/// A day as pages write it, and as files do.
fn written(day: NaiveDate) -> [String; 2] {
    [format!("{} 年 {} 月 {} 日", day.year(), day.month(), day.day()), day.to_string()]
}

/// A clerk proposes that `elder` need not study until `last`: the address of it.
async fn proposed(clerk: &Browser<'_>, elder: i64, last: NaiveDate) -> String {
    let key = clerk.get(&format!("/exemptions/new?person={elder}")).await.key();
    let (elder, from, last) = (elder.to_string(), clock::day(clock::now()).to_string(), last.to_string());
    let fields = [
        ("person", elder.as_str()),
        ("from", from.as_str()),
        ("last", last.as_str()),
        ("reason", WHY),
        ("key", key.as_str()),
    ];
    let made = clerk.post("/exemptions/new", &fields).await;
    assert_eq!(made.status, 303, "{}", made.body);
    made.location.unwrap().split('?').next().unwrap().to_owned()
}

/// Whether the list and the page of an exemption say until when, and the page why: list, page, reason.
async fn told(browser: &Browser<'_>, address: &str, last: NaiveDate) -> (bool, bool, bool) {
    let (list, page) = (browser.get("/exemptions").await, browser.get(address).await);
    assert_eq!((list.status.as_u16(), page.status.as_u16()), (200, 200), "{}", page.body);
    assert!(list.body.contains(&format!("{address}\"")), "{}", list.body);
    assert!(!list.body.contains(WHY), "a list gives no reasons");
    let says = |body: &str| written(last).iter().any(|day| body.contains(day.as_str()));
    (says(&list.body), says(&page.body), page.body.contains(WHY))
}

#[actix_web::test]
async fn until_when_and_why_is_for_those_who_decide_and_until_then_for_who_proposed_it() {
    let world = crate::demo::made(clock::now());
    let (elder, own) = (person(&world, "elder").0, branch(&world, "elder"));
    // Another clerk of the branch, who has nothing to do with it.
    world.sql(&format!(
        "INSERT INTO grants (account_id, role, scope_kind, scope_id, granted_at) \
         VALUES ({}, 'clerk', 'branch', {own}, '2024-01-01 00:00:00')",
        account(&world, "mobile")
    ));
    // No other date of these pages.
    let last = clock::day(clock::now()) + Days::new(173);
    let proposer = world.signed_in("clerk").await;
    let address = proposed(&proposer, elder, last).await;
    let other = world.signed_in("mobile").await;
    let (secretary, committee) = (world.signed_in("secretary").await, world.signed_in("committee").await);
    assert_eq!(
        told(&proposer, &address, last).await,
        (true, true, true),
        "what they wrote, until it is decided"
    );
    assert_eq!(told(&other, &address, last).await, (false, false, false));
    for browser in [&secretary, &committee] {
        assert_eq!(told(browser, &address, last).await, (true, true, true), "to decide");
    }
    let decided = secretary.post(&format!("{address}/decide"), &[("verdict", "approved")]).await;
    assert_eq!(decided.status, 303, "{}", decided.body);
    for browser in [&proposer, &other] {
        assert_eq!(told(browser, &address, last).await, (false, false, false), "decided");
    }
    for browser in [&secretary, &committee] {
        assert_eq!(told(browser, &address, last).await, (true, true, true), "whoever decides there");
    }
    assert_eq!(world.signed_in("secretary2").await.get(&address).await.status, 404);
    // Nor do the figures and their files say it, to whomever they go.
    let plan = world.number("SELECT MAX(id) FROM study_plans WHERE state = 'published' AND org_id = 1");
    for browser in [&proposer, &other, &secretary, &committee] {
        for path in [
            format!("/coverage/export/coverage.json?plan={plan}"),
            format!("/coverage/export/coverage.csv?plan={plan}"),
            format!("/coverage/members/export/members.csv?plan={plan}&org={own}"),
            format!("/coverage/members?plan={plan}&org={own}"),
            format!("/coverage/members/{elder}?plan={plan}"),
        ] {
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, 200, "{path}");
            let tells = written(last).iter().any(|day| answer.body.contains(day.as_str()));
            assert!(!tells && !answer.body.contains(WHY), "{path}: {}", answer.body);
        }
    }
    // The person concerned is told that, until when, and who decided; why was not written to them.
    let own_pages = world.signed_in("elder").await;
    for path in ["/me/plans", "/me/data/of/exemption"] {
        let page = own_pages.get(path).await.body;
        assert!(written(last).iter().any(|day| page.contains(day.as_str())) || path != "/me/plans", "{page}");
        assert!(page.contains("免学") && !page.contains(WHY), "{page}");
    }
}

#[actix_web::test]
async fn whoever_decides_for_others_is_not_told_the_reasons_of_the_own_exemption() {
    let world = World::new();
    let last = clock::day(clock::now()) + Days::new(173);
    let chief = person(&world, "secretary").0;
    let address = proposed(&world.signed_in("clerk").await, chief, last).await;
    let secretary = world.signed_in("secretary").await;
    assert_eq!(told(&secretary, &address, last).await, (false, false, false));
    assert_eq!(told(&world.signed_in("committee").await, &address, last).await, (true, true, true));
}
