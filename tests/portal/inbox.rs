//! The inbox, and reminders by e-mail up to the SMTP server; what a real one receives is in tests/mail.
use crate::world::World;
use weixiao::clock::now;
use weixiao::ids::PersonId;
use weixiao::inbox::{self, Kind, NewNotice};
use weixiao::msg;

/// The person behind a demo account.
fn person(world: &World, account: &str) -> PersonId {
    PersonId(world.number(&format!("SELECT person_id FROM accounts WHERE username = '{account}'")))
}

fn notice(person: PersonId, key: &str) -> NewNotice {
    NewNotice {
        person,
        kind: Kind::Promotion,
        title: msg!("关于这一页：{}", key),
        body: String::new(),
        link: format!("/lectures?topic={key}"),
        sent_by: None,
        key: format!("test:{}:{key}", person.0),
    }
}

fn tell(world: &World, notices: &[NewNotice]) -> usize {
    world.db.write_now(|conn| inbox::tell(conn, notices, now())).unwrap()
}

fn unread(world: &World, person: PersonId) -> i64 {
    world.db.read_now(|conn| inbox::unread(conn, person)).unwrap()
}

/// An inbox with nothing in it, whatever the demonstration puts there.
fn emptied(account: &str) -> (World, PersonId) {
    let world = World::new();
    world.sql("DELETE FROM notices; DELETE FROM mail_sendings; DELETE FROM mail_addresses");
    let person = person(&world, account);
    (world, person)
}

#[actix_web::test]
async fn a_fact_is_told_once() {
    let (world, member) = emptied("member");
    assert_eq!(tell(&world, &[notice(member, "a"), notice(member, "b"), notice(member, "a")]), 2);
    assert_eq!(tell(&world, &[notice(member, "a"), notice(member, "c")]), 1);
    assert_eq!(unread(&world, member), 3);
    assert_eq!(tell(&world, &[]), 0);
}

