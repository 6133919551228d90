//! The inbox, and reminders by e-mail up to the SMTP server; what a real one receives is in tests/mail.
use crate::world::World;
use chrono::Duration;
use lettre::transport::stub::StubTransport;
use std::sync::Barrier;
use weixiao::clock::{self, Timestamp, now};
use weixiao::config::Smtp;
use weixiao::ids::PersonId;
use weixiao::inbox::mail::Mailer;
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
    assert_eq!(page.body.matches(">未读<").count(), 1);
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

// Reminders by e-mail.

const SITE: &str = "http://dx.example.gov.cn";

/// The town with a mail server, which is lettre's stub.
fn with_mail(world: &World) -> World {
    world.with(|config| {
        config.public_url = Some(SITE.into());
        let from = "微党校 <weixiao@dx.example.gov.cn>".into();
        config.smtp = Some(Smtp { url: "smtp://127.0.0.1:1".into(), from, authorities: None });
    })
}

fn mailer(stub: &StubTransport) -> Mailer {
    Mailer::to_stub(stub.clone(), SITE)
}

/// A letter as it is read: head as it was sent, text decoded.
#[derive(Debug, Clone)]
struct Read {
    to: String,
    head: String,
    text: String,
}

fn letters(stub: &StubTransport) -> Vec<Read> {
    stub.messages()
        .into_iter()
        .map(|(envelope, raw)| {
            let (head, body) = raw.split_once("\r\n\r\n").unwrap();
            let text = if head.contains("Content-Transfer-Encoding: base64") {
                let packed: String = body.split_whitespace().collect();
                base64::Engine::decode(&base64::engine::general_purpose::STANDARD, packed).unwrap()
            } else if head.contains("Content-Transfer-Encoding: quoted-printable") {
                unquoted(body)
            } else {
                body.as_bytes().to_vec()
            };
            Read {
                to: envelope.to()[0].to_string(),
                head: head.to_owned(),
                text: String::from_utf8(text).unwrap().replace("\r\n", "\n"),
            }
        })
        .collect()
}

fn unquoted(body: &str) -> Vec<u8> {
    let body = body.replace("=\r\n", "");
    let mut pieces = body.split('=');
    let mut out = pieces.next().unwrap().as_bytes().to_vec();
    for piece in pieces {
        out.push(u8::from_str_radix(&piece[..2], 16).unwrap());
        out.extend(&piece.as_bytes()[2..]);
    }
    out
}

/// A moment of the day on which the tests run, by the clocks of the city; `days` later.
fn at(days: i64, hour: i64, minute: i64) -> Timestamp {
    let today = clock::day(now()).and_hms_opt(0, 0, 0).unwrap();
    today + Duration::hours(24 * days + hour - 8) + Duration::minutes(minute)
}

fn deliver(world: &World, stub: &StubTransport, now: Timestamp) -> usize {
    inbox::deliver(&world.db, &mailer(stub), now).unwrap()
}

/// Gives this person a confirmed address, with nothing sent yet.
fn confirmed(world: &World, person: PersonId, address: &str) {
    let at = sql_time(at(-30, 12, 0));
    world.sql(&format!(
        "INSERT INTO mail_addresses (person_id, address, confirmed_at, is_on, quiet_from, quiet_to, lang) \
         VALUES ({person}, '{address}', '{at}', TRUE, 21, 8, 'zh-CN')"
    ));
}

/// A moment as both databases read it, and as SQLite compares it.
fn sql_time(at: Timestamp) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

fn tell_at(world: &World, notices: &[NewNotice], at: Timestamp) -> usize {
    world.db.write_now(|conn| inbox::tell(conn, notices, at)).unwrap()
}

fn code_in(letter: &Read) -> String {
    let rest = letter.text.split_once("/me/mail/confirm?code=").unwrap().1;
    rest.split_whitespace().next().unwrap().to_owned()
}

