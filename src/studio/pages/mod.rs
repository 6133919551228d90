//! The pages of the instructor's desk: the list, the lecture with what is missing, and its steps. `recording` has what
//! happens with files, `captions` the captions and chapters.
mod captions;
mod recording;

use super::forms::{LectureForm, ReasonForm};
use crate::access::Permission::TeachLectures;
use crate::access::Viewer;
use crate::audit::Action;
use crate::clock;
use crate::db::{Conn, Db};
use crate::error::{Error, Result};
use crate::ids::{InstructorId, LectureId, SchoolId, TopicId};
use crate::lectures::{self, DeskRow, Judged, Own, Played, Refusal, Stage, Standing, Stream, Topic, Verdict};
use crate::media::Media;
use crate::msg;
use crate::recordings::{self, Recording, State};
use crate::schools;
use crate::uploads::{self, Unfinished, Uploads};
use crate::web::form::Errors;
use crate::web::page::Page;
use crate::web::paging::{self, Paging};
use crate::web::reply::{self, Reply};
use crate::web::route::{Route, get, post};
use actix_web::web::{Data, Form, Path, Query};
use askama::Template;
use serde::Deserialize;

pub fn routes() -> Vec<Route> {
    let mut routes = vec![
        get("/studio", TeachLectures, index),
        get("/studio/lectures/new", TeachLectures, new),
        post("/studio/lectures", TeachLectures, create),
        get("/studio/lectures/{lecture}", TeachLectures, show),
        post("/studio/lectures/{lecture}", TeachLectures, update),
        post("/studio/lectures/{lecture}/submit", TeachLectures, submit),
        post("/studio/lectures/{lecture}/take-back", TeachLectures, take_back),
        post("/studio/lectures/{lecture}/withdraw", TeachLectures, withdraw),
        post("/studio/lectures/{lecture}/reopen", TeachLectures, reopen),
    ];
    routes.extend(recording::routes());
    routes.extend(captions::routes());
    routes
}

/// Lectures on a page of the list.
const LINES: i64 = 20;

#[derive(Template)]
#[template(path = "studio/index.html")]
struct Index {
    page: Page,
    rows: Vec<DeskRow>,
    paging: Paging,
    /// The instructor's name and unit, once they have agreed to be named.
    who: Option<(String, String)>,
}

#[derive(Deserialize)]
struct PageQuery {
    page: Option<String>,
}

impl Index {
    fn is(&self, stage: &Stage, other: Stage) -> bool {
        *stage == other
    }
    fn load(conn: &mut Conn, page: Page, viewer: &Viewer, number: i64) -> Result<Index> {
        let instructor = lectures::instructor_of(conn, viewer.person)?;
        let mut rows = match &instructor {
            Some((id, ..)) => lectures::desk(conn, *id, (number - 1) * LINES, LINES + 1)?,
            None => vec![],
        };
        let paging = Paging::cut(&page.path, number, &mut rows, LINES)?;
        Ok(Index { page, rows, paging, who: instructor.map(|(_, name, unit)| (name, unit)) })
    }
}

async fn index(page: Page, viewer: Viewer, db: Data<Db>, query: Query<PageQuery>) -> Reply {
    let number = paging::number(&query.page);
    let view = db.read(move |conn| Index::load(conn, page, &viewer, number)).await?;
    reply::page(&view)
}

/// What may be chosen in the form of a lecture.
struct Choices {
    topics: Vec<Topic>,
    schools: Vec<(SchoolId, String)>,
    instructor: Option<InstructorId>,
}

impl Choices {
    fn load(conn: &mut Conn, viewer: &Viewer, present: Option<SchoolId>) -> Result<Choices> {
        let mut schools = schools::schools_near(conn, viewer.person)?;
        if let Some(id) = present.filter(|id| schools.iter().all(|one| one.0 != *id)) {
            schools.push((id, schools::school(conn, id)?.name));
        }
        Ok(Choices {
            topics: lectures::topics(conn)?,
            schools,
            instructor: lectures::instructor_of(conn, viewer.person)?.map(|found| found.0),
        })
    }
    fn topic_ids(&self) -> Vec<TopicId> {
        self.topics.iter().map(|topic| topic.id).collect()
    }
    fn school_ids(&self) -> Vec<SchoolId> {
        self.schools.iter().map(|school| school.0).collect()
    }
}

#[derive(Template)]
#[template(path = "studio/new.html")]
struct New {
    page: Page,
    choices: Choices,
    form: LectureForm,
    errors: Errors,
}

async fn new(page: Page, viewer: Viewer, db: Data<Db>) -> Reply {
    let choices = db.read(move |conn| Choices::load(conn, &viewer, None)).await?;
    let form =
        LectureForm { visibility: "public".into(), source: "recorded".into(), ..LectureForm::default() };
    reply::page(&New { page, choices, form, errors: Errors::default() })
}

