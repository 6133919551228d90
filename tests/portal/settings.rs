//! The first-run page, settings with days and two persons, logo, privacy notice, consent.
use crate::world::{World, empty_database};
use actix_web::http::Method;
use chrono::Duration;
use weixiao::clock;
use weixiao::site;

/// What the first-run page is sent.
fn setup<'a>(code: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("code", code),
        ("city", "青川市"),
        ("help_phone", "0839-000-0000"),
        ("filing_number", "蜀ICP备00000001号"),
        ("name", "江正清"),
        ("username", "jiang"),
        ("password", "a-good-password"),
        ("again", "a-good-password"),
    ];
    for (name, value) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    fields
}

#[actix_web::test]
async fn an_empty_installation_is_led_to_its_first_administrator() {
    let world = World::at(empty_database());
    let code = world.db.write_now(site::new_setup_code).unwrap().unwrap();
    let visitor = world.visitor();
    assert_eq!(visitor.get("/").await.location.as_deref(), Some("/setup"));
    assert_eq!(visitor.get("/setup").await.status, 200);
    for (more, problem) in [
        (vec![("code", "AAAA-AAAA")], "安装码不对"),
        (vec![("city", "")], "请填写"),
        (vec![("again", "another")], "两次填写的密码不一样"),
        (vec![("password", "12345678"), ("again", "12345678")], "太容易"),
        (vec![("username", "江 正清")], "只用字母"),
        (vec![("organizer", &*"长".repeat(81))], "不超过 80 字"),
    ] {
        let answer = visitor.post("/setup", &setup(&code, &more)).await;
        assert_eq!(answer.status, 422, "{more:?}");
        assert!(answer.body.contains(problem), "{problem}: {}", answer.body);
        assert!(answer.body.contains("0839-000-0000"), "what was typed is kept");
        assert!(!answer.body.contains("a-good-password"), "but no password");
        assert_eq!(world.number("SELECT COUNT(*) FROM accounts"), 0);
        assert_eq!(world.number("SELECT COUNT(*) FROM persons"), 0);
    }
    let typed = code.to_lowercase().replace('-', " ");
    let done = visitor.post("/setup", &setup(&typed, &[])).await;
    assert_eq!(done.location.as_deref(), Some("/sign-in?done=set-up"), "{}", done.body);
    // Once, for everybody, at once.
    assert_eq!(visitor.get("/setup").await.status, 404);
    assert_eq!(visitor.post("/setup", &setup(&typed, &[])).await.status, 404);
    assert!(world.db.write_now(site::new_setup_code).unwrap().is_none());
    // The code is used up: it opens nothing if some day there is no administrator.
    world.sql("UPDATE grants SET ended_at = '2099-01-01 00:00:00'");
    assert_eq!(visitor.post("/setup", &setup(&typed, &[("username", "second")])).await.status, 422);
    world.sql("UPDATE grants SET ended_at = NULL");
    let home = visitor.get("/").await;
    assert!(home.status == 200 && home.body.contains("青川市") && home.body.contains("蜀ICP备00000001号"));
    let asked = visitor.post("/sign-in", &[("name", "jiang"), ("password", "a-good-password")]).await;
    crate::factor::set_up(&visitor, &asked).await;
    let admin = visitor.get("/admin/settings").await;
    assert!(admin.status == 200 && admin.body.contains("还空着"));
}

#[actix_web::test]
async fn guessing_the_set_up_code_is_slowed_down() {
    let world = World::at(empty_database());
    world.db.write_now(site::new_setup_code).unwrap().unwrap();
    let visitor = world.visitor();
    let mut slowed = false;
    for _ in 0..12 {
        slowed |= visitor.post("/setup", &setup("AAAA-AAAA", &[])).await.status == 429;
    }
    assert!(slowed);
}

