//! Bad input: a clear answer in the reader's language, nothing changed, nothing falls over.
use crate::access::sample;
use crate::world::World;
use actix_web::http::Method;
use weixiao::access::{Access, Role};
use weixiao::app::routes;
use weixiao::demo::PASSWORD;

/// The same on every page with an id: not a number, not ours, not possible.
#[actix_web::test]
async fn ids_that_cannot_be_are_not_found() {
    let world = World::new();
    let admin = world.signed_in("admin").await;
    let mut tried = 0;
    for route in routes().iter().filter(|route| route.path.contains('{')) {
        let parameter = &route.path[route.path.find('{').unwrap()..=route.path.find('}').unwrap()];
        // Names, not numbers; the page of a record that is not there says how numbers look.
        if ["{slug}", "{code}"].contains(&parameter) {
            continue;
        }
        for id in [
            "-1",
            "0",
            "99999999",
            "9223372036854775807",
            "99999999999999999999",
            "abc",
            "1%00",
            "%FF%FE",
            "1;DROP",
            "%2e%2e",
            "1e3",
        ] {
            let path = sample(&route.path.replacen(parameter, id, 1));
            let answer = admin
                .send(
                    route.method.clone(),
                    &path,
                    Some("text=x&key=00000000000000000000000000000000&answer=x".into()),
                    &[],
                )
                .await;
            let is_desk =
                matches!(route.access, Access::May(duty) if !Role::Admin.permissions().contains(&duty));
            // Partly a desk, partly what visitors see; the desk of contests is found through a duty in one.
            let is_both =
                ["/judge", "/score", "/ratings", "/broadcast", "/organize/contests", "/organize/honours"]
                    .iter()
                    .any(|desk| route.path.starts_with(desk));
            let expected: &[u16] = match (is_both, is_desk) {
                (true, _) => &[403, 404, 400],
                (false, true) => &[403],
                (false, false) => &[404, 400],
            };
            assert!(expected.contains(&answer.status.as_u16()), "{} {path}: {}", route.method, answer.status);
            // A program is told in a line, a person on a page.
            let is_program = route.path.starts_with("/uploads");
            assert!(is_program || answer.body.contains("报错编号"), "{path}");
            tried += 1;
        }
    }
    assert!(tried > 100);
}

#[actix_web::test]
async fn pages_past_the_end_are_not_found_and_odd_ones_are_the_first() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    for list in [
        "/lectures",
        "/instructors",
        "/schools",
        "/stories",
        "/people",
        "/admin/audit",
        "/admin/feedback",
        "/account",
    ] {
        assert_eq!(browser.get(&format!("{list}?page=900000")).await.status, 404, "{list}");
        for odd in ["0", "-1", "x", "1.5", "99999999999999999999", "", "%00"] {
            assert_eq!(browser.get(&format!("{list}?page={odd}")).await.status, 200, "{list}?page={odd}");
        }
    }
    assert_eq!(browser.get("/alliances/1?page=900").await.status, 404);
}

#[actix_web::test]
async fn long_and_broken_queries_do_no_harm() {
    let world = World::new();
    let browser = world.signed_in("admin").await;
    let long = "长".repeat(3_400);
    let escaped = crate::world::escape(&long);
    for path in [
        format!("/lectures?topic={escaped}"),
        format!("/people?name={escaped}"),
        format!("/admin/audit?actor={escaped}"),
        format!("/sign-in?next=/{escaped}"),
        format!("/feedback?about=/{escaped}"),
        "/lectures?topic=%00%FF%FE&length=%C3%28".into(),
        "/people?name=%00".into(),
        "/people?name=%FF".into(),
        "/admin/audit?request=%00&actor=%00".into(),
        "/bases?topic=%00".into(),
        "/?done=%00".into(),
        "/lectures?unknown=1&another[]=2".into(),
    ] {
        let answer = browser.get(&path).await;
        assert!(
            [200, 303].contains(&answer.status.as_u16()),
            "{}: {}",
            &path[..30.min(path.len())],
            answer.status
        );
    }
    let twice = browser.get("/lectures?topic=rescue&topic=rural").await;
    assert_eq!(twice.status, 400);
    assert!(twice.body.contains("这个请求读不懂"));
}

