//! Every door, tried by every kind of caller. What opens to whom is written out in `access.txt`, so that a change of who
//! may do what is a changed line in review. `UPDATE_MATRIX=1 cargo test` writes it anew.
use crate::world::{Answer, World};
use actix_web::http::Method;
use calamine::{Reader, Xlsx};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::Cursor;
use weixiao::access::Access;
use weixiao::app::routes;
use weixiao::clock;

/// One account a role, and a member without any.
const CALLERS: &[&str] = &[
    "visitor",
    "member",
    "instructor",
    "reviewer1",
    "judge1",
    "organizer",
    "checker",
    "scorer",
    "supervisor",
    "secretary",
    "committee",
    "clerk",
    "town",
    "alliance",
    "guide",
    "auditor",
    "admin",
];

/// Records that exist, for the parameters of paths.
pub fn sample(path: &str) -> String {
    let slug = match path {
        path if path.starts_with("/bases") => "guanqu-yingxiang",
        path if path.starts_with("/courses") => "huiyi-jilu",
        path if path.starts_with("/stories") => "no-such-story",
        path if path.starts_with("/contests") => "no-such-contest",
        _ => "fifty-questions",
    };
    let course = match path {
        path if path.starts_with("/review") => "9",
        path if path.contains("{course}/add") || path.contains("{course}/items") => "10",
        _ => "1",
    };
    let known = [
        ("{slug}", slug),
        ("{sig}", "2"),
        ("{folder}", "3"),
        ("{file}", "4"),
        ("{digest}", "0123456789abcdef"),
        ("{setting}", "help_phone"),
        ("{verdict}", "approved"),
        ("{role}", "member"),
        ("{name}", "picture.png"),
        ("{code}", "NOSUCHCODE"),
        ("{feed}", "1-00.ics"),
        // The course that waits for its review; the draft, where steps may be changed, and its step.
        ("{course}", course),
        ("{item}", "31"),
    ];
    let mut filled = path.to_owned();
    for (name, value) in known {
        filled = filled.replace(name, value);
    }
    // All others are numbers.
    while let (Some(start), Some(end)) = (filled.find('{'), filled.find('}')) {
        filled.replace_range(start..=end, "1");
    }
    filled
}