#[actix_web::test]
async fn without_a_mail_server_the_page_says_so_and_offers_nothing() {
    let (world, member) = emptied("member");
    for half in [
        world.with(|_| {}),
        world.with(|config| config.public_url = Some(SITE.into())),
        // Without an address of the portal no link can be written.
        world.with(|config| {
            let from = "a@b.cn".into();
            config.smtp = Some(Smtp { url: "smtp://127.0.0.1:1".into(), from, authorities: None });
        }),
    ] {
        let browser = half.signed_in("member").await;
        let page = browser.get("/me/mail").await;
        assert!(page.body.contains("这里没有设发邮件的服务器"));
        assert!(!page.body.contains(r#"action="/me/mail"#));
        let refused = browser.post("/me/mail", &[("address", "a@b.cn")]).await;
        assert!(refused.status == 409 && refused.body.contains("通知都在收件箱里"));
        assert_eq!(browser.post("/me/mail/again", &[]).await.status, 409);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM mail_addresses"), 0);
    // What was given before can still be taken away.
    confirmed(&world, member, "a@b.cn");
    let browser = world.signed_in("member").await;
    assert!(browser.get("/me/mail").await.body.contains("删除这个邮箱"));
    assert_eq!(browser.post("/me/mail/remove", &[]).await.status, 303);
    assert_eq!(world.number("SELECT COUNT(*) FROM mail_addresses"), 0);
}

#[actix_web::test]
async fn an_address_counts_when_its_link_was_followed_and_confirmed() {
    let (bare, member) = emptied("member");
    let world = with_mail(&bare);
    let stub = StubTransport::new_ok();
    let browser = world.signed_in("member").await;
    let set = browser.post("/me/mail", &[("address", " li@example.cn ")]).await;
    assert_eq!((set.status.as_u16(), set.location.as_deref()), (303, Some("/me/mail?done=mail-code")));
    assert!(browser.get("/me/mail").await.body.contains("确认邮件正在发出"));
    let sent_at = now();
    assert_eq!((deliver(&world, &stub, sent_at), deliver(&world, &stub, sent_at)), (1, 0));
    let letter = letters(&stub).pop().unwrap();
    assert_eq!(letter.to, "li@example.cn");
    for line in [
        "To: li@example.cn\r\n",
        "From: weixiao@dx.example.gov.cn\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "List-Unsubscribe: <http://dx.example.gov.cn/me/mail>\r\n",
        "@dx.example.gov.cn>\r\n",
        "MIME-Version: 1.0\r\n",
        "Content-Type: text/plain; charset=utf-8\r\n",
    ] {
        assert!(letter.head.contains(line), "{line:?} in {}", letter.head);
    }
    // Nothing of who gave the address: it may be a stranger's.
    assert!(!letter.text.contains("林秋实") && letter.head.is_ascii());
    let code = code_in(&letter);
    let kept = world.number(&format!("SELECT COUNT(*) FROM mail_addresses WHERE code_hash = '{code}'"));
    assert_eq!(kept, 0, "the code itself is not kept");
    assert!(browser.get("/me/mail").await.body.contains("确认邮件已发出，请在 24 小时内"));
    // Before it is confirmed nothing else is sent.
    tell(&world, &[notice(member, "a")]);
    assert_eq!(deliver(&world, &stub, at(1, 12, 0)), 0);
    world.sql("DELETE FROM notices");
    // Whoever looks at links of letters confirms nothing; nor does somebody else; nor a visitor.
    let link = format!("/me/mail/confirm?code={code}");
    let page = browser.get(&link).await;
    assert_eq!(page.between(r#"name="code" value=""#, "\""), code);
    let other = world.signed_in("member2").await;
    assert_eq!(other.post("/me/mail/confirm", &[("code", &code)]).await.status, 422);
    assert!(world.visitor().get(&link).await.location.unwrap().contains(&code), "back here after signing in");
    let none = "SELECT COUNT(*) FROM mail_addresses WHERE confirmed_at IS NOT NULL";
    assert_eq!(world.number(none), 0);
    for wrong in ["", "0", "ffffffffffffffffffffffffffffffff", "\0"] {
        let answer = browser.post("/me/mail/confirm", &[("code", wrong)]).await;
        assert!(answer.status == 422 && answer.body.contains("这个链接不能用了"), "{wrong:?}");
    }
    for _ in 0..2 {
        let answer = browser.post("/me/mail/confirm", &[("code", &code)]).await;
        assert_eq!(answer.location.as_deref(), Some("/me/mail?done=mail-confirmed"));
    }
    assert_eq!(world.number(none), 1);
    assert_eq!(world.number("SELECT COUNT(*) FROM audit_entries WHERE action = 'mail_address_set'"), 2);
    assert!(browser.get("/me/mail").await.body.contains("已确认，提醒开着"));
    // The same address again is no news; another one begins anew.
    browser.post("/me/mail", &[("address", "li@example.cn")]).await;
    assert_eq!((world.number(none), deliver(&world, &stub, now())), (1, 0));
    browser.post("/me/mail", &[("address", "wang@example.cn")]).await;
    assert_eq!((world.number(none), deliver(&world, &stub, now())), (0, 1));
    assert_eq!(browser.post("/me/mail/confirm", &[("code", &code)]).await.status, 422, "the old link");
    let own = browser.get("/account").await;
    assert!(own.body.contains("修改提醒邮箱"), "the member sees it in the record");
}

#[actix_web::test]
async fn a_link_holds_a_day_and_only_the_newest_counts() {
    let (bare, _) = emptied("member");
    let world = with_mail(&bare);
    let stub = StubTransport::new_ok();
    let browser = world.signed_in("member").await;
    browser.post("/me/mail", &[("address", "li@example.cn")]).await;
    deliver(&world, &stub, now() - Duration::hours(24));
    let old = code_in(&letters(&stub)[0]);
    assert_eq!(browser.post("/me/mail/confirm", &[("code", &old)]).await.status, 422);
    assert!(browser.get("/me/mail").await.body.contains("已经过了 24 小时"));
    browser.post("/me/mail/again", &[]).await;
    deliver(&world, &stub, now() - Duration::hours(23));
    browser.post("/me/mail/again", &[]).await;
    deliver(&world, &stub, now());
    let codes: Vec<_> = letters(&stub).iter().map(code_in).collect();
    assert_eq!(codes.len(), 3);
    assert_eq!(browser.post("/me/mail/confirm", &[("code", &codes[1])]).await.status, 422);
    assert_eq!(browser.post("/me/mail/confirm", &[("code", &codes[2])]).await.status, 303);
}

#[actix_web::test]
async fn five_confirmations_a_day_and_no_more_whatever_is_typed() {
    let (bare, _) = emptied("member");
    let world = with_mail(&bare);
    let stub = StubTransport::new_ok();
    let browser = world.signed_in("member").await;
    for number in 0..5 {
        let address = format!("a{number}@example.cn");
        assert_eq!(browser.post("/me/mail", &[("address", &address)]).await.status, 303);
        assert_eq!(deliver(&world, &stub, now()), 1);
        // To remove the address does not begin anew.
        if number % 2 == 0 {
            browser.post("/me/mail/remove", &[]).await;
        }
    }
    let answer = browser.post("/me/mail", &[("address", "a5@example.cn")]).await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("一天最多发 5 封确认邮件") && answer.body.contains("a5@example.cn"));
    assert_eq!(browser.post("/me/mail/again", &[]).await.status, 409);
    // Nor does it help to have asked before.
    let soon = sql_time(now());
    world.sql(&format!(
        "INSERT INTO mail_addresses (person_id, address, code_at, is_on, quiet_from, quiet_to, lang) \
         SELECT person_id, 'a6@example.cn', '{soon}', TRUE, 21, 8, 'zh-CN' FROM accounts WHERE username = 'member'"
    ));
    assert_eq!(deliver(&world, &stub, now() + Duration::seconds(2)), 0);
    assert_eq!(letters(&stub).len(), 5);
    // Others are not concerned, and the next day is another.
    let other = world.signed_in("member2").await;
    assert_eq!(other.post("/me/mail", &[("address", "a9@example.cn")]).await.status, 303);
    let yesterday = sql_time(now() - Duration::hours(25));
    world.sql(&format!("UPDATE mail_sendings SET at = '{yesterday}'"));
    assert_eq!(browser.post("/me/mail", &[("address", "a5@example.cn")]).await.status, 303);
    assert_eq!(deliver(&world, &stub, now()), 2);
}

#[actix_web::test]
async fn what_is_no_address_comes_back_with_a_word_about_it() {
    let (bare, _) = emptied("member");
    let world = with_mail(&bare);
    let browser = world.signed_in("member").await;
    for bad in
        ["", "li", "li@example.cn, wang@example.cn", "li@example.cn\r\nBcc: x@example.cn", "a@127.0.0.1"]
    {
        let answer = browser.post("/me/mail", &[("address", bad)]).await;
        assert_eq!(answer.status, 422, "{bad:?}");
        assert!(answer.body.contains(r#"id="e-address""#));
        assert!(answer.body.contains(&bad.split('\r').next().unwrap().replace('<', "&#60;")));
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM mail_addresses"), 0);
}

#[actix_web::test]
async fn nobody_acts_for_somebody_else_here() {
    let (bare, member) = emptied("member");
    let world = with_mail(&bare);
    tell(&world, &[notice(member, "a")]);
    let clerk = world.signed_in("clerk").await;
    let begun = clerk.post(&format!("/people/{member}/acting"), &[]).await;
    assert_eq!(begun.status, 303, "{}", begun.body);
    let inbox = clerk.get("/me/inbox").await;
    assert!(inbox.body.contains("关于这一页：a") && !inbox.body.contains(r#"href="/me/mail""#));
    assert_eq!(clerk.get("/me/mail").await.status, 403);
    assert_eq!(clerk.post("/me/mail", &[("address", "clerk@example.cn")]).await.status, 403);
}

#[actix_web::test]
async fn one_digest_a_day_with_titles_and_links_and_nothing_that_people_wrote() {
    let (world, member) = emptied("member");
    let stub = StubTransport::new_ok();
    confirmed(&world, member, "li@example.cn");
    let mut written = notice(member, "written");
    written.body = "只给您一个人看的话".into();
    tell_at(&world, &[notice(member, "a"), written], at(0, 9, 0));
    assert_eq!(deliver(&world, &stub, at(0, 12, 0)), 1);
    let letter = letters(&stub).pop().unwrap();
    let expected = "您在微党校有 2 条没有读的通知：\n\n\
        1. 关于这一页：a\n   http://dx.example.gov.cn/lectures?topic=a\n\n\
        2. 关于这一页：written\n   有人写了几句话，登录后在收件箱里看。\n   http://dx.example.gov.cn/lectures?topic=written\n\n\
        收件箱：http://dx.example.gov.cn/me/inbox\n\
        不想再收，或者换个时间：http://dx.example.gov.cn/me/mail\n\n\
        这封邮件由系统自动发出，每天最多一封提醒，请不要回复。\n";
    assert_eq!(letter.text, expected);
    assert!(letter.head.is_ascii() && letter.head.contains("Subject: =?utf-8?b?"), "{}", letter.head);
    assert!(letter.head.contains(&format!("Date: {}", at(0, 12, 0).format("%a, %d %b %Y 04:00:00"))));
    // What comes later in the day waits for the next; what was told of is not told again.
    tell_at(&world, &[notice(member, "b")], at(0, 13, 0));
    for hour in [13, 18, 20] {
        assert_eq!(deliver(&world, &stub, at(0, hour, 0)), 0);
    }
    assert_eq!(deliver(&world, &stub, at(1, 9, 0)), 1);
    let letter = letters(&stub).pop().unwrap();
    assert!(letter.text.contains("1. 关于这一页：b\n") && !letter.text.contains("topic=a"));
    assert_eq!(deliver(&world, &stub, at(2, 9, 0)), 0, "nothing new");
    let sent = "SELECT COUNT(*) FROM mail_sendings WHERE kind = 'digest' AND problem = ''";
    assert_eq!(world.number(sent), 2);
    assert_eq!(world.number("SELECT SUM(notice_count) FROM mail_sendings"), 3);
    let page = with_mail(&world).signed_in("member").await.get("/me/mail").await.body;
    assert!(page.contains("提醒，2 条通知") && page.contains("已发出"));
}

#[actix_web::test]
async fn a_digest_has_twenty_lines_and_says_how_many_more_in_the_readers_language() {
    let (world, member) = emptied("member");
    let stub = StubTransport::new_ok();
    confirmed(&world, member, "li@example.cn");
    world.sql("UPDATE mail_addresses SET lang = 'en'");
    let many: Vec<_> = (0..23).map(|n| notice(member, &format!("n{n}"))).collect();
    tell_at(&world, &many, at(0, 9, 0));
    assert_eq!(deliver(&world, &stub, at(0, 12, 0)), 1);
    let letter = letters(&stub).pop().unwrap();
    assert!(letter.text.contains("20. About this page: n19\n") && !letter.text.contains("21. "));
    assert!(letter.text.contains("\nAnd 3 more.\n"), "{}", letter.text);
    assert!(letter.head.contains("Subject: Micro party school: unread notices: 23\r\n"), "{}", letter.head);
    assert_eq!(deliver(&world, &stub, at(1, 12, 0)), 0, "the three were told of");
    // A name with a line end makes no line of its own.
    let mut odd = notice(member, "odd");
    odd.title = msg!("关于这一页：{}", "a\r\n9. b");
    tell_at(&world, &[odd], at(1, 13, 0));
    assert_eq!(deliver(&world, &stub, at(2, 12, 0)), 1);
    assert!(letters(&stub).pop().unwrap().text.contains("1. About this page: a  9. b\n"));
}

#[actix_web::test]
async fn nothing_is_sent_in_quiet_hours_before_and_after_midnight() {
    let (world, member) = emptied("member");
    let stub = StubTransport::new_ok();
    confirmed(&world, member, "li@example.cn");
    tell_at(&world, &[notice(member, "a")], at(0, 12, 0));
    let is_sent = |quiet: (i32, i32), hour: i64, minute: i64| {
        world.sql(&format!(
            "UPDATE mail_addresses SET digest_on = NULL, quiet_from = {}, quiet_to = {}; UPDATE notices SET mailed_at = NULL",
            quiet.0, quiet.1
        ));
        deliver(&world, &stub, at(1, hour, minute)) == 1
    };
    for (hour, minute, sent) in [
        (0, 0, false),
        (7, 59, false),
        (8, 0, true),
        (12, 0, true),
        (20, 59, true),
        (21, 0, false),
        (23, 59, false),
    ] {
        assert_eq!(is_sent((21, 8), hour, minute), sent, "21 to 8, at {hour}:{minute}");
    }
    for (hour, sent) in [(0, true), (11, true), (12, false), (13, false), (14, true), (23, true)] {
        assert_eq!(is_sent((12, 14), hour, 0), sent, "12 to 14, at {hour}");
    }
    for (hour, sent) in [(22, true), (23, false), (0, true)] {
        assert_eq!(is_sent((23, 0), hour, 0), sent, "23 to midnight, at {hour}");
    }
    for hour in [0, 9, 23] {
        assert!(is_sent((9, 9), hour, 0), "none, at {hour}");
    }
}

#[actix_web::test]
async fn quiet_hours_and_the_switch_are_kept() {
    let (bare, member) = emptied("member");
    let world = with_mail(&bare);
    confirmed(&world, member, "li@example.cn");
    let browser = world.signed_in("member").await;
    let page = browser.get("/me/mail").await;
    assert!(
        page.body.contains(r#"<option value="21" selected>"#) && page.body.contains(r#"value="yes" checked"#)
    );
    let saved = browser.post("/me/mail/manner", &[("quiet_from", "22"), ("quiet_to", "6")]).await;
    assert_eq!(saved.location.as_deref(), Some("/me/mail?done=saved"));
    let row = "SELECT COUNT(*) FROM mail_addresses WHERE NOT is_on AND quiet_from = 22 AND quiet_to = 6";
    assert_eq!(world.number(row), 1);
    assert!(browser.get("/me/mail").await.body.contains("已确认，提醒关着"));
    let bad =
        browser.post("/me/mail/manner", &[("on", "yes"), ("quiet_from", "24"), ("quiet_to", "6")]).await;
    assert!(bad.status == 422 && bad.body.contains(r#"id="e-quiet_from""#));
    assert_eq!(world.number(row), 1);
}

#[actix_web::test]
async fn two_workers_at_once_send_one_digest() {
    let (world, member) = emptied("member");
    let others: Vec<_> = (1..=12).map(PersonId).collect();
    let stub = StubTransport::new_ok();
    confirmed(&world, member, "li@example.cn");
    tell_at(&world, &[notice(member, "a")], at(0, 9, 0));
    let mut people = 1;
    for person in others {
        let has_account =
            format!("SELECT COUNT(*) FROM accounts WHERE person_id = {person} AND closed_at IS NULL");
        if person != member && world.number(&has_account) == 1 {
            confirmed(&world, person, &format!("p{person}@example.cn"));
            tell_at(&world, &[notice(person, "a")], at(0, 9, 0));
            people += 1;
        }
    }
    let (gate, url, noon) = (Barrier::new(4), &world.url, at(0, 12, 0));
    let sent: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let (stub, gate) = (&stub, &gate);
                scope.spawn(move || {
                    // A process of its own has connections of its own.
                    let db = weixiao::db::Db::attach(url).unwrap();
                    gate.wait();
                    inbox::deliver(&db, &mailer(stub), noon).unwrap()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!((sent, letters(&stub).len()), (people, people));
    assert_eq!(world.number("SELECT COUNT(*) FROM mail_sendings"), people as i64);
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE mailed_at IS NULL"), 0);
}

#[actix_web::test]
async fn who_is_off_unconfirmed_gone_or_has_nothing_new_gets_nothing() {
    let (world, member) = emptied("member");
    let stub = StubTransport::new_ok();
    confirmed(&world, member, "li@example.cn");
    tell_at(&world, &[notice(member, "a")], at(0, 9, 0));
    let noon = at(0, 12, 0);
    let (week, longer) =
        (sql_time(noon - Duration::days(7) + Duration::minutes(1)), sql_time(noon - Duration::days(7)));
    for (change, back) in [
        ("UPDATE mail_addresses SET is_on = FALSE", "UPDATE mail_addresses SET is_on = TRUE"),
        (
            "UPDATE mail_addresses SET confirmed_at = NULL",
            "UPDATE mail_addresses SET confirmed_at = CURRENT_TIMESTAMP",
        ),
        (
            "UPDATE accounts SET closed_at = CURRENT_TIMESTAMP WHERE username = 'member'",
            "UPDATE accounts SET closed_at = NULL",
        ),
        ("UPDATE notices SET read_at = CURRENT_TIMESTAMP", "UPDATE notices SET read_at = NULL"),
        (&format!("UPDATE notices SET at = '{longer}'"), &format!("UPDATE notices SET at = '{week}'")),
    ] {
        world.sql(change);
        assert_eq!(deliver(&world, &stub, noon), 0, "{change}");
        world.sql(back);
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM mail_sendings"), 0);
    assert_eq!(deliver(&world, &stub, noon), 1, "and otherwise it is sent");
}

#[actix_web::test]
async fn a_server_that_takes_nothing_is_tried_five_times_ever_later_and_the_next_day() {
    let (world, member) = emptied("member");
    let (deaf, stub) = (StubTransport::new_error(), StubTransport::new_ok());
    confirmed(&world, member, "li@example.cn");
    tell_at(&world, &[notice(member, "a")], at(0, 8, 0));
    let mut tries = vec![];
    for minute in 0..660 {
        let before = deaf.messages().len();
        assert_eq!(deliver(&world, &deaf, at(0, 9, minute)), 0);
        if deaf.messages().len() > before {
            tries.push(minute);
        }
    }
    assert_eq!(tries, [0, 5, 20, 65, 200]);
    assert_eq!(world.number("SELECT COUNT(*) FROM notices WHERE mailed_at IS NOT NULL"), 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM mail_sendings WHERE problem <> ''"), 5);
    assert_eq!(deliver(&world, &stub, at(0, 20, 30)), 0, "that day is over");
    assert_eq!(deliver(&world, &stub, at(1, 8, 0)), 1);
    // After a failure that passes the letter goes out the same day, once.
    tell_at(&world, &[notice(member, "b")], at(1, 9, 0));
    assert_eq!(deliver(&world, &deaf, at(2, 9, 0)), 0);
    assert_eq!((deliver(&world, &stub, at(2, 9, 4)), deliver(&world, &stub, at(2, 9, 5))), (0, 1));
    assert_eq!(deliver(&world, &stub, at(2, 9, 6)), 0);
    assert_eq!(world.number("SELECT failures FROM mail_addresses"), 0);
}

#[actix_web::test]
async fn a_confirmation_that_could_not_be_sent_is_tried_again_and_then_waits_for_the_member() {
    let (bare, _) = emptied("member");
    let world = with_mail(&bare);
    let (deaf, stub) = (StubTransport::new_error(), StubTransport::new_ok());
    let browser = world.signed_in("member").await;
    browser.post("/me/mail", &[("address", "li@example.cn")]).await;
    let start = now();
    for minute in 0..400 {
        deliver(&world, &deaf, start + Duration::minutes(minute));
    }
    assert_eq!(deaf.messages().len(), 5);
    let page = browser.get("/me/mail").await.body;
    assert!(
        page.contains("确认邮件没有发出，原因在下面") && page.contains("暂时没有接收：stub error"),
        "{page}"
    );
    // What reached nobody does not count.
    browser.post("/me/mail/again", &[]).await;
    assert_eq!(deliver(&world, &stub, now()), 1);
    let codes: Vec<_> = letters(&deaf).iter().map(code_in).collect();
    for code in codes {
        assert_eq!(browser.post("/me/mail/confirm", &[("code", &code)]).await.status, 422);
    }
    let code = code_in(&letters(&stub)[0]);
    assert_eq!(browser.post("/me/mail/confirm", &[("code", &code)]).await.status, 303);
}

#[test]
fn settings_of_the_mail_server_are_understood_or_refused_in_a_sentence_without_secrets() {
    let mut config = crate::world::config("sqlite:x");
    config.public_url = Some(SITE.into());
    let mut of = |url: &str, from: &str| {
        config.smtp = Some(Smtp { url: url.into(), from: from.into(), authorities: None });
        Mailer::of(&config).map(|mailer| mailer.is_some()).map_err(|problem| problem.to_string())
    };
    for url in [
        "smtp://127.0.0.1:2525",
        "smtps://u:p@mail.example.gov.cn",
        "smtp://u%40x:p%3F@mail.example.gov.cn:587?tls=required",
        "smtp://[::1]:25/portal.example",
    ] {
        assert_eq!(of(url, "微党校 <weixiao@dx.example.gov.cn>"), Ok(true), "{url}");
        assert_eq!(of(url, "weixiao@dx.example.gov.cn"), Ok(true));
    }
    for url in [
        "http://u:secret@h",
        "smtp://u:secret@h?tls=maybe",
        "u:secret@h",
        "smtps://",
        "smtps://u:secret%zz@h",
    ] {
        let problem = of(url, "weixiao@dx.example.gov.cn").unwrap_err();
        assert!(problem.contains("WEIXIAO_SMTP_URL") && !problem.contains("secret"), "{url}: {problem}");
    }
    for from in ["", "weixiao"] {
        assert!(of("smtp://h", from).unwrap_err().contains("WEIXIAO_SMTP_FROM"));
    }
    assert!(of("smtp://h", "a@b.cn\r\nBcc: c@d.cn").is_err());
}