async fn create(page: Page, viewer: Viewer, db: Data<Db>, form: Form<LectureForm>) -> Reply {
    let (form, doer) = (form.into_inner(), page.doer());
    let sent = form.clone();
    let made = db
        .write(move |conn| {
            let choices = Choices::load(conn, &viewer, None)?;
            let unit = match choices.instructor {
                Some(_) => Ok(String::new()),
                None => sent.check_unit(),
            };
            let draft = sent.check(&choices.topic_ids(), &choices.school_ids(), None);
            let (draft, unit) = match (draft, unit) {
                (Ok(draft), Ok(unit)) => (draft, unit),
                (Err(errors), _) | (_, Err(errors)) => return Ok(Err((choices, errors))),
            };
            let now = clock::now();
            let instructor = match choices.instructor {
                Some(id) => id,
                None => lectures::take_over(conn, &viewer, &unit, now)?,
            };
            // A form that was sent twice makes one lecture.
            if let Some(id) = lectures::same_draft(conn, instructor, &draft.title)? {
                return Ok(Ok(id));
            }
            let id = lectures::create(conn, &draft, instructor, viewer.account, now)?;
            doer.did(conn, Action::LectureMade, ("lecture", id.0), now)?;
            Ok(Ok(id))
        })
        .await?;
    match made {
        Ok(id) => reply::see(format!("/studio/lectures/{id}?done=lecture-made")),
        Err((choices, errors)) => reply::invalid(&New { page, choices, form, errors }),
    }
}

#[derive(Template)]
#[template(path = "studio/show.html")]
struct Show {
    page: Page,
    own: Own,
    standing: Standing,
    choices: Choices,
    recordings: Vec<Recording>,
    lecture: LectureId,
    unfinished: Vec<Unfinished>,
    /// Complete uploads that belong to no lecture.
    unattached: Vec<Unfinished>,
    /// The largest file, and the largest in a plain form, in words.
    largest: String,
    largest_plain: String,
    has_recording: bool,
    /// The recording that is reviewed next, or the public one.
    played: Option<Played>,
    /// The signed address of its folder.
    address: String,
    cue_count: usize,
    chapter_count: usize,
    missing: Vec<Refusal>,
    judged: Vec<Judged>,
    withdrawal: Option<lectures::Withdrawal>,
    /// Whether an earlier recording has captions that this one could take over.
    has_older_captions: bool,
    completed: i64,
    form: LectureForm,
    reason: String,
    errors: Errors,
}

impl Show {
    fn load(
        conn: &mut Conn,
        page: Page,
        viewer: &Viewer,
        id: LectureId,
        media: &Media,
        uploads: &Uploads,
    ) -> Result<Show> {
        let own = lectures::own(conn, viewer, id)?;
        let standing = lectures::standing(conn, id)?;
        let desk = standing.desk_media();
        let played = desk.map(|media| lectures::media_of(conn, media)).transpose()?;
        let now = clock::now();
        let address = match played.as_ref().and_then(|played| played.stream.as_ref()) {
            Some(stream) => media.signer.folder(&stream.folder, now.and_utc().timestamp()),
            None => String::new(),
        };
        let recordings = recordings::of_lecture(conn, id)?;
        let older = recordings.iter().filter_map(|one| one.media_id).chain(standing.media);
        let older: Vec<_> = older.filter(|media| Some(*media) != desk).collect();
        Ok(Show {
            choices: Choices::load(conn, viewer, own.draft.school)?,
            lecture: id,
            largest: uploads::shown(uploads.limits.largest),
            largest_plain: uploads::shown(uploads.limits.largest_plain),
            unattached: uploads::unattached(conn, &uploads.folder, viewer.account)?,
            unfinished: uploads::unfinished(conn, &uploads.folder, id, viewer.account, now)?,
            cue_count: desk.map_or(Ok(0), |media| lectures::cues(conn, media).map(|cues| cues.len()))?,
            chapter_count: desk
                .map_or(Ok(0), |media| lectures::chapters(conn, media).map(|all| all.len()))?,
            missing: lectures::publishable(conn, id, &standing, now)?,
            judged: lectures::remarks(conn, id)?,
            withdrawal: found(lectures::withdrawal(conn, id))?,
            completed: lectures::completed_by(conn, id)?,
            form: LectureForm::of(&own.draft),
            reason: String::new(),
            errors: Errors::default(),
            has_older_captions: lectures::have_captions(conn, &older)?,
            has_recording: played.is_some(),
            played,
            address,
            recordings,
            standing,
            own,
            page,
        })
    }
    fn is_draft(&self) -> bool {
        self.own.stage == Stage::Draft
    }
    fn is_published(&self) -> bool {
        self.own.stage == Stage::Published
    }
    fn is_withdrawn(&self) -> bool {
        self.own.stage == Stage::Withdrawn
    }
    fn has_revision(&self) -> bool {
        self.standing.revision.is_some()
    }
    /// Whether there is something to hand in that is not handed in yet.
    fn may_submit(&self) -> bool {
        !self.standing.is_in_review() && (self.is_draft() || self.has_revision())
    }
    fn may_send(&self) -> bool {
        !self.standing.is_in_review() && !self.is_withdrawn()
    }
    fn passed(&self) -> usize {
        let is_pass = |one: &&Judged| one.version == self.standing.version && one.verdict == Verdict::Passed;
        self.judged.iter().filter(is_pass).count()
    }
    fn open(&self) -> Option<&Recording> {
        self.recordings.iter().find(|one| one.is_open())
    }
    fn problem(&self, recording: &Recording) -> String {
        recording.problem(self.page.manner.lang)
    }
    fn step(&self, recording: &Recording) -> String {
        recording.step(self.page.manner.lang)
    }
    fn size(&self, bytes: &i64) -> String {
        uploads::shown(u64::try_from(*bytes).unwrap_or_default())
    }
    fn missing_words(&self, refusal: &Refusal) -> String {
        self.page.say(&refusal.words())
    }
    fn words(&self, judged: &Judged) -> &'static str {
        match judged.verdict {
            Verdict::Passed => self.page.t("通过"),
            Verdict::Returned => self.page.t("退回修改"),
        }
    }
}