#[actix_web::test]
async fn every_door_opens_to_those_it_is_for() {
    let world = World::new();
    let mut browsers = vec![];
    for caller in CALLERS {
        browsers.push(if *caller == "visitor" { world.visitor() } else { world.signed_in(caller).await });
    }
    let mut matrix = String::from(
        "# Who may open what. Written by tests/portal/access.rs; UPDATE_MATRIX=1 writes it anew.\n",
    );
    for route in routes() {
        let path = sample(route.path);
        let (mut open, mut shut, mut asked) = (vec![], vec![], vec![]);
        for (place, caller) in CALLERS.iter().enumerate() {
            let browser = &browsers[place];
            let answer = match route.method {
                Method::GET => browser.get(&path).await,
                Method::POST => browser.post(&path, &[]).await,
                ref other => browser.send(other.clone(), &path, None, &[]).await,
            };
            assert!(!answer.status.is_server_error(), "{caller} {} {path}: {}", route.method, answer.status);
            let at_sign_in = answer.location.as_deref().is_some_and(|to| to.starts_with("/sign-in?"));
            match answer.status.as_u16() {
                401 => asked.push(*caller),
                303 if at_sign_in => asked.push(*caller),
                403 => shut.push(*caller),
                _ => open.push(*caller),
            }
            // Some actions end the session or change who is looking.
            if route.method == Method::POST
                && (path.contains("sign-out") || path.contains("acting") || path.contains("devices"))
                && *caller != "visitor"
            {
                browsers[place] = world.signed_in(caller).await;
            }
        }
        let list = |names: &[&str]| {
            if names.len() == CALLERS.len() { "everybody".to_owned() } else { names.join(" ") }
        };
        write!(matrix, "{} {}", route.method, route.path).unwrap();
        for (word, names) in [("open", &open), ("shut", &shut), ("sign-in", &asked)] {
            if !names.is_empty() {
                write!(matrix, "\n    {word}: {}", list(names)).unwrap();
            }
        }
        matrix.push('\n');
        // What the door says and what happened agree.
        match route.access {
            Access::Anyone => assert_eq!(open.len(), CALLERS.len(), "{} {path}", route.method),
            Access::SignedIn | Access::Oneself => assert_eq!(
                (asked.as_slice(), shut.len()),
                (["visitor"].as_slice(), 0),
                "{} {path}",
                route.method
            ),
            Access::May(_) => {
                assert!(asked == ["visitor"] && shut.contains(&"member"), "{} {path}", route.method)
            }
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/portal/access.txt");
    if std::env::var("UPDATE_MATRIX").is_ok() {
        std::fs::write(file, &matrix).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), matrix, "who may do what has changed");
}

/// Routes whose record belongs to somebody: the account that may, a record within its scope, and one outside.
const SCOPED: &[(&str, &str, &str, &str, &str)] = &[
    // method, route, account, own, somebody else's
    ("GET", "/people/{person}", "secretary", "/people/1", "/people/599"),
    ("POST", "/people/{person}/code", "secretary", "/people/2/code", "/people/599/code"),
    ("POST", "/people/{person}/acting", "secretary", "/people/1/acting", "/people/599/acting"),
    ("POST", "/questions/{question}/answer", "instructor", "", ""),
    ("POST", "/admin/feedback/{id}/handled", "admin", "", ""),
    ("GET", "/admin/settings/{setting}", "admin", "", ""),
    ("POST", "/admin/settings/{setting}", "admin", "", ""),
    ("POST", "/admin/settings/changes/{change}/{verdict}", "admin", "", ""),
    ("POST", "/admin/calendar/{calendar}/{verdict}", "admin", "", ""),
    // Rankings are the city's: a role for a part of it does not open them, see tests/portal/rankings.rs.
    ("GET", "/organize/rankings/{snapshot}", "checker", "", ""),
    ("POST", "/organize/rankings/{snapshot}/check", "checker", "", ""),
    ("POST", "/organize/rankings/{snapshot}/publish", "organizer", "", ""),
    ("POST", "/organize/rankings/{snapshot}/finish", "organizer", "", ""),
    ("POST", "/organize/rankings/{snapshot}/withdraw", "organizer", "", ""),
    ("POST", "/organize/rankings/of/{ranking}/compute", "organizer", "", ""),
    ("POST", "/organize/rankings/of/{ranking}/redact", "organizer", "", ""),
    // Whose an import is is in tests/portal/imports.rs.
    ("GET", "/imports/template/{file}", "committee", "", ""),
    ("GET", "/imports/{import}", "committee", "", ""),
    ("POST", "/imports/{import}/mapping", "committee", "", ""),
    ("POST", "/imports/{import}/choices", "committee", "", ""),
    ("POST", "/imports/{import}/apply", "committee", "", ""),
    ("POST", "/imports/{import}/undo", "committee", "", ""),
    ("GET", "/imports/{import}/remarks.xlsx", "committee", "", ""),
    // Whose a case is to decide is in tests/portal/cases.rs.
    ("GET", "/cases/{case}", "committee", "", ""),
    ("POST", "/cases/{case}", "committee", "", ""),
    // Lecture 9999 is nobody's of the accounts; the walk of the desks is in tests/portal/studio.rs.
    ("GET", "/studio/lectures/{lecture}", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/progress", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/captions", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/captions.vtt", "instructor", "", ""),
    ("GET", "/studio/lectures/{lecture}/captions.srt", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/submit", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/take-back", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/withdraw", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/reopen", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/uploads", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/file", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/recordings/{recording}/cancel", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/recordings/{recording}/retry", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/poster", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/attach", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/captions", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/captions/file", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/captions/copy", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/chapters", "instructor", "", ""),
    // The booklets of the town are nobody's who writes: the walk of the desk is in tests/portal/manuscripts.rs.
    ("GET", "/studio/booklets/{booklet}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/preview", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/begin", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/submit", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/take-back", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/withdraw", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/reopen", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/archive", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/copy", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/chapters/{draft}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/auto", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/preview", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/move", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/delete", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/revive", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/chapters/{draft}/saves", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/chapters/{draft}/saves/{save}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/chapters/{draft}/saves/{save}", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/files", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/files/{attachment}/remove", "instructor", "", ""),
    ("GET", "/studio/booklets/{booklet}/import", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/import", "instructor", "", ""),
    ("POST", "/studio/booklets/{booklet}/import/apply", "instructor", "", ""),
    ("GET", "/review/booklets/{booklet}", "reviewer1", "", ""),
    ("POST", "/review/booklets/{booklet}", "reviewer1", "", ""),
    ("GET", "/review/{lecture}", "reviewer1", "", ""),
    ("POST", "/review/{lecture}", "reviewer1", "", ""),
    ("POST", "/review/{lecture}/withdraw", "reviewer1", "", ""),
    // The instructor made course 2, the organizer course 1; the walk of the desk is in tests/portal/organize.rs.
    ("GET", "/organize/courses/{course}", "instructor", "/organize/courses/2", "/organize/courses/1"),
    ("POST", "/organize/courses/{course}", "instructor", "", ""),
    (
        "GET",
        "/organize/courses/{course}/preview",
        "instructor",
        "/organize/courses/2/preview",
        "/organize/courses/1/preview",
    ),
    ("POST", "/organize/courses/{course}/prerequisites", "instructor", "", ""),
    (
        "POST",
        "/organize/courses/{course}/begin",
        "instructor",
        "/organize/courses/2/begin",
        "/organize/courses/1/begin",
    ),
    ("POST", "/organize/courses/{course}/drop", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/submit", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/take-back", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/withdraw", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/reopen", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/archive", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/duplicate", "instructor", "", ""),
    (
        "GET",
        "/organize/courses/{course}/sessions",
        "instructor",
        "/organize/courses/2/sessions",
        "/organize/courses/1/sessions",
    ),
    ("GET", "/organize/courses/{course}/sessions/new", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/sessions", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/sessions/{event}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/sessions/{event}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/sessions/{event}/cancel", "instructor", "", ""),
    ("GET", "/review/courses/{course}", "reviewer1", "/review/courses/9", "/review/courses/10"),
    ("POST", "/review/courses/{course}", "reviewer1", "", ""),
    ("GET", "/organize/courses/{course}/add/lectures", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/lectures", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/add/chapters", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/chapters", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/add/tests", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/tests", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/add/session", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/add/session", "instructor", "", ""),
    ("GET", "/organize/courses/{course}/items/{item}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}/up", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}/down", "instructor", "", ""),
    ("POST", "/organize/courses/{course}/items/{item}/remove", "instructor", "", ""),
    // whose lists are whose: tests/portal/enrolment_pages.rs
    ("GET", "/organize/offerings/{offering}", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/closing", "instructor", "", ""),
    ("GET", "/organize/offerings/{offering}/participants", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/participants", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/add", "instructor", "", ""),
    ("POST", "/organize/offerings/{offering}/export", "instructor", "", ""),
    // Banks of somebody else are walked in tests/portal/selftests.rs.
    ("GET", "/studio/banks/{bank}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/tests", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/tests/new", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/tests/{test}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/tests/{test}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/questions/new", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/questions/{bankquestion}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions/{bankquestion}", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions/{bankquestion}/retire", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/questions/{bankquestion}/restore", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/template.xlsx", "instructor", "", ""),
    ("GET", "/studio/banks/{bank}/import", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/import", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/import/apply", "instructor", "", ""),
    ("POST", "/studio/banks/{bank}/export", "instructor", "", ""),
    // Whose lectures, comments and flags these are is tried in tests/portal/ratings.rs.
    ("GET", "/studio/lectures/{lecture}/ratings", "instructor", "", ""),
    ("POST", "/studio/lectures/{lecture}/ratings/{comment}", "instructor", "", ""),
    ("POST", "/review/ratings/{comment}", "reviewer1", "", ""),
    ("POST", "/review/ratings/{comment}/reply", "reviewer1", "", ""),
    ("GET", "/ratings/flags/{flag}", "checker", "", ""),
    ("POST", "/ratings/flags/{flag}/dismiss", "checker", "", ""),
    ("POST", "/ratings/flags/{flag}/exclude", "checker", "", ""),
    ("POST", "/ratings/exclusions/{exclusion}", "checker", "", ""),
    ("POST", "/ratings/exclusions/{exclusion}/lift", "checker", "", ""),
    ("POST", "/ratings/liftings/{lifting}", "checker", "", ""),
    ("POST", "/ratings/unmask/{unmask}", "checker", "", ""),
    ("POST", "/ratings/unmask/{unmask}/open", "checker", "", ""),
    // Whose desk and list it is, is tried in tests/portal/copies.rs; what a file of it holds, below.
    ("GET", "/copies/{edition}", "secretary", "", ""),
    ("GET", "/copies/{edition}/missing", "secretary", "", ""),
    ("POST", "/copies/{edition}/export", "secretary", "", ""),
    ("POST", "/copies/{edition}/order", "organizer", "", ""),
    ("GET", "/copies/{edition}/{org}", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/issue", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}/issue", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/members", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}/members", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/members/{person}", "secretary", "", ""),
    ("POST", "/copies/{edition}/{org}/members/{person}", "secretary", "", ""),
    ("GET", "/copies/{edition}/{org}/sheet", "secretary", "", ""),
    // The robots and the plans are the city's; whose a screening is, is tried in tests/portal/broadcast.rs.
    ("POST", "/admin/channels/{webhook}/switch", "admin", "", ""),
    ("POST", "/admin/channels/{webhook}/trial", "admin", "", ""),
    ("POST", "/admin/channels/deliveries/{delivery}/again", "admin", "", ""),
    ("GET", "/broadcast/plans/{plan}", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/lectures", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/gold", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/lectures/{lecture}/remove", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/publish", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/close", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/lectures/{lecture}/records", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/records/{record}", "organizer", "", ""),
    ("GET", "/broadcast/plans/{plan}/days", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/days", "organizer", "", ""),
    ("POST", "/broadcast/plans/{plan}/screenings", "organizer", "", ""),
    ("GET", "/broadcast/plans/{plan}/screenings", "organizer", "", ""),
    ("POST", "/broadcast/screenings/{screening}/cancel", "organizer", "", ""),
    ("GET", "/broadcast/screenings/{screening}", "secretary", "", ""),
    ("POST", "/broadcast/screenings/{screening}", "secretary", "", ""),
    ("GET", "/broadcast/coverage/{file}", "secretary", "", ""),
    ("POST", "/broadcast/schools/{school}/kiosk", "secretary", "", ""),
    ("POST", "/broadcast/schools/{school}/kiosk/withdraw", "secretary", "", ""),
    // Whose visits are is tried in tests/portal/visits.rs.
    ("POST", "/visits/{event}/witness/{person}", "secretary", "", ""),
    // Whose they are is tried in tests/portal/viewings.rs.
    ("GET", "/viewings/{event}", "secretary", "", ""),
    ("POST", "/viewings/{event}/open", "secretary", "", ""),
    ("POST", "/viewings/{event}/sign", "secretary", "", ""),
    ("POST", "/viewings/{event}/unsign", "secretary", "", ""),
    ("POST", "/viewings/{event}/end", "secretary", "", ""),
    ("POST", "/viewings/{event}/play", "secretary", "", ""),
    ("POST", "/viewings/{event}/beat", "secretary", "", ""),
    ("POST", "/viewings/{event}/start", "secretary", "", ""),
    ("POST", "/viewings/{event}/finish", "secretary", "", ""),
    // Whose contest, round and sheet these are is tried in tests/portal/contests.rs.
    ("GET", "/judge/contests/{contest}", "judge1", "", ""),
    ("POST", "/judge/contests/{contest}/answer", "judge1", "", ""),
    ("POST", "/judge/contests/{contest}/conflicts", "judge1", "", ""),
    ("GET", "/judge/sheets/{assignment}", "judge1", "", ""),
    ("POST", "/judge/sheets/{assignment}", "judge1", "", ""),
    ("POST", "/judge/sheets/{assignment}/draft", "judge1", "", ""),
    ("POST", "/judge/sheets/{assignment}/recuse", "judge1", "", ""),
    ("GET", "/organize/contests/{contest}/judges", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/judges", "organizer", "", ""),
    ("POST", "/organize/judges/{judge}/panel", "organizer", "", ""),
    ("POST", "/organize/judges/{judge}/withdraw", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/conflicts", "supervisor", "", ""),
    ("POST", "/organize/contests/{contest}/conflicts/remove", "supervisor", "", ""),
    ("POST", "/organize/rounds/{round}/assign", "organizer", "", ""),
    ("POST", "/organize/rounds/{round}/assign-one", "organizer", "", ""),
    ("GET", "/score/rounds/{round}", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/hall", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/lock", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/second-lock", "supervisor", "", ""),
    ("POST", "/score/rounds/{round}/unlock", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/second-unlock", "supervisor", "", ""),
    ("POST", "/score/sheets/{assignment}/return", "scorer", "", ""),
    ("POST", "/score/sheets/{assignment}/missing", "scorer", "", ""),
    ("GET", "/score/sheets/{assignment}/paper", "scorer", "", ""),
    ("POST", "/score/sheets/{assignment}/paper", "scorer", "", ""),
    ("GET", "/score/sheets/{assignment}/second-paper", "supervisor", "", ""),
    ("POST", "/score/sheets/{assignment}/second-paper", "supervisor", "", ""),
    ("GET", "/score/rounds/{round}/result", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/compute", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/check", "checker", "", ""),
    ("POST", "/score/rounds/{round}/publish", "organizer", "", ""),
    ("POST", "/score/rounds/{round}/finish", "organizer", "", ""),
    ("POST", "/score/rounds/{round}/votes", "scorer", "", ""),
    ("POST", "/score/rounds/{round}/reopen", "supervisor", "", ""),
    ("GET", "/score/objections/{case}", "supervisor", "", ""),
    ("POST", "/score/objections/{case}", "supervisor", "", ""),
    // Contests are walked in tests/portal/contests_entries.rs.
    ("GET", "/organize/contests/{contest}/edit", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/edit", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/announce", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/open", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/close", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/archive", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/suspend", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/resume", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/remove", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/freeze", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/thaw", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/approve", "checker", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/draw", "organizer", "", ""),
    ("POST", "/organize/contests/{contest}/rounds/{round}/start", "organizer", "", ""),
    ("GET", "/organize/contests/{contest}/screening", "checker", "", ""),
    ("GET", "/organize/contests/{contest}/screening/{entry}", "checker", "", ""),
    ("POST", "/organize/contests/{contest}/screening/{entry}", "checker", "", ""),
    ("GET", "/branch/entries/{entry}", "secretary", "", ""),
    ("POST", "/branch/entries/{entry}", "secretary", "", ""),
    // Whose a member, an organisation, a school is: also tests/portal/roster.rs.
    ("GET", "/roster/{person}", "secretary", "/roster/1", "/roster/599"),
    (
        "GET",
        "/roster/{person}/change",
        "secretary",
        "/roster/1/change?what=stage",
        "/roster/599/change?what=stage",
    ),
    ("POST", "/roster/{person}/change", "secretary", "", ""),
    ("GET", "/roster/transfers/{transfer}", "secretary", "", ""),
    ("POST", "/roster/transfers/{transfer}/accept", "secretary", "", ""),
    ("POST", "/roster/transfers/{transfer}/refuse", "secretary", "", ""),
    ("POST", "/roster/transfers/{transfer}/withdraw", "secretary", "", ""),
    ("GET", "/organizations/{org}", "admin", "", ""),
    ("GET", "/organizations/{org}/change", "committee", "", ""),
    ("POST", "/organizations/{org}/change", "committee", "", ""),
    ("GET", "/schools/{school}/edit", "committee", "/schools/1/edit", "/schools/49/edit"),
    ("POST", "/schools/{school}/edit", "committee", "", ""),
    ("POST", "/schools/{school}/close", "committee", "", ""),
    ("GET", "/alliances/{alliance}/edit", "organizer", "", ""),
    ("POST", "/alliances/{alliance}/edit", "organizer", "", ""),
    // Whose a contest is: tests/portal/honours.rs.
    ("POST", "/organize/honours/{contest}/nominate", "organizer", "", ""),
    ("POST", "/organize/honours/{contest}/notice", "organizer", "", ""),
    ("POST", "/organize/honours/{contest}/appoint", "checker", "", ""),
    ("POST", "/organize/honours/{contest}/{gold}/appoint", "checker", "", ""),
    ("POST", "/organize/honours/{contest}/{gold}/refuse", "checker", "", ""),
    // Whose plans, exemptions and figures are whose: tests/portal/coverage.rs; what their files hold: below.
    ("GET", "/audiences/{audience}", "organizer", "", ""),
    ("POST", "/audiences/{audience}", "organizer", "", ""),
    ("POST", "/audiences/{audience}/archive", "organizer", "", ""),
    ("GET", "/plans/{plan}", "organizer", "", ""),
    ("GET", "/plans/{plan}/add", "organizer", "", ""),
    ("GET", "/plans/{plan}/head", "organizer", "", ""),
    ("POST", "/plans/{plan}/add", "organizer", "", ""),
    ("POST", "/plans/{plan}/back", "organizer", "", ""),
    ("POST", "/plans/{plan}/drop", "organizer", "", ""),
    ("POST", "/plans/{plan}/end", "organizer", "", ""),
    ("POST", "/plans/{plan}/head", "organizer", "", ""),
    ("POST", "/plans/{plan}/items", "organizer", "", ""),
    ("POST", "/plans/{plan}/publish", "organizer", "", ""),
    ("POST", "/plans/{plan}/submit", "organizer", "", ""),
    ("POST", "/plans/{plan}/withdraw", "organizer", "", ""),
    ("GET", "/events/{event}/plans", "secretary", "", ""),
    ("POST", "/events/{event}/plans", "secretary", "", ""),
    ("GET", "/exemptions/{exemption}", "secretary", "", ""),
    ("POST", "/exemptions/{exemption}/decide", "secretary", "", ""),
    ("POST", "/exemptions/{exemption}/end", "secretary", "", ""),
    ("POST", "/exemptions/{exemption}/withdraw", "secretary", "", ""),
    ("GET", "/coverage/export/{file}", "secretary", "", ""),
    ("GET", "/coverage/members/export/{file}", "secretary", "", ""),
    ("GET", "/coverage/members/{person}", "secretary", "", ""),
    ("GET", "/guidance/figures/export/{file}", "committee", "", ""),
    // The town has no guidance groups: whose what is, is in tests/portal/guidance.rs.
    ("POST", "/guidance/groups/{group}/name", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/close", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/members", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/members/end", "committee", "", ""),
    ("GET", "/guidance/groups/{group}/assign", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/assign", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/assign-below", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/unassign", "committee", "", ""),
    ("POST", "/guidance/groups/{group}/plan", "committee", "", ""),
    ("GET", "/guidance/visit/{group}", "guide", "", ""),
    ("POST", "/guidance/visit/{group}", "guide", "", ""),
    ("POST", "/guidance/visit/{group}/send", "guide", "", ""),
    ("GET", "/guidance/visits/{visit}/correct", "guide", "", ""),
    ("POST", "/guidance/visits/{visit}/correct", "guide", "", ""),
    ("POST", "/guidance/findings/{finding}", "guide", "", ""),
    ("GET", "/branch/findings/{finding}", "secretary", "", ""),
    ("POST", "/branch/findings/{finding}", "secretary", "", ""),
];

#[actix_web::test]
async fn somebody_elses_record_is_not_found() {
    for route in
        routes().iter().filter(|route| matches!(route.access, Access::May(_)) && route.path.contains('{'))
    {
        let is_listed =
            SCOPED.iter().any(|(method, path, ..)| *method == route.method.as_str() && *path == route.path);
        assert!(is_listed, "say in SCOPED whose {} {} is", route.method, route.path);
    }
    let world = World::new();
    for (method, path, account, own, others) in SCOPED.iter().filter(|(.., own, _)| !own.is_empty()) {
        let browser = world.signed_in(account).await;
        let method: Method = method.parse().unwrap();
        let before = world.number("SELECT COUNT(*) FROM audit_entries");
        let stranger = browser.send(method.clone(), others, Some(String::new()), &[]).await;
        assert_eq!(stranger.status, 404, "{method} {path} of a stranger");
        assert_eq!(
            world.number("SELECT COUNT(*) FROM audit_entries"),
            before,
            "{method} {path} left a trace"
        );
        let mine = browser.send(method.clone(), own, Some(String::new()), &[]).await;
        assert!(
            mine.status.is_success() || mine.status == 303,
            "{method} {path} of one's own: {}",
            mine.status
        );
    }
}

#[actix_web::test]
async fn a_question_under_somebody_elses_lecture_is_not_found() {
    let world = World::new();
    // The account `instructor` gives lecture 1; lecture 2 is somebody else's.
    let other = world.number("SELECT MIN(id) FROM questions WHERE lecture_id = 2 AND answered_at IS NULL");
    let own = world.number("SELECT COUNT(*) FROM lecture_instructors l JOIN instructors i ON i.id = l.instructor_id JOIN accounts a ON a.person_id = i.person_id WHERE a.username = 'instructor' AND l.lecture_id = 2");
    assert_eq!(own, 0);
    let browser = world.signed_in("instructor").await;
    let answer = browser.post(&format!("/questions/{other}/answer"), &[("answer", "看水位。")]).await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        world.number(&format!(
            "SELECT COUNT(*) FROM questions WHERE id = {other} AND answered_at IS NOT NULL"
        )),
        0
    );
}

/// Beats pass by the layers around pages, so their door is not in the table above.
#[actix_web::test]
async fn the_door_for_beats_knows_only_who_signed_in() {
    let world = World::new();
    assert!(routes().iter().all(|route| route.path != "/watch/beat"), "it is mounted apart");
    let member = world.signed_in("member").await;
    let media = world.number("SELECT media_id FROM lectures WHERE id = 1");
    let opened = member.json("/watch/open", &format!(r#"{{"lecture":1,"media":{media}}}"#)).await;
    let play = opened.between(r#""play":""#, "\"");
    let beat = format!(r#"{{"play":"{play}","seq":1,"segs":[[0,15000]],"at_ms":15000}}"#);
    for (name, browser) in [("visitor", world.visitor()), ("member2", world.signed_in("member2").await)] {
        let answer = browser.json("/watch/beat", &beat).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (401, ""), "{name}");
    }
    assert_eq!(world.number("SELECT seq FROM watch_clocks"), 0, "nothing was written");
    assert_eq!(world.number("SELECT SUM(seconds) FROM watches"), 0);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = member.send(method.clone(), "/watch/beat", None, &[]).await;
        assert!([404, 405].contains(&answer.status.as_u16()), "{method}: {}", answer.status);
    }
    assert_eq!(member.json("/watch/beat", &beat).await.status, 200);
    assert_eq!(world.number("SELECT SUM(seconds) FROM watches"), 15);
}

// What is taken along.

/// Files and lists of people whose content is tried elsewhere or has nobody in it, and why that is enough.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("GET", "/imports/template/{file}", "columns without a row: imports.rs"),
    ("GET", "/imports/{import}/remarks.xlsx", "the own file once more; whose it is: imports.rs"),
    ("POST", "/me/data/export", "of oneself: rights.rs"),
    ("POST", "/me/history/export", "of oneself: study.rs"),
    ("GET", "/studio/banks/{bank}/template.xlsx", "columns without a row: selftests.rs"),
    ("POST", "/studio/banks/{bank}/export", "questions, nobody's answers: selftests.rs"),
    ("GET", "/events/{event}/sheet", "the printed lists of an event, without anybody's name: visits.rs"),
];

/// Whether somebody takes a list along through this door, on a disk or on paper.
fn gives_a_file(method: &Method, path: &str) -> bool {
    let ends = [".csv", ".xlsx", ".json", ".pdf", "/print", "/sheet", "/sheet/{sheet}", "/participants"];
    match *method {
        Method::GET => path.contains("{file}") || ends.iter().any(|end| path.ends_with(end)),
        _ => path.contains("export"),
    }
}

/// Which names of one's own stand in a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Has {
    People,
    Orgs,
    Schools,
    Nothing,
}

/// A list that somebody takes along.
struct List {
    /// As the table of routes has it.
    route: (&'static str, &'static str),
    path: String,
    fields: Vec<(&'static str, &'static str)>,
    /// Who gets it; for everybody else there is nothing.
    open: Vec<&'static str>,
    has: Has,
    /// The list has these people and no others, wherever they belong: a condition on the person `p`.
    only: Option<String>,
}

impl List {
    fn new(route: (&'static str, &'static str), path: String, open: &[&'static str], has: Has) -> List {
        List { route, path, fields: vec![], open: open.to_vec(), has, only: None }
    }
}

/// Every word of a file by itself: cells, strings, the text between tags; and what stands in a cell one beside the other.
fn words_of(answer: &Answer) -> BTreeSet<String> {
    let kind = answer.headers.get("content-type").cloned().unwrap_or_default();
    let mut cells: Vec<String> = vec![];
    if kind.contains("spreadsheetml") {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.raw.clone())).unwrap();
        for name in book.sheet_names() {
            let sheet = book.worksheet_range(&name).unwrap();
            cells.extend(sheet.rows().flatten().map(ToString::to_string));
        }
        assert!(!cells.is_empty(), "an empty spreadsheet");
    } else if kind.contains("json") {
        let mut left: Vec<serde_json::Value> = vec![serde_json::from_str(&answer.body).unwrap()];
        while let Some(value) = left.pop() {
            match value {
                serde_json::Value::String(text) => cells.push(text),
                serde_json::Value::Array(all) => left.extend(all),
                serde_json::Value::Object(map) => left.extend(map.into_iter().map(|(_, value)| value)),
                _ => {}
            }
        }
    } else if kind.contains("html") {
        cells.extend(
            answer.body.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.into()),
        );
    } else {
        assert!(kind.contains("csv"), "what is {kind}?");
        cells.extend(answer.body.split(['\n', ',']).map(str::to_owned));
    }
    let is_mark = |c: char| "、，；;/|（）()\"\u{FEFF}".contains(c) || c.is_whitespace();
    let mut words: BTreeSet<String> = cells.iter().map(|cell| cell.trim().to_owned()).collect();
    words.extend(cells.iter().flat_map(|cell| cell.split(is_mark)).map(str::to_owned));
    words
}

/// The names that a query gives, as `name`.
fn names(world: &World, sql: &str) -> BTreeSet<String> {
    let all = world.text(&format!("SELECT COALESCE(string_agg(x.name, '|'), '') FROM ({sql}) AS x"));
    all.split('|').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Names that nobody and nothing else has: those of one's own and those of others.
struct Names {
    own: BTreeSet<String>,
    others: BTreeSet<String>,
}

/// The organisations that an account's grant reaches, by the tables alone: a condition in which `@` is the organisation.
fn reach(world: &World, caller: &str) -> String {
    let grant = format!(
        "FROM grants g JOIN accounts a ON a.id = g.account_id WHERE a.username = '{caller}' AND g.ended_at IS NULL"
    );
    assert!(world.number(&format!("SELECT COUNT(*) {grant}")) < 2, "{caller} has one role");
    let scope = world.text(&format!("SELECT COALESCE((SELECT g.scope_kind {grant}), 'none')"));
    match scope.as_str() {
        "none" => "1 = 0".into(),
        "city" => "1 = 1".into(),
        "alliance" => {
            let alliance = world.number(&format!("SELECT g.scope_id {grant}"));
            format!(
                "EXISTS (SELECT 1 FROM school_branches s JOIN alliance_schools l ON l.school_id = s.school_id \
                 WHERE s.branch_id = @.id AND l.alliance_id = {alliance})"
            )
        }
        _ => {
            let path =
                world.text(&format!("SELECT o.path FROM orgs o WHERE o.id = (SELECT g.scope_id {grant})"));
            format!("SUBSTR(@.path, 1, {}) = '{path}'", path.len())
        }
    }
}

fn people(world: &World, caller: &str, inside: &str) -> Names {
    // Guests of a branch stand on its lists.
    let is_own = format!(
        "EXISTS (SELECT 1 FROM memberships m JOIN orgs o ON o.id = m.branch_id WHERE m.person_id = p.id AND m.valid_to IS NULL \
         AND {}) OR EXISTS (SELECT 1 FROM host_stays h JOIN orgs t ON t.id = h.host_branch_id WHERE h.person_id = p.id AND {})",
        inside.replace('@', "o"),
        inside.replace('@', "t")
    );
    people_by(world, caller, &is_own)
}

fn people_by(world: &World, caller: &str, is_own: &str) -> Names {
    let once = "SELECT p.name FROM persons p WHERE p.name IN (SELECT n.name FROM persons n GROUP BY n.name HAVING COUNT(*) = 1)";
    // Who looks stands at the head of the page.
    let reader = format!("p.id NOT IN (SELECT a.person_id FROM accounts a WHERE a.username = '{caller}')");
    Names {
        own: names(world, &format!("{once} AND ({is_own})")),
        others: names(world, &format!("{once} AND NOT ({is_own}) AND {reader}")),
    }
}

fn orgs(world: &World, inside: &str) -> Names {
    let once = "SELECT o.name FROM orgs o WHERE o.name IN (SELECT n.name FROM orgs n GROUP BY n.name HAVING COUNT(*) = 1)";
    let is_own = inside.replace('@', "o");
    // What lies above is where one's own is.
    let is_above = format!(
        "EXISTS (SELECT 1 FROM orgs d WHERE {} AND SUBSTR(d.path, 1, LENGTH(o.path)) = o.path)",
        inside.replace('@', "d")
    );
    Names {
        own: names(world, &format!("{once} AND {is_own}")),
        others: names(world, &format!("{once} AND NOT ({is_own}) AND NOT {is_above}")),
    }
}

fn schools(world: &World, inside: &str) -> Names {
    let once = "SELECT s.name FROM schools s JOIN orgs o ON o.id = s.host_org_id \
                WHERE s.name IN (SELECT n.name FROM schools n GROUP BY n.name HAVING COUNT(*) = 1)";
    let is_own = inside.replace('@', "o");
    Names {
        own: names(world, &format!("{once} AND {is_own}")),
        others: names(world, &format!("{once} AND NOT ({is_own})")),
    }
}

/// The accounts of the walk, and one of a branch far away.
fn takers() -> Vec<&'static str> {
    CALLERS.iter().copied().chain(["secretary2"]).collect()
}

/// The lists of a city that has a year of everything.
async fn lists(world: &World) -> Vec<List> {
    let number = |sql: &str| world.number(sql);
    let plan = number("SELECT MAX(id) FROM study_plans WHERE state = 'published' AND org_id = 1");
    let branch_of = |name: &str| {
        number(&format!(
            "SELECT m.branch_id FROM memberships m JOIN accounts a ON a.person_id = m.person_id \
             WHERE a.username = '{name}' AND m.valid_to IS NULL"
        ))
    };
    let (own, far) = (branch_of("member"), branch_of("member2"));
    let mut all = vec![];
    // Coverage: figures for all who see them, persons for those who see persons there.
    let figures = [
        "organizer",
        "checker",
        "secretary",
        "committee",
        "clerk",
        "town",
        "alliance",
        "auditor",
        "secretary2",
    ];
    let city = ["organizer", "checker", "auditor"];
    let route = ("GET", "/coverage/export/{file}");
    for ending in ["csv", "xlsx", "json"] {
        let path = format!("/coverage/export/coverage.{ending}?plan={plan}");
        all.push(List::new(route, path.clone(), &figures, Has::Orgs));
        all.push(List::new(route, format!("{path}&org=1"), &[&city[..], &["alliance"]].concat(), Has::Orgs));
        all.push(List::new(
            route,
            format!("{path}&alliance=1"),
            &["organizer", "checker", "committee", "town", "alliance", "auditor"],
            Has::Orgs,
        ));
        // Of another alliance there may be nothing in one's own part of the tree.
        let wide = [&city[..], &["committee", "town"]].concat();
        all.push(List::new(route, format!("{path}&alliance=2"), &wide, Has::Nothing));
    }
    let route = ("GET", "/coverage/members/export/{file}");
    let seers = ["secretary", "committee", "clerk", "town", "auditor", "secretary2"];
    for ending in ["csv", "xlsx"] {
        let path = format!("/coverage/members/export/members.{ending}?plan={plan}");
        all.push(List::new(route, path.clone(), &seers, Has::People));
        all.push(List::new(route, format!("{path}&org=1"), &["auditor"], Has::People));
        all.push(List::new(route, format!("{path}&org={far}"), &["auditor", "secretary2"], Has::People));
    }
    all.push(List::new(
        route,
        format!("/coverage/members/export/members.json?plan={plan}"),
        &[],
        Has::Nothing,
    ));
    // The roster, organisations and schools of one's own; alliances are the city's and public.
    for (what, has) in [
        ("members", Has::People),
        ("organizations", Has::Orgs),
        ("schools", Has::Schools),
        ("alliances", Has::Nothing),
    ] {
        for form in ["csv", "xlsx"] {
            let mut list = List::new(
                ("POST", "/imports/export"),
                "/imports/export".into(),
                &["committee", "town", "admin"],
                has,
            );
            list.fields = vec![("what", what), ("form", form), ("purpose", "check")];
            all.push(list);
        }
    }
    // Copies that nobody has yet.
    let keepers = ["organizer", "secretary", "committee", "clerk", "town", "admin", "secretary2"];
    for (rule, has) in [("member", Has::People), ("branch", Has::Orgs)] {
        world.sql(&format!(
            "INSERT INTO print_editions (title, imprint, rule, started_on, made_by, created_at, key) \
             SELECT '灌区巡查手册', '', '{rule}', '2026-01-01', id, '2026-01-01 00:00:00', 'walk-{rule}' FROM accounts \
             WHERE username = 'organizer'"
        ));
        let edition = number("SELECT MAX(id) FROM print_editions");
        all.push(List::new(
            ("POST", "/copies/{edition}/export"),
            format!("/copies/{edition}/export"),
            &keepers,
            has,
        ));
        if rule == "member" {
            let route = ("GET", "/copies/{edition}/{org}/sheet");
            let near = ["organizer", "secretary", "committee", "clerk", "town", "admin"];
            all.push(List::new(route, format!("/copies/{edition}/{own}/sheet"), &near, Has::People));
            let beyond = ["organizer", "admin", "secretary2"];
            all.push(List::new(route, format!("/copies/{edition}/{far}/sheet"), &beyond, Has::People));
        }
    }
    // Schools and what they have shown.
    for ending in ["csv", "xlsx"] {
        all.push(List::new(
            ("GET", "/broadcast/coverage/{file}"),
            format!("/broadcast/coverage/coverage.{ending}"),
            &["organizer", "secretary", "clerk", "secretary2"],
            Has::Schools,
        ));
    }
    // Participants: those of the own course, wherever they belong, and who enrolled them; nobody else.
    for author in ["instructor", "organizer"] {
        let offering = number(&format!(
            "SELECT MIN(o.id) FROM offerings o JOIN courses c ON c.id = o.course_id JOIN accounts a ON a.id = c.author_id \
             WHERE a.username = '{author}'"
        ));
        world.sql(&format!(
            "INSERT INTO enrolments (offering_id, person_id, seq, state, version, path, channel, enrolled_by, created_at, changed_at, \
             key) SELECT {offering}, a.person_id, 9999, 'confirmed', 1, '/', 'self', a.id, '2026-01-02 00:00:00', \
             '2026-01-02 00:00:00', 'walk-{author}' FROM accounts a WHERE a.username = 'member' AND NOT EXISTS \
             (SELECT 1 FROM enrolments e WHERE e.offering_id = {offering} AND e.person_id = a.person_id)"
        ));
        let open: &[&'static str] =
            if author == "instructor" { &["instructor", "organizer"] } else { &["organizer"] };
        let only = format!(
            "EXISTS (SELECT 1 FROM enrolments e JOIN accounts b ON b.id = e.enrolled_by WHERE e.offering_id = {offering} \
             AND p.id IN (e.person_id, b.person_id))"
        );
        for (method, pattern, end) in [
            ("POST", "/organize/offerings/{offering}/export", "export"),
            ("GET", "/organize/offerings/{offering}/participants", "participants"),
        ] {
            let path = format!("/organize/offerings/{offering}/{end}");
            let list = List::new((method, pattern), path, open, Has::People);
            all.push(List { only: Some(only.clone()), ..list });
        }
    }
    // The list of a meeting that is signed on paper.
    let secretary = world.signed_in("secretary").await;
    let (event, sheet, _) = crate::visits::printed(world, &secretary, clock::now()).await;
    let holders = ["organizer", "secretary", "clerk"];
    // It is entered by the numbers of its rows.
    for (pattern, end, has) in [
        ("/events/{event}/sheet/{sheet}", "", Has::Nothing),
        ("/events/{event}/sheet/{sheet}/print", "/print", Has::People),
    ] {
        let path = format!("/events/{event}/sheet/{sheet}{end}");
        let on_it = format!(
            "EXISTS (SELECT 1 FROM paper_sheet_rows r WHERE r.sheet_id = {sheet} AND r.person_id = p.id) \
             OR p.name = (SELECT v.lecturer FROM events v WHERE v.id = {event})"
        );
        let list = List::new(("GET", pattern), path, &holders, has);
        all.push(List { only: Some(on_it), ..list });
    }
    // The plan of a guidance group of the committee, by numbers.
    let committee = number(
        "SELECT g.scope_id FROM grants g JOIN accounts a ON a.id = g.account_id WHERE a.username = 'committee'",
    );
    let group = number(&format!("SELECT MIN(id) FROM guidance_groups WHERE org_id = {committee}"));
    let of_group = number(&format!("SELECT MAX(id) FROM guidance_plans WHERE group_id = {group}"));
    let is_guide = number(&format!(
        "SELECT COUNT(*) FROM guidance_members m JOIN accounts a ON a.person_id = m.person_id \
         WHERE a.username = 'guide' AND m.group_id = {group}"
    )) > 0;
    let mut open = vec!["organizer", "committee", "town", "guide", "auditor", "admin"];
    open.retain(|name| is_guide || *name != "guide");
    all.push(List::new(
        ("GET", "/guidance/groups/{group}/plan/{plan}.json"),
        format!("/guidance/groups/{group}/plan/{of_group}.json"),
        &open,
        Has::Nothing,
    ));
    // The figures of guidance, of all that one sees and of a branch of another committee.
    let route = ("GET", "/guidance/figures/export/{file}");
    for ending in ["csv", "xlsx", "json"] {
        let path = format!("/guidance/figures/export/figures.{ending}");
        let city = ["organizer", "auditor", "admin"];
        all.push(List::new(route, format!("{path}?org={far}"), &city, Has::Orgs));
        all.push(List::new(route, path, &[&city[..], &["committee", "town"]].concat(), Has::Orgs));
    }
    all
}

/// A new door that gives a file is walked, or says why it need not be.
fn every_list_is_walked(lists: &[List]) {
    let walked: BTreeSet<(&str, &str)> = lists.iter().map(|list| list.route).collect();
    let doors = routes();
    for route in doors.iter().filter(|route| route.access != Access::Anyone) {
        let door = (route.method.as_str(), route.path);
        let is_elsewhere = ELSEWHERE.iter().any(|(method, path, _)| (*method, *path) == door);
        assert!(
            !gives_a_file(&route.method, route.path) || walked.contains(&door) || is_elsewhere,
            "{door:?}: say in `lists` who gets it and what stands in it"
        );
    }
    for (method, path) in walked.iter().copied().chain(ELSEWHERE.iter().map(|one| (one.0, one.1))) {
        let is_there = doors.iter().any(|route| (route.method.as_str(), route.path) == (method, path));
        assert!(is_there, "{method} {path} is no door");
    }
}

/// A role that gets a list finds its own in it and nobody's and nothing of outside its scope; by the tables, not by what the
/// pages take for a scope.
#[actix_web::test]
async fn what_is_taken_along_holds_ones_own_and_nobody_elses() {
    let world = crate::demo::made(clock::now());
    let lists = lists(&world).await;
    every_list_is_walked(&lists);
    let alliance = BTreeSet::from([world.text("SELECT name FROM alliances WHERE id = 1")]);
    for caller in takers() {
        let browser = if caller == "visitor" { world.visitor() } else { world.signed_in(caller).await };
        let inside = reach(&world, caller);
        let (members, tree, places) =
            (people(&world, caller, &inside), orgs(&world, &inside), schools(&world, &inside));
        let is_city = inside == "1 = 1";
        assert!(is_city || !(members.others.is_empty() || tree.others.is_empty()), "{caller} sees a part");
        for list in &lists {
            let about = format!("{caller} {} {} {:?}", list.route.0, list.path, list.fields);
            let answer = match list.route.0 {
                "GET" => browser.get(&list.path).await,
                _ => browser.post(&list.path, &list.fields).await,
            };
            if !list.open.contains(&caller) {
                assert!([303, 401, 403, 404].contains(&answer.status.as_u16()), "{about}: {}", answer.status);
                let at_sign_in = answer.location.as_deref().is_none_or(|to| to.starts_with("/sign-in?"));
                assert!(at_sign_in, "{about}");
                continue;
            }
            assert_eq!(answer.status, 200, "{about}: {}", answer.body);
            let words = words_of(&answer);
            let of_list = list.only.as_ref().map(|only| people_by(&world, caller, only));
            let listed = of_list.as_ref().unwrap_or(&members);
            // Staff of an alliance sees its line; branches only where they are counted for it.
            let marks = match list.has {
                _ if caller == "alliance" => Some(&alliance),
                Has::People => Some(&listed.own),
                Has::Orgs => Some(&tree.own),
                Has::Schools => Some(&places.own),
                Has::Nothing => None,
            };
            assert!(
                marks.is_none_or(|own| !own.is_disjoint(&words)),
                "{about}: nothing of one's own among {words:?}"
            );
            let stranger = listed.others.intersection(&words).next();
            assert!(stranger.is_none(), "{about}: {stranger:?} is somebody else's");
            // A roster says where its members stay, and people of a course come from everywhere.
            let says_places = list.only.is_some() || list.fields.contains(&("what", "members"));
            let stranger = tree.others.intersection(&words).next();
            assert!(says_places || stranger.is_none(), "{about}: {stranger:?} lies elsewhere");
            let stranger = places.others.intersection(&words).next();
            assert!(stranger.is_none(), "{about}: {stranger:?} is another's school");
            if caller == "alliance" {
                let other = names(&world, "SELECT name FROM alliances WHERE id <> 1");
                assert!(other.is_disjoint(&words), "{about}: another alliance");
                assert!(members.own.is_disjoint(&words), "{about}: figures have no persons");
            }
            // A plan names its branches by their numbers.
            if list.route.1.starts_with("/guidance/groups") && !is_city {
                let plan: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
                for visit in plan["visits"].as_array().unwrap() {
                    let id = &visit["org"];
                    let within = format!(
                        "SELECT COUNT(*) FROM orgs o WHERE o.id = {id} AND {}",
                        inside.replace('@', "o")
                    );
                    assert!(world.number(&within) == 1, "{about}: {id}");
                }
            }
        }
    }
}