#[actix_web::test]
async fn a_setting_holds_from_its_day_and_is_seen_at_once() {
    let world = World::new();
    let (admin, visitor) = (world.signed_in("admin").await, world.visitor());
    assert!(!visitor.get("/about").await.body.contains("028-1234-5678"));
    let saved = admin.post("/admin/settings/help_phone", &[("value", "028-1234-5678")]).await;
    assert_eq!(saved.location.as_deref(), Some("/admin/settings?done=setting"));
    assert!(visitor.get("/about").await.body.contains("028-1234-5678"), "on a page that was kept");
    // One for next month waits for its day.
    let today = clock::day(clock::now());
    let later = (today + Duration::days(30)).to_string();
    admin.post("/admin/settings/help_phone", &[("value", "028-8765-4321"), ("valid_from", &later)]).await;
    assert!(visitor.get("/about").await.body.contains("028-1234-5678"));
    let then = world.db.read_now(|conn| site::Site::load(conn, today + Duration::days(30))).unwrap();
    assert_eq!(then.help_phone, "028-8765-4321");
    let before = world.db.read_now(|conn| site::Site::load(conn, today + Duration::days(29))).unwrap();
    assert_eq!(before.help_phone, "028-1234-5678");
    let history = admin.get("/admin/settings/help_phone").await;
    assert!(history.body.contains("028-8765-4321") && history.body.contains("028-0000-0000"));
    for (value, day, problem) in
        [("1", "2020-01-01", "一年以内"), ("1", "soon", "日期请写成"), (&*"1".repeat(81), "", "不超过 80 字")]
    {
        let refused =
            admin.post("/admin/settings/help_phone", &[("value", value), ("valid_from", day)]).await;
        assert!(refused.status == 422 && refused.body.contains(problem), "{problem}");
        assert!(refused.body.contains(&format!("value=\"{value}\"")), "what was typed is kept");
    }
    assert_eq!(admin.post("/admin/settings/no-such", &[("value", "1")]).await.status, 404);
    assert_eq!(admin.get("/admin/settings/is_demo").await.status, 404, "not for people to set");
}

#[actix_web::test]
async fn what_touches_peoples_rights_takes_two() {
    let world = World::new();
    let (admin, checker, visitor) =
        (world.signed_in("admin").await, world.signed_in("checker").await, world.visitor());
    assert_eq!(visitor.get("/privacy").await.status, 404);
    let proposed =
        admin.post("/admin/settings/privacy_notice", &[("value", "## 收集什么\n\n只收集**必要**的。")]).await;
    assert_eq!(proposed.location.as_deref(), Some("/admin/settings?done=setting-proposed"));
    assert_eq!(visitor.get("/privacy").await.status, 404, "nobody has approved it");
    let id = world.number("SELECT MAX(id) FROM setting_changes");
    // Whoever proposed does not approve; a second proposal waits for the first.
    let own = admin.post(&format!("/admin/settings/changes/{id}/approved"), &[]).await;
    assert!(own.status == 409 && own.body.contains("另一个人"));
    let second = admin.post("/admin/settings/privacy_notice", &[("value", "另一稿")]).await;
    assert_eq!(second.status, 409);
    assert_eq!(checker.post("/admin/settings/privacy_notice", &[("value", "x")]).await.status, 403);
    assert_eq!(checker.post(&format!("/admin/settings/changes/{id}/withdrawn"), &[]).await.status, 409);
    let member = world.signed_in("member").await;
    assert_eq!(member.post(&format!("/admin/settings/changes/{id}/approved"), &[]).await.status, 403);
    assert!(checker.get("/admin/settings").await.body.contains("只收集"));
    let approved = checker.post(&format!("/admin/settings/changes/{id}/approved"), &[]).await;
    assert_eq!(approved.status, 303);
    let notice = visitor.get("/privacy").await;
    assert!(notice.body.contains("<h2>收集什么</h2>") && notice.body.contains("<strong>必要</strong>"));
    assert!(visitor.get("/about").await.body.contains("href=\"/privacy\""));
    // Decided once; its words stay as they were.
    assert_eq!(checker.post(&format!("/admin/settings/changes/{id}/refused"), &[]).await.status, 409);
    assert_eq!(world.number("SELECT COUNT(*) FROM setting_changes WHERE name = 'privacy_notice'"), 1);
    // However long it was, it can be read today.
    let long = format!("{}结尾", "长文".repeat(500));
    admin.post("/admin/settings/privacy_notice", &[("value", &long)]).await;
    assert!(admin.get("/admin/settings/privacy_notice").await.body.contains("长文结尾"));
    let id = world.number("SELECT MAX(id) FROM setting_changes");
    assert_eq!(checker.post(&format!("/admin/settings/changes/{id}/refused"), &[]).await.status, 303);
    admin.post("/admin/settings/privacy_notice", &[("value", "第二稿")]).await;
    let id = world.number("SELECT MAX(id) FROM setting_changes");
    assert_eq!(admin.post(&format!("/admin/settings/changes/{id}/withdrawn"), &[]).await.status, 303);
    assert!(visitor.get("/privacy").await.body.contains("收集什么"));
    for action in ["setting_proposed", "setting_approved", "setting_withdrawn"] {
        assert!(world.number(&format!("SELECT COUNT(*) FROM audit_entries WHERE action = '{action}'")) > 0);
    }
}