/// Refuses to change what reviewers are looking at.
fn changeable(conn: &mut Conn, id: LectureId) -> Result<()> {
    match lectures::standing(conn, id)?.is_in_review() {
        true => Err(Error::Refused(msg!("正在审课，字幕、章节和封面不能改。请先撤回送审。"))),
        false => Ok(()),
    }
}

/// `None` for what is not there.
fn found<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn view(
    page: Page,
    viewer: Viewer,
    db: &Db,
    media: Data<Media>,
    uploads: Data<Uploads>,
    id: LectureId,
) -> Result<Show> {
    db.read_long(move |conn| Show::load(conn, page, &viewer, id, &media, &uploads)).await
}

async fn show(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    uploads: Data<Uploads>,
    id: Path<LectureId>,
) -> Reply {
    reply::page(&view(page, viewer, &db, media, uploads, *id).await?)
}

async fn update(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    uploads: Data<Uploads>,
    id: Path<LectureId>,
    form: Form<LectureForm>,
) -> Reply {
    let (id, form, doer) = (*id, form.into_inner(), page.doer());
    let (sent, who) = (form.clone(), viewer.clone());
    let saved = db
        .write(move |conn| {
            let own = lectures::own(conn, &who, id)?;
            let choices = Choices::load(conn, &who, own.draft.school)?;
            let draft = match sent.check(&choices.topic_ids(), &choices.school_ids(), Some(own.draft.source))
            {
                Ok(draft) => draft,
                Err(errors) => return Ok(Err(errors)),
            };
            lectures::update(conn, id, &draft)?;
            doer.did(conn, Action::LectureChanged, ("lecture", id.0), clock::now())?;
            Ok(Ok(()))
        })
        .await?;
    match saved {
        Ok(()) => reply::see(format!("/studio/lectures/{id}?done=lecture-saved")),
        Err(errors) => {
            let view = view(page, viewer, &db, media, uploads, id).await?;
            reply::invalid(&Show { form, errors, ..view })
        }
    }
}

async fn submit(page: Page, viewer: Viewer, db: Data<Db>, id: Path<LectureId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| {
        lectures::own(conn, &viewer, id)?;
        lectures::submit(conn, id, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/studio/lectures/{id}?done=submitted"))
}

async fn take_back(page: Page, viewer: Viewer, db: Data<Db>, id: Path<LectureId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| {
        lectures::own(conn, &viewer, id)?;
        lectures::unsubmit(conn, id, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/studio/lectures/{id}?done=taken-back"))
}

async fn withdraw(
    page: Page,
    viewer: Viewer,
    db: Data<Db>,
    media: Data<Media>,
    uploads: Data<Uploads>,
    id: Path<LectureId>,
    form: Form<ReasonForm>,
) -> Reply {
    let (id, doer) = (*id, page.doer());
    let mut errors = Errors::default();
    let Some(reason) = errors.take("reason", crate::web::form::text(&form.reason, 200)) else {
        let view = view(page, viewer, &db, media, uploads, id).await?;
        return reply::invalid(&Show { errors, reason: form.into_inner().reason, ..view });
    };
    db.write(move |conn| {
        lectures::own(conn, &viewer, id)?;
        lectures::withdraw(conn, id, &reason, viewer.account, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/studio/lectures/{id}?done=withdrawn"))
}

async fn reopen(page: Page, viewer: Viewer, db: Data<Db>, id: Path<LectureId>) -> Reply {
    let (id, doer) = (*id, page.doer());
    db.write(move |conn| {
        lectures::own(conn, &viewer, id)?;
        lectures::reopen(conn, id, &doer, clock::now())
    })
    .await?;
    reply::see(format!("/studio/lectures/{id}?done=reopened"))
}
