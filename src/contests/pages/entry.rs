//! What an entrant does: enters, writes, hands in, follows what others say, takes back.
use super::super::entries;
use super::super::forms::EntryForm;
use super::super::store::{self, EntryStep, Script};
use super::super::{Contest, Entry, EntryState, Refusal, State, recusals};
use super::words::entry_step_words;
use super::{LARGEST, by};
use crate::access::Access::SignedIn;
use crate::access::Viewer;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{LectureId, PersonId, SchoolId, random_hex};
use crate::lang::Message;
use crate::lectures::{self, Played};
use crate::media::Media;
use crate::schools;
use crate::web::body;
use crate::web::form::{self, Errors};
use crate::web::page::Page;
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use crate::web::slug::Slug;
use actix_web::web::{Data, Path, Payload};
use askama::Template;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/contests/{slug}/enter", SignedIn, new),
        post("/contests/{slug}/enter", SignedIn, create),
        get("/contests/{slug}/entry", SignedIn, show),
        get("/contests/{slug}/entry/edit", SignedIn, edit),
        post("/contests/{slug}/entry/edit", SignedIn, update),
        post("/contests/{slug}/entry/submit", SignedIn, submit),
        post("/contests/{slug}/entry/withdraw", SignedIn, withdraw),
    ]
}

/// A line of an entry's record in words.
pub(super) struct Said {
    pub what: String,
    pub step: EntryStep,
}

/// An entry with all that those who decide about it look at.
pub(super) struct Shown {
    pub entry: Entry,
    pub script: Script,
    pub companions: Vec<(PersonId, String, String)>,
    pub played: Option<Played>,
    pub address: String,
    pub steps: Vec<Said>,
}

impl Shown {
    /// As it was handed in; `is_written`: as its entrant writes it.
    pub fn load(
        conn: &mut Conn,
        page: &Page,
        entry: Entry,
        media: &Media,
        is_written: bool,
    ) -> Result<Shown> {
        let version = entry.version + i32::from(is_written);
        let played = match entry.lecture {
            Some(lecture) => lectures::standing(conn, lecture)?.desk_media(),
            None => None,
        };
        let played = played.map(|id| lectures::media_of(conn, id)).transpose()?;
        let now = clock::now().and_utc().timestamp();
        let address = match played.as_ref().and_then(|played| played.stream.as_ref()) {
            Some(stream) => media.signer.folder(&stream.folder, now),
            None => String::new(),
        };
        let said = |step: EntryStep| {
            // Nobody's words: what the portal noted when lots were drawn.
            let reason = if step.reason == "late" {
                page.t("截止时还没有审核完").to_owned()
            } else {
                step.reason
            };
            Said { what: page.say(&entry_step_words(&step.what)), step: EntryStep { reason, ..step } }
        };
        let steps = store::entry_steps(conn, entry.id)?.into_iter().map(said).collect();
        Ok(Shown {
            script: store::script_up_to(conn, entry.id, version)?,
            companions: store::companions(conn, entry.id)?,
            entry,
            played,
            address,
            steps,
        })
    }
}

/// The kind of tag in which a state of an entry is shown.
pub(super) fn tone(state: EntryState) -> &'static str {
    match state {
        EntryState::Draft | EntryState::Returned => "wait",
        EntryState::Submitted | EntryState::BranchEndorsed | EntryState::Competing => "info",
        EntryState::Screened | EntryState::Promoted | EntryState::Awarded => "done",
        EntryState::Refused | EntryState::Disqualified => "bad",
        _ => "",
    }
}

/// The form of an entry.
#[derive(Template)]
#[template(path = "contests/enter.html")]
struct Enter {
    page: Page,
    contest: Contest,
    entry: Option<Entry>,
    form: EntryForm,
    near: Vec<(SchoolId, String)>,
    found: Vec<(SchoolId, String)>,
    lectures: Vec<(LectureId, String)>,
    companions: Vec<(String, Option<(PersonId, String)>)>,
    is_open: bool,
    /// What was saved elsewhere meanwhile.
    theirs: Vec<(String, String)>,
    errors: Errors,
}