#[actix_web::test]
async fn the_newest_stands_first_in_the_readers_language_with_what_was_written() {
    let (world, member) = emptied("member");
    let browser = world.signed_in("member").await;
    assert!(browser.get("/me/inbox").await.body.contains("还没有通知"));
    let mut written = notice(member, "old");
    written.kind = Kind::Message;
    written.body = "第一行 <b>\n第二行".into();
    written.sent_by =
        Some(weixiao::ids::AccountId(world.number("SELECT id FROM accounts WHERE username = 'organizer'")));
    tell(&world, &[written]);
    tell(&world, &[notice(member, "new"), notice(person(&world, "member2"), "strange")]);
    let page = browser.get("/me/inbox").await.body;
    assert!(page.contains("有 2 条没有读。") && !page.contains("strange"));
    let rows: Vec<_> = page.split(r#"<li class="stack stack--tight">"#).skip(1).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].contains("关于这一页：new") && rows[0].contains("候补递补") && rows[0].contains("未读"));
    assert!(!rows[0].contains("<blockquote") && !rows[0].contains("发消息的人"));
    assert!(rows[1].contains("关于这一页：old") && rows[1].contains(">消息<"));
    assert!(rows[1].contains("第一行 &#60;b&#62;\n第二行"), "plain text, its lines kept: {}", rows[1]);
    let name = world.db.read_now(|conn| {
        use diesel::prelude::*;
        use weixiao::schema::{accounts, persons};
        Ok(weixiao::either!(conn, c => accounts::table.inner_join(persons::table)
            .filter(accounts::username.eq("organizer")).select(persons::name).first::<String>(c))?)
    });
    assert!(rows[1].contains(&name.unwrap()), "who sent it");
    browser.post("/manner", &[("lang", "en"), ("back", "/")]).await;
    let page = browser.get("/me/inbox").await.body;
    assert!(page.contains("About this page: new"));
    assert!(!page.contains("关于这一页：") && page.contains("Unread") && page.contains("2 unread."));
}

#[actix_web::test]
async fn going_there_marks_one_as_read_and_looking_marks_none() {
    let (world, member) = emptied("member");
    tell(&world, &[notice(member, "a"), notice(member, "b")]);
    let browser = world.signed_in("member").await;
    browser.get("/me/inbox").await;
    assert_eq!(unread(&world, member), 2, "looking changes nothing");
    let id = world.number("SELECT MIN(id) FROM notices");
    for _ in 0..2 {
        let answer = browser.post(&format!("/me/inbox/{id}"), &[]).await;
        assert_eq!((answer.status.as_u16(), answer.location.as_deref()), (303, Some("/lectures?topic=a")));
        assert_eq!(unread(&world, member), 1);
    }
    let page = browser.get("/me/inbox").await;
    assert_eq!(page.body.matches("未读").count(), 1);
    // A link that leads out of the portal is none.
    world.sql(&format!("UPDATE notices SET link = '//evil.example' WHERE id = {id}"));
    assert_eq!(browser.post(&format!("/me/inbox/{id}"), &[]).await.location.as_deref(), Some("/"));
}

#[actix_web::test]
async fn somebody_elses_notice_is_not_found_and_stays_unread() {
    let (world, member) = emptied("member");
    tell(&world, &[notice(member, "a")]);
    let id = world.number("SELECT MIN(id) FROM notices");
    let stranger = world.signed_in("member2").await;
    assert_eq!(stranger.post(&format!("/me/inbox/{id}"), &[]).await.status, 404);
    stranger.post("/me/inbox/read", &[("newest", &id.to_string())]).await;
    assert_eq!(unread(&world, member), 1);
    let visitor = world.visitor();
    assert_eq!(visitor.get("/me/inbox").await.location.as_deref(), Some("/sign-in?next=%2Fme%2Finbox"));
}

#[actix_web::test]
async fn all_that_was_seen_is_marked_and_nothing_that_came_later() {
    let (world, member) = emptied("member");
    tell(&world, &[notice(member, "a"), notice(member, "b"), notice(person(&world, "member2"), "c")]);
    let browser = world.signed_in("member").await;
    let page = browser.get("/me/inbox").await;
    let newest = page.between(r#"name="newest" value=""#, "\"").to_owned();
    tell(&world, &[notice(member, "later")]);
    let answer = browser.post("/me/inbox/read", &[("newest", &newest)]).await;
    assert_eq!((answer.status.as_u16(), answer.location.as_deref()), (303, Some("/me/inbox?done=all-read")));
    assert_eq!(unread(&world, member), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE read_at IS NOT NULL"), 2);
    // Without the number nothing is taken for seen.
    assert_eq!(browser.post("/me/inbox/read", &[]).await.status, 303);
    assert_eq!(unread(&world, member), 1);
}

#[actix_web::test]
async fn the_inbox_has_pages_and_counts_no_further_than_a_hundred() {
    let (world, member) = emptied("member");
    let many: Vec<_> = (0..123).map(|n| notice(member, &format!("n{n:03}"))).collect();
    assert_eq!(tell(&world, &many), 123);
    assert_eq!(unread(&world, member), 100);
    let browser = world.signed_in("member").await;
    let mut seen = vec![];
    for number in 1..=7 {
        let page = browser.get(&format!("/me/inbox?page={number}")).await;
        assert_eq!(page.status, 200);
        assert_eq!(page.body.contains("全部标为已读"), number == 1);
        seen.extend(page.body.split("关于这一页：").skip(1).map(|rest| rest[..4].to_owned()));
    }
    let newest_first: Vec<_> = (0..123).rev().map(|n| format!("n{n:03}")).collect();
    assert_eq!(seen, newest_first);
    assert_eq!(browser.get("/me/inbox?page=8").await.status, 404);
    assert!(browser.get("/me/inbox").await.body.contains("有 100 条以上没有读。"));
}

#[actix_web::test]
async fn the_inbox_is_read_in_the_order_of_its_indexes() {
    let world = World::new();
    if crate::world::server().is_some() {
        return;
    }
    for (query, index) in [
        ("SELECT id FROM notices WHERE person_id = 1 ORDER BY id DESC LIMIT 21", "notices_person"),
        ("SELECT id FROM notices WHERE person_id = 1 AND read_at IS NULL LIMIT 100", "notices_unread"),
    ] {
        let plan = world.plan(query);
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{query}: {plan}");
    }
}