#[actix_web::test]
async fn a_form_from_another_site_changes_nothing() {
    let world = World::new();
    let mut browser = world.signed_in("member").await;
    let key = browser.get("/lectures/1").await.key();
    let form = format!("text=x&key={key}");
    let before = world.number("SELECT COUNT(*) FROM questions");
    for headers in [
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://example.org"), ("host", "localhost")],
        vec![("origin", "null"), ("host", "localhost")],
        vec![("origin", "http://localhost.example.org"), ("host", "localhost")],
        // no sign at all of where it comes from, but with a cookie
        vec![],
    ] {
        browser.headers.clear();
        let answer = browser.send(Method::POST, "/lectures/1/questions", Some(form.clone()), &headers).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(answer.body.contains("不是从本站发来的"), "{headers:?}");
    }
    assert_eq!(world.number("SELECT COUNT(*) FROM questions"), before);
    let own = browser
        .send(
            Method::POST,
            "/lectures/1/questions",
            Some(form),
            &[("origin", "http://localhost"), ("host", "localhost")],
        )
        .await;
    assert_eq!(own.status, 303, "an older browser's own form is taken");
    assert_eq!(world.number("SELECT COUNT(*) FROM questions"), before + 1);
}

#[actix_web::test]
async fn nothing_is_changed_by_looking() {
    let world = World::new();
    let mut wrong = vec![];
    for route in routes().iter().filter(|route| route.method == Method::POST) {
        let who = match route.path {
            // Whoever organizes sees the booklets and the questions of all.
            path if path.starts_with("/studio/b") => "organizer",
            path if path.starts_with("/studio") => "instructor",
            path if path.starts_with("/review") => "reviewer1",
            path if path.starts_with("/organize") => "organizer",
            path if path.starts_with("/branch") => "secretary",
            path if path.starts_with("/viewings") => "secretary",
            path if path.starts_with("/judge") => "judge1",
            path if path.starts_with("/score") => "scorer",
            path if path.starts_with("/ratings") => "checker",
            path if path.starts_with("/broadcast") => "organizer",
            path if path.starts_with("/events") || path.starts_with("/cases") => "organizer",
            path if path.starts_with("/plans") || path.starts_with("/audiences") => "organizer",
            path if path.starts_with("/schools") || path.starts_with("/alliances") => "organizer",
            path if path.starts_with("/visits") || path.starts_with("/exemptions") => "secretary",
            path if path.starts_with("/coverage") => "secretary",
            _ => "admin",
        };
        let answer = world.signed_in(who).await.get(&sample(route.path)).await;
        // A city that is set up has no first-run page any more.
        // There is no upload yet, and the first member is not on the list of the first event.
        // The town's booklets have no drafts before somebody begins.
        // There are no cases, attempts and viewings yet, and the records are somebody else's.
        let is_theirs = [
            "/cases/",
            "/me/cases/",
            "/attempts/",
            "/me/records/",
            "/enrolments/",
            "/viewings/{",
            "/events/{event}/roll/",
            "/me/inbox/",
            "/contests/{slug}/",
            "/judge/",
            "/score/",
            "/organize/contests/",
            "/organize/honours/",
            "/organize/rankings/",
            "/broadcast/plans/",
            "/broadcast/screenings/",
            "/broadcast/schools/",
            "/ratings/flags/",
            "/ratings/exclusions/",
            "/ratings/unmask/",
            "/branch/entries/",
            // What is to be changed is named behind the address.
            "/roster/{",
            "/organizations/{",
            "/imports/{",
            "/copies/{",
            "/guidance/",
            "/branch/findings/",
            "/audiences/{",
            "/plans/{",
            "/exemptions/{",
            "/coverage/errands/",
            "/visits/{",
            "/makeup/",
            "/events/{event}/sheet/",
        ];
        let is_drawn = !is_theirs.iter().any(|start| route.path.starts_with(start))
            && !route.path.starts_with("/studio/booklets/{booklet}/")
            && route.path != "/review/booklets/{booklet}";
        let has_page = is_drawn
            && !["/setup", "/uploads/{id}", "/events/{event}/roll/{person}"].contains(&route.path)
            && routes()
                .iter()
                .any(|page| page.method == Method::GET && sample(page.path) == sample(route.path))
            || route.path == "/admin/settings/logo";
        if [403, 404, 409].contains(&answer.status.as_u16()) == has_page {
            wrong.push(format!("GET {}: {}", route.path, answer.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[actix_web::test]
async fn the_host_header_makes_no_addresses() {
    let world = World::new();
    let visitor = world.visitor();
    for path in ["/", "/account", "/lectures/1", "/nothing"] {
        let answer = visitor
            .send(
                Method::GET,
                path,
                None,
                &[("host", "evil.example.org"), ("x-forwarded-host", "evil.example.org")],
            )
            .await;
        assert!(!answer.body.contains("evil.example.org"), "{path}");
        assert!(answer.location.is_none_or(|to| to.starts_with('/')), "{path}");
    }
}

#[actix_web::test]
async fn too_large_a_form_is_refused_whole() {
    let world = World::new();
    let member = world.signed_in("member").await;
    let large = format!("text={}", "x".repeat(70_000));
    for browser in [&member, &world.visitor()] {
        let answer = browser.send(Method::POST, "/lectures/1/questions", Some(large.clone()), &[]).await;
        assert_eq!(answer.status, 413);
        assert!(answer.body.contains("发送的内容太大"));
    }
}

#[actix_web::test]
async fn very_long_names_and_passwords_are_not_hashed() {
    let world = World::new();
    let long = "x".repeat(5_000);
    for (name, password) in
        [(long.as_str(), PASSWORD), ("member", long.as_str()), ("", ""), ("a\0b", PASSWORD)]
    {
        let answer = world.visitor().post("/sign-in", &[("name", name), ("password", password)]).await;
        assert_eq!(answer.status, 422, "{}", &name[..5.min(name.len())]);
    }
}

#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::new();
    let visitor = world.visitor();
    for path in
        ["/", "/nothing", "/account", "/lectures/1", "/lectures/1/video.mp4", "/lectures?topic=a&topic=b"]
    {
        let answer = visitor.get(path).await;
        let policy = &answer.headers["content-security-policy"];
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}");
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
    }
    let browser = world.visitor();
    let answer = browser.post("/sign-in", &[("name", "member"), ("password", PASSWORD)]).await;
    let cookie = &answer.headers["set-cookie"];
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/"),
        "{cookie}"
    );
}

#[actix_web::test]
async fn an_error_speaks_the_readers_language() {
    let world = World::new();
    let browser = world.visitor();
    browser.cookies.borrow_mut().insert("lang".into(), "en".into());
    let answer = browser.get("/nothing").await;
    assert!(
        answer.body.contains("<html lang=\"en\"") && !answer.body.contains("没有找到"),
        "{}",
        answer.body
    );
}

#[actix_web::test]
async fn static_files_are_kept_for_a_year_under_names_of_their_content() {
    let world = World::new();
    let visitor = world.visitor();
    let mut count = 0;
    for (name, asset) in weixiao::assets::all() {
        let plain = visitor.get(&asset.url).await;
        assert_eq!((plain.status.as_u16(), plain.bytes), (200, asset.plain.len()), "{name}");
        assert!(plain.headers["cache-control"].contains("immutable"), "{name}");
        let packed = visitor.send(Method::GET, &asset.url, None, &[("accept-encoding", "gzip, br")]).await;
        assert_eq!(
            (packed.headers["content-encoding"].as_str(), packed.bytes),
            // Pictures are packed already.
            asset.gzipped.as_ref().map_or(("identity", asset.plain.len()), |gzipped| ("gzip", gzipped.len())),
            "{name}"
        );
        count += 1;
    }
    assert!(count > 15);
    assert_eq!(visitor.get("/static/portal-000000000000.css").await.status, 404);
    assert_eq!(visitor.get("/static/../Cargo.toml").await.status, 404);
}