impl Enter {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        (contest, entry): (Contest, Option<Entry>),
        form: EntryForm,
    ) -> Result<Enter> {
        let now = clock::now();
        let is_open = match &entry {
            Some(entry) => entries::may_write(conn, &contest, entry, now)?,
            None => entries::takes_entries(&contest, now) && !contest.is_suspended,
        };
        let near = schools::schools_near(conn, viewer.person)?;
        let mut found = store::schools_named(conn, &form::optional(&form.find, 40).unwrap_or_default())?;
        // What was chosen before stays to be chosen.
        if let Ok(id) = form.school.parse::<i64>() {
            match schools::school(conn, SchoolId(id)) {
                Ok(school) => found.push((school.id, school.name)),
                Err(Error::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        found.sort();
        found.dedup();
        found.retain(|one| near.iter().all(|other| other.0 != one.0));
        let mut companions = vec![];
        for number in form.numbers() {
            let member = store::member(conn, &number)?;
            companions.push((number, member));
        }
        Ok(Enter {
            lectures: store::recorded_lectures(conn, viewer.person)?,
            theirs: vec![],
            errors: Errors::default(),
            page,
            contest,
            entry,
            form,
            near,
            found,
            companions,
            is_open,
        })
    }
    fn is_chosen(&self, id: &SchoolId) -> bool {
        self.form.school == id.to_string()
    }
    fn is_lecture(&self, id: &LectureId) -> bool {
        self.form.lecture == id.to_string()
    }
    /// Whose number it is, beside the field.
    fn named(&self, number: &str) -> Option<&str> {
        let of = self.companions.iter().find(|one| one.0 == number)?;
        of.1.as_ref().map(|one| one.1.as_str())
    }
    fn is_searched(&self) -> bool {
        self.form.go == "find"
    }
    fn check(&self) -> Result<store::EntryDraft, Errors> {
        let schools: Vec<SchoolId> = self.near.iter().chain(&self.found).map(|one| one.0).collect();
        let lectures: Vec<LectureId> = self.lectures.iter().map(|one| one.0).collect();
        let companions: Vec<Option<PersonId>> =
            self.companions.iter().map(|one| one.1.as_ref().map(|person| person.0)).collect();
        self.form.check(&schools, &lectures, &companions, self.contest.needs_video)
    }
}

/// The public contest and the viewer's entry in it that is not withdrawn.
fn own(conn: &mut Conn, viewer: &Viewer, slug: &str) -> Result<(Contest, Option<Entry>)> {
    let contest = store::public_contest(conn, slug)?;
    let entry = store::entry_of_person(conn, contest.id, viewer.person)?;
    Ok((contest, entry.filter(|entry| entry.state != EntryState::Withdrawn)))
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let found = db
        .read(move |conn| match own(conn, &viewer, slug.as_str())? {
            (contest, Some(_)) => Ok(Err(contest.slug)),
            (contest, None) => {
                let form = EntryForm { key: random_hex(16), ..EntryForm::default() };
                let mut view = Enter::load(conn, page, &viewer, (contest, None), form)?;
                if let [(only, _)] = view.near.as_slice() {
                    view.form.school = only.to_string();
                }
                Ok(Ok(view))
            }
        })
        .await?;
    match found {
        Ok(view) => reply::page(&view),
        Err(slug) => reply::see(format!("/contests/{slug}/entry")),
    }
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>, sent: Payload) -> Reply {
    let form = EntryForm::read(&body::pairs(sent, LARGEST).await?);
    let by = by(&page, &viewer);
    let who = viewer.clone();
    let view = db
        .read(move |conn| {
            let contest = store::public_contest(conn, slug.as_str())?;
            Enter::load(conn, page, &who, (contest, None), form)
        })
        .await?;
    if view.is_searched() {
        return reply::page(&view);
    }
    let key = match form::key(&view.form.key) {
        Ok(key) => key,
        Err(problem) => {
            return reply::invalid(&Enter { errors: Errors::default().with("title", problem), ..view });
        }
    };
    let draft = match view.check() {
        Ok(draft) => draft,
        Err(errors) => return reply::invalid(&Enter { errors, ..view }),
    };
    let (contest, is_submitted) = (view.contest.id, view.form.go == "submit");
    let made = db
        .write(move |conn| {
            let id = entries::begin(conn, contest, &viewer, &draft, &key, &by)?;
            // The same form sent again has handed it in already.
            if is_submitted && store::entry(conn, id)?.state == EntryState::Draft {
                entries::submit(conn, id, viewer.person, &by)?;
            }
            Ok(())
        })
        .await;
    finish(view, made, is_submitted)
}

/// Where a form leads: to the entry, or to itself with what was typed and why not.
fn finish(view: Enter, made: Result<()>, is_submitted: bool) -> Reply {
    match made {
        Ok(()) => {
            let done = if is_submitted { "entry-submitted" } else { "entry-saved" };
            reply::see(format!("/contests/{}/entry?done={done}", view.contest.slug))
        }
        Err(Error::Refused(words)) => {
            reply::invalid(&Enter { errors: Errors::default().with("title", words), ..view })
        }
        Err(other) => Err(other),
    }
}

/// What stands in an entry, as the form shows it.
fn written(conn: &mut Conn, entry: &Entry) -> Result<EntryForm> {
    let script = store::script_up_to(conn, entry.id, entry.version + 1)?;
    let companions: Vec<String> = store::companions(conn, entry.id)?.into_iter().map(|one| one.2).collect();
    Ok(EntryForm::of(entry, &script, &companions))
}

/// The viewer's entry; not found without one.
pub(super) fn held(conn: &mut Conn, viewer: &Viewer, slug: &str) -> Result<(Contest, Entry)> {
    let (contest, entry) = own(conn, viewer, slug)?;
    Ok((contest, entry.ok_or(Error::NotFound)?))
}

async fn edit(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let view = db
        .read(move |conn| {
            let (contest, entry) = held(conn, &viewer, slug.as_str())?;
            let form = written(conn, &entry)?;
            Enter::load(conn, page, &viewer, (contest, Some(entry)), form)
        })
        .await?;
    if view.is_open { reply::page(&view) } else { Err(Refusal::NotNow.into()) }
}

async fn update(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>, sent: Payload) -> Reply {
    let form = EntryForm::read(&body::pairs(sent, LARGEST).await?);
    let by = by(&page, &viewer);
    let who = viewer.clone();
    let view = db
        .read(move |conn| {
            let (contest, entry) = held(conn, &who, slug.as_str())?;
            Enter::load(conn, page, &who, (contest, Some(entry)), form)
        })
        .await?;
    if view.is_searched() {
        return reply::page(&view);
    }
    let draft = match view.check() {
        Ok(draft) => draft,
        Err(errors) => return reply::invalid(&Enter { errors, ..view }),
    };
    let Some(id) = view.entry.as_ref().map(|entry| entry.id) else { return Err(Error::NotFound) };
    let (contest, is_submitted, seen) = (view.contest.id, view.form.go == "submit", view.form.seen.clone());
    let saved = db
        .write(move |conn| {
            // Locked before it is read: what is compared is what will be overwritten.
            store::lock(conn, contest)?;
            let entry = store::entry(conn, id)?;
            let now = written(conn, &entry)?;
            if entry.state.is_open() && now.seen != seen {
                return Ok(Some(now));
            }
            entries::save(conn, id, viewer.person, &draft, &by)?;
            if is_submitted {
                entries::submit(conn, id, viewer.person, &by)?;
            }
            Ok(None)
        })
        .await;
    match saved {
        Ok(None) => finish(view, Ok(()), is_submitted),
        Ok(Some(theirs)) => reply::invalid(&overtaken(view, &theirs)),
        Err(error) => finish(view, Err(error), is_submitted),
    }
}

/// The form again, beside what was saved elsewhere meanwhile.
fn overtaken(view: Enter, theirs: &EntryForm) -> Enter {
    let page = &view.page;
    let all = [
        (page.t("课名"), &theirs.title, &view.form.title),
        (page.t("一句话简介"), &theirs.summary, &view.form.summary),
        (page.t("讲稿"), &theirs.script, &view.form.script),
    ];
    let differ = all.into_iter().filter(|one| one.1 != one.2);
    let theirs_shown = differ.map(|one| (one.0.to_owned(), one.1.clone())).collect();
    let errors = Errors::default().with("title", Refusal::Overtaken.words());
    let form = EntryForm { seen: theirs.seen.clone(), ..view.form.clone() };
    Enter { errors, form, theirs: theirs_shown, ..view }
}

#[derive(Template)]
#[template(path = "contests/entry.html")]
struct Own {
    page: Page,
    contest: Contest,
    shown: Shown,
    /// May still be written and handed in.
    is_open: bool,
    missing: Vec<Message>,
    may_withdraw: bool,
    /// May say who should not judge it.
    may_name: bool,
    has_names: bool,
    /// What judges wrote, once the result is final.
    comments: Vec<String>,
}

impl Own {
    fn tone(&self) -> &'static str {
        tone(self.shown.entry.state)
    }
    /// What is to come, in a sentence.
    fn outlook(&self) -> Option<&'static str> {
        let page = &self.page;
        Some(match self.shown.entry.state {
            EntryState::Submitted => {
                page.t("支部同意以后，由两位审核人看资格。现在不能修改；要改，请支部退回。")
            }
            EntryState::BranchEndorsed => page.t("两位审核人都通过才能参评。现在不能修改。"),
            EntryState::Screened => page.t("讲稿已经定稿。报名截止、审完作品以后抽签。"),
            EntryState::Competing => page.t("已经抽签，编号在赛课页上。结果公示以前，评委只看到编号。"),
            _ => return None,
        })
    }
}