/// A form with a file, as a browser sends it.
fn with_file(file: &[u8], more: &[(&str, &str)]) -> Vec<u8> {
    let mut body = b"--frontier\r\nContent-Disposition: form-data; name=\"file\"; filename=\"logo.png\"\r\nContent-Type: image/png\r\n\r\n".to_vec();
    body.extend_from_slice(file);
    for (name, value) in more {
        body.extend_from_slice(
            format!("\r\n--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
                .as_bytes(),
        );
    }
    body.extend_from_slice(b"\r\n--frontier--\r\n");
    body
}

#[actix_web::test]
async fn a_logo_is_a_picture_and_nothing_else() {
    let world = World::new();
    let (admin, visitor) = (world.signed_in("admin").await, world.visitor());
    let png = b"\x89PNG\r\n\x1A\nnot much of a picture".to_vec();
    let mut large = png.clone();
    large.resize(site::LARGEST_LOGO + 1, 7);
    for (file, problem) in [
        (b"<svg xmlns='x' onload='alert(1)'>".to_vec(), "不是 PNG"),
        (vec![], "请选一个图片文件"),
        (large, "图片超过 128 KB"),
    ] {
        let refused = admin.send_bytes("/admin/settings/logo", with_file(&file, &[("valid_from", "")])).await;
        assert!(refused.status == 422 && refused.body.contains(problem), "{problem}: {}", refused.body);
    }
    let huge = vec![0; 400 * 1024];
    assert_eq!(admin.send_bytes("/admin/settings/logo", with_file(&huge, &[])).await.status, 413);
    assert_eq!(world.number("SELECT COUNT(*) FROM setting_changes WHERE name = 'logo'"), 0);
    let taken = admin.send_bytes("/admin/settings/logo", with_file(&png, &[("valid_from", "")])).await;
    assert_eq!(taken.status, 303, "{}", taken.body);
    let home = visitor.get("/about").await;
    let address = format!("/logo/{}", home.between("src=\"/logo/", "\""));
    let logo = visitor.get(&address).await;
    assert_eq!((logo.headers["content-type"].as_str(), logo.bytes), ("image/png", png.len()));
    assert!(logo.headers["cache-control"].contains("immutable"));
    assert_eq!(visitor.get("/logo/0000000000000000").await.status, 404);
    let removed = admin.send_bytes("/admin/settings/logo", with_file(b"", &[("remove", "yes")])).await;
    assert_eq!(removed.status, 303);
    assert!(!visitor.get("/about").await.body.contains("/logo/"));
}

#[actix_web::test]
async fn an_account_begins_with_consent_where_a_text_is_set() {
    let world = World::new();
    world.db.write_now(|conn| site::put(conn, "consent_text", "同意用于学习记录。", clock::now())).unwrap();
    let change = world.number("SELECT MAX(id) FROM setting_changes").to_string();
    let secretary = world.signed_in("secretary").await;
    let slip = secretary.post("/people/2/code", &[]).await;
    let code = slip.between("slip__code\">", "<").to_owned();
    let name = slip.between("<dt>账号</dt><dd>", "<").to_owned();
    let visitor = world.visitor();
    assert!(visitor.get("/activate").await.body.contains("同意用于学习记录"));
    let fields = |consent: &str| {
        vec![
            ("name", name.clone()),
            ("code", code.clone()),
            ("password", "a-good-password".to_owned()),
            ("again", "a-good-password".to_owned()),
            ("consent", consent.to_owned()),
        ]
    };
    for wrong in ["", "999999"] {
        let sent = fields(wrong);
        let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let refused = visitor.post("/activate", &sent).await;
        assert!(refused.status == 422 && refused.body.contains("请读一读同意书"), "{}", refused.body);
    }
    let sent = fields(&change);
    let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(visitor.post("/activate", &sent).await.status, 303);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'consent_given' AND subject_id = {change}"
        )),
        1
    );
    assert!(!visitor.get("/account").await.body.contains("有新的内容"));
    // A member from before is asked on the own page; only the text that was shown can be agreed to.
    let member = world.signed_in("member").await;
    assert!(member.get("/account").await.body.contains("有新的内容"));
    member.post("/account/consent", &[("consent", "1")]).await;
    assert!(member.get("/account").await.body.contains("有新的内容"));
    member.post("/account/consent", &[("consent", &change)]).await;
    assert!(!member.get("/account").await.body.contains("有新的内容"));
    assert_eq!(member.send(Method::GET, "/account/consent", None, &[]).await.status, 404);
}