async fn show(page: Page, viewer: Viewer, db: Data<Db>, media: Data<Media>, slug: Path<Slug>) -> Reply {
    let view = db
        .read(move |conn| {
            let contest = store::public_contest(conn, slug.as_str())?;
            let entry = store::entry_of_person(conn, contest.id, viewer.person)?.ok_or(Error::NotFound)?;
            let is_open = entries::may_write(conn, &contest, &entry, clock::now())?;
            let missing = if is_open { entries::missing(conn, &contest, &entry)? } else { vec![] };
            let may_name = recusals::may_request(conn, &contest, &entry)?;
            Ok(Own {
                may_name,
                may_withdraw: entries::may_withdraw(&entry) && !contest.is_suspended,
                comments: store::comments(conn, entry.id)?,
                shown: Shown::load(conn, &page, entry, &media, is_open)?,
                has_names: false,
                page,
                contest,
                is_open,
                missing,
            })
        })
        .await?;
    reply::page(&view)
}

async fn submit(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let by = by(&page, &viewer);
    let slug = db
        .write(move |conn| {
            let (contest, entry) = held(conn, &viewer, slug.as_str())?;
            entries::submit(conn, entry.id, viewer.person, &by)?;
            Ok(contest.slug)
        })
        .await?;
    reply::see(format!("/contests/{slug}/entry?done=entry-submitted"))
}

async fn withdraw(page: Page, viewer: Viewer, db: Data<Db>, slug: Path<Slug>) -> Reply {
    let by = by(&page, &viewer);
    let slug = db
        .write(move |conn| {
            let (contest, entry) = held(conn, &viewer, slug.as_str())?;
            entries::withdraw(conn, entry.id, viewer.person, &by)?;
            Ok(contest.slug)
        })
        .await?;
    reply::see(format!("/contests/{slug}/entry?done=entry-withdrawn"))
}
