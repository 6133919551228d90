//! Rows of the city, written in bulk with ids of their own.
use crate::clock::Timestamp;
use crate::db::Conn;
use crate::either;
use crate::error::Result;
use crate::ids::{AttendanceId, EventId, InstructorId, LectureId, OrgId, PersonId};
use crate::schema::*;
use chrono::NaiveDate;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

/// Declares the rows of a table and how many of them go into it at a time.
macro_rules! rows {
    ($($name:ident in $table:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        #[derive(Insertable)]
        #[diesel(table_name = $table)]
        pub struct $name { $(pub $field: $type),* }
        impl $name {
            /// Writes them all.
            pub fn write(conn: &mut Conn, rows: &[$name]) -> Result<()> {
                for some in rows.chunks(500) {
                    either!(conn, c => diesel::insert_into($table::table).values(some).execute(c))?;
                }
                Ok(())
            }
        }
    )*};
}

rows! {
    OrgRow in orgs { id: i64, level: &'static str, kind: &'static str, name: String, path: String, valid_from: NaiveDate }
    PlacementRow in org_placements { org_id: i64, parent_id: i64, valid_from: NaiveDate }
    PersonRow in persons {
        id: i64, name: String, sex: Option<&'static str>, birth_year: Option<i32>, phone: Option<String>,
        reading_aids: &'static str, created_at: Timestamp,
    }
    MembershipRow in memberships { person_id: i64, branch_id: i64, member_no: String, valid_from: NaiveDate }
    StageRow in membership_stages {
        person_id: i64, stage: &'static str, may_vote: bool, valid_from: NaiveDate, valid_to: Option<NaiveDate>,
    }
    CategoryRow in member_categories { person_id: i64, category: &'static str, valid_from: NaiveDate }
    OfficeRow in office_terms { person_id: i64, org_id: i64, office: &'static str, valid_from: NaiveDate }
    StayRow in host_stays { person_id: i64, host_branch_id: i64, card_no: String, valid_from: NaiveDate }
    TitleRow in titles { person_id: i64, title: &'static str, source: &'static str, valid_from: NaiveDate, valid_to: NaiveDate }
    AllianceRow in alliances { id: i64, name: String, kind: String, intro: String, school_count: i32 }
    SchoolRow in schools {
        id: i64, name: String, host_org_id: i64, address: String, seats: i32, has_screen: bool, opening_hours: &'static str,
        contact: String, lecture_count: i32, valid_from: NaiveDate,
    }
    SchoolBranchRow in school_branches { school_id: i64, branch_id: i64, valid_from: NaiveDate, is_primary: bool }
    AllianceSchoolRow in alliance_schools { alliance_id: i64, school_id: i64, is_primary: bool, valid_from: NaiveDate }
    AccountRow in accounts {
        id: i64, person_id: i64, username: &'static str, password_hash: String, password_set_at: Timestamp, created_at: Timestamp,
    }
    GrantRow in grants {
        account_id: i64, role: &'static str, scope_kind: &'static str, scope_id: Option<i64>, granted_at: Timestamp,
    }
    EntryRow in audit_entries {
        at: Timestamp, request_id: String, actor_id: Option<i64>, for_person_id: Option<i64>, action: &'static str,
        subject_kind: &'static str, subject_id: i64,
    }
    TopicRow in topics { id: i64, slug: String, name: String, name_en: String, intro: String, position: i32 }
    InstructorRow in instructors {
        id: i64, person_id: i64, name: String, unit: String, intro: String, agreed_at: Timestamp, lecture_count: i32,
    }
    MediaRow in media { id: i64, video_file: String, audio_file: String, duration_ms: i32, width: i32, height: i32 }
    StreamRow in streams {
        media_id: i64, folder: String, has_hls: bool, heights: &'static str, has_sound: bool, posters: i32, poster: i32,
        story_every_ms: i32, story_tiles: i32,
    }
    WithdrawalRow in withdrawals { lecture_id: i64, reason: &'static str, withdrawn_by: i64, withdrawn_at: Timestamp }
    CueRow in cues { media_id: i64, position: i32, start_ms: i32, end_ms: i32, text: String }
    ChapterRow in media_chapters { media_id: i64, position: i32, start_ms: i32, title: String }
    LectureRow in lectures {
        id: i64, title: String, summary: String, topic_id: i64, school_id: Option<i64>, alliance_id: Option<i64>,
        media_id: Option<i64>, cover: String, source: &'static str, visibility: &'static str, stage: &'static str,
        rights_ok: bool, duration_ms: i32, uploaded_by: i64, created_at: Timestamp, published_at: Option<Timestamp>,
    }
    GivenRow in lecture_instructors { lecture_id: i64, instructor_id: i64, position: i32 }
    ReviewRow in lecture_reviews { lecture_id: i64, version: i32, reviewer_id: i64, verdict: &'static str, reviewed_at: Timestamp }
    HandoutRow in handouts { lecture_id: i64, position: i32, title: String, file: String, bytes: i32 }
    QuestionRow in questions {
        lecture_id: i64, person_id: i64, text: String, asked_at: Timestamp, idem_key: String, answer: Option<String>,
        answered_by: Option<i64>, answered_at: Option<Timestamp>,
    }
    BookletRow in booklets {
        id: i64, slug: String, title: String, kind: String, intro: String, cover: String, style: i32, visibility: String,
        stage: &'static str, author_id: i64, position: i32, chapter_count: i32, published_at: Timestamp,
    }
    BookletLengthRow in booklet_lengths { booklet_id: i64, chapters: i32, since: Timestamp }
    BookletChapterRow in booklet_chapters { booklet_id: i64, position: i32, title: String, body: String }
    BookletReviewRow in booklet_reviews { booklet_id: i64, version: i32, reviewer_id: i64, verdict: &'static str, reviewed_at: Timestamp }
    CalendarYearRow in calendar_years {
        id: i64, year: i32, source: &'static str, proposed_by: i64, proposed_at: Timestamp, decided_by: i64, decided_at: Timestamp,
        verdict: &'static str,
    }
    CalendarDayRow in calendar_days { calendar_year_id: i64, day: NaiveDate, is_working: bool }
    AttachmentRow in attachments {
        booklet_id: i64, name: &'static str, kind: &'static str, size: i64, digest: String, folder: String, added_by: i64,
        added_at: Timestamp,
    }
    BankRow in banks {
        id: i64, title: String, booklet_id: Option<i64>, author_id: i64, created_at: Timestamp, question_count: i32, key: String,
    }
    BankQuestionRow in bank_questions {
        id: i64, bank_id: i64, code: String, kind: String, stem: String, explanation: String, chapter: Option<i32>,
        is_active: bool, revision: i32, changed_by: i64, changed_at: Timestamp,
    }
    BankChoiceRow in bank_choices { question_id: i64, position: i32, text: String, is_right: bool }
    TestRow in tests {
        id: i64, bank_id: i64, title: String, chapter: Option<i32>, question_count: i32, pass_share: i32, minutes: Option<i32>,
        feedback: &'static str, is_open: bool, revision: i32, created_by: i64, created_at: Timestamp, key: String,
    }
    StudyRecordRow in study_records {
        id: i64, code: String, enrolment_id: i64, person_id: i64, course_id: i64, version: i32, title: String, quarters: i32,
        finished_on: NaiveDate, made_at: Timestamp,
    }
    RecordNameRow in study_record_names { record_id: i64, name: String, branch: String }
    GuidanceGroupRow in guidance_groups {
        id: i64, tier: &'static str, org_id: i64, name: String, valid_from: NaiveDate, made_by: i64, made_at: Timestamp,
        key: String,
    }
    GuidanceMemberRow in guidance_members { group_id: i64, person_id: i64, is_leader: bool, valid_from: NaiveDate }
    GuidanceAssignmentRow in guidance_assignments {
        group_id: i64, tier: &'static str, org_id: i64, valid_from: NaiveDate, assigned_by: i64,
    }
    EventRow in events {
        id: i64, kind: &'static str, title: String, about: &'static str, org_id: i64, lecture_id: Option<i64>,
        school_id: Option<i64>, base_id: Option<i64>, place: &'static str, online_url: &'static str, lecturer: String,
        starts_at: Timestamp, ends_at: Timestamp, state: &'static str, reason: &'static str, sequence: i32,
        changed_at: Timestamp, code_key: String, created_by: i64, created_at: Timestamp, key: String,
    }
    BaseRow in bases {
        slug: String, kind: String, name: String, topic_id: i64, intro: String, body: String, district: String, capacity: i32,
        hours: String, route: String, access_note: String, cover: String, position: i32,
    }
    StoryRow in stories {
        slug: String, person_name: String, field: String, post: String, title: String, lead: String, body: String, cover: String,
        agreed_at: Timestamp, published_at: Timestamp, position: i32,
    }
    CompletionRow in completions {
        person_id: i64, lecture_id: i64, media_id: i64, kind: &'static str, completed_at: Timestamp, seconds: i32,
        length_s: i32, threshold: i32, rule: &'static str, number: i32,
    }
    AttendanceRow in attendances {
        id: i64, event_id: i64, person_id: i64, revision: i32, status: &'static str, minutes: i32, method: &'static str,
        recorded_by: i64, day: NaiveDate, recorded_at: Timestamp, key: String,
    }
    HeadRow in attendance_heads {
        event_id: i64, person_id: i64, attendance_id: i64, revision: i32, status: &'static str, minutes: i32, day: NaiveDate,
    }
    ChapterReadRow in chapter_reads { person_id: i64, booklet_id: i64, chapter: i32, read_at: Timestamp }
    AudienceRow in audiences {
        id: i64, name: &'static str, org_id: i64, rule: &'static str, revision: i32, created_by: i64, created_at: Timestamp,
        key: String,
    }
    AudienceSaveRow in audience_saves {
        audience_id: i64, revision: i32, name: &'static str, rule: &'static str, saved_by: i64, saved_at: Timestamp,
    }
    StudyPlanRow in study_plans {
        id: i64, title: &'static str, about: &'static str, org_id: i64, starts_on: NaiveDate, ends_on: NaiveDate,
        state: &'static str, version: i32, draft_version: i32, revision: i32, created_by: i64, created_at: Timestamp,
        published_at: Option<Timestamp>, closed_on: Option<NaiveDate>, key: String,
    }
    PlanVersionRow in plan_versions {
        plan_id: i64, version: i32, audience_id: Option<i64>, rule: &'static str, reason: &'static str,
        valid_from: Option<NaiveDate>, published_by: Option<i64>, made_by: i64,
    }
    PlanItemRow in plan_items {
        plan_id: i64, version: i32, position: i32, step: String, kind: &'static str, title: String, booklet_id: Option<i64>,
        lecture_id: Option<i64>, is_required: bool, due_on: NaiveDate, chapters: i32,
    }
    PlanEventRow in plan_events { event_id: i64, plan_id: i64, step: &'static str, named_by: i64, named_at: Timestamp }
    ExemptionRow in exemptions {
        id: i64, person_id: i64, plan_id: Option<i64>, valid_from: NaiveDate, valid_to: NaiveDate, proposed_by: i64,
        proposed_at: Timestamp, verdict: Option<&'static str>, decided_by: Option<i64>, decided_at: Option<Timestamp>, key: String,
    }
    ExemptionReasonRow in exemption_reasons { exemption_id: i64, text: &'static str }
    ErrandRow in errands {
        plan_id: i64, person_id: i64, helper_id: i64, way: &'static str, due_on: NaiveDate, state: &'static str, assigned_by: i64,
        assigned_at: Timestamp, closed_by: Option<i64>, closed_at: Option<Timestamp>, key: String,
    }
    PrintEditionRow in print_editions {
        id: i64, title: &'static str, imprint: &'static str, rule: &'static str, started_on: NaiveDate, made_by: i64,
        created_at: Timestamp, key: String,
    }
    CopyMoveRow in copy_moves {
        id: i64, edition_id: i64, kind: &'static str, from_org: Option<i64>, to_org: Option<i64>, pile: &'static str, count: i32,
        person_id: Option<i64>, recorded_by: i64, day: NaiveDate, recorded_at: Timestamp, key: String,
    }
    HoldingRow in copy_holdings { edition_id: i64, person_id: Option<i64>, org_id: i64, move_id: i64, since: NaiveDate }
    BalanceRow in copy_balances { edition_id: i64, org_id: i64, coming: i32, stock: i32, held: i32, lost: i32 }
    FeedbackRow in feedback {
        kind: String, text: String, contact: &'static str, about_path: &'static str, sent_at: Timestamp, idem_key: String,
    }
}

/// The number of the next event.
pub fn next_event(conn: &mut Conn) -> Result<i64> {
    let last: Option<i64> = either!(conn, c => events::table.select(diesel::dsl::max(events::id)).first(c))?;
    Ok(last.unwrap_or(0) + 1)
}

/// The number of the next row of attendance.
pub fn next_attendance(conn: &mut Conn) -> Result<i64> {
    let last: Option<i64> =
        either!(conn, c => attendances::table.select(diesel::dsl::max(attendances::id)).first(c))?;
    Ok(last.unwrap_or(0) + 1)
}

/// Every member with the branch, in the order of their keys.
pub fn members_by_branch(conn: &mut Conn) -> Result<Vec<(i64, i64)>> {
    Ok(either!(conn, c => memberships::table
        .filter(memberships::valid_to.is_null())
        .order(memberships::person_id)
        .select((memberships::person_id, memberships::branch_id))
        .load(c))?)
}

/// The booklet that comes first, with its title.
pub fn first_booklet(conn: &mut Conn) -> Result<(i64, String)> {
    Ok(either!(conn, c => booklets::table
        .filter(booklets::stage.eq("published"))
        .order(booklets::position)
        .select((booklets::id, booklets::title))
        .first(c))?)
}

/// Published lectures, the first ones, with their titles.
pub fn lectures_named_first(conn: &mut Conn, count: i64) -> Result<Vec<(i64, String)>> {
    Ok(either!(conn, c => lectures::table
        .filter(lectures::stage.eq("published"))
        .order(lectures::id)
        .limit(count)
        .select((lectures::id, lectures::title))
        .load(c))?)
}

/// Proofs that these persons have seen these lectures, at a time; the last number decides how: alone, in a group, at the door.
/// What is there already stays.
pub fn write_completions(conn: &mut Conn, seen: &[(i64, i64, Timestamp, usize)]) -> Result<()> {
    let media: Vec<(i64, Option<i64>)> = either!(conn, c => lectures::table.filter(lectures::stage.eq("published")).select((lectures::id, lectures::media_id)).load(c))?;
    let media: std::collections::HashMap<i64, i64> =
        media.into_iter().filter_map(|(lecture, media)| media.map(|media| (lecture, media))).collect();
    let there: Vec<(i64, i64)> = either!(conn, c => completions::table.select((completions::person_id, completions::lecture_id)).load(c))?;
    let mut there: std::collections::HashSet<(i64, i64)> = there.into_iter().collect();
    let rows: Vec<CompletionRow> = seen
        .iter()
        .filter(|one| there.insert((one.0, one.1)))
        .filter_map(|(person_id, lecture_id, at, how)| {
            Some(CompletionRow {
                person_id: *person_id,
                lecture_id: *lecture_id,
                media_id: *media.get(lecture_id)?,
                kind: match how {
                    0..=5 => "online",
                    6..=8 => "group",
                    _ => "visit",
                },
                completed_at: *at,
                seconds: 480,
                length_s: 480,
                threshold: 80,
                rule: "demo",
                number: 1,
            })
        })
        .collect();
    CompletionRow::write(conn, &rows)
}

/// How many chapters each booklet has.
pub fn chapter_counts(conn: &mut Conn) -> Result<std::collections::HashMap<i64, i32>> {
    let counts: Vec<(i64, i32)> =
        either!(conn, c => booklets::table.select((booklets::id, booklets::chapter_count)).load(c))?;
    Ok(counts.into_iter().collect())
}

/// These persons have read all chapters of these booklets. What is there already stays.
pub fn write_reads(conn: &mut Conn, read: &[(i64, i64, Timestamp)]) -> Result<()> {
    let counts = chapter_counts(conn)?;
    let there: Vec<(i64, i64, i32)> = either!(conn, c => chapter_reads::table
        .select((chapter_reads::person_id, chapter_reads::booklet_id, chapter_reads::chapter))
        .load(c))?;
    let mut there: std::collections::HashSet<(i64, i64, i32)> = there.into_iter().collect();
    let mut rows = vec![];
    for (person_id, booklet_id, at) in read {
        for chapter in 1..=counts.get(booklet_id).copied().unwrap_or_default() {
            if !there.insert((*person_id, *booklet_id, chapter)) {
                continue;
            }
            rows.push(ChapterReadRow {
                person_id: *person_id,
                booklet_id: *booklet_id,
                chapter,
                read_at: *at,
            });
        }
    }
    ChapterReadRow::write(conn, &rows)
}

/// Branches with their members, in that order.
pub fn all_members(conn: &mut Conn) -> Result<Vec<(i64, i64)>> {
    Ok(either!(conn, c => memberships::table
        .filter(memberships::valid_to.is_null())
        .order((memberships::branch_id, memberships::person_id))
        .select((memberships::branch_id, memberships::person_id))
        .load(c))?)
}

/// The root of the tree.
pub fn city(conn: &mut Conn) -> Result<i64> {
    Ok(either!(conn, c => orgs::table.filter(orgs::level.eq("city")).select(orgs::id).first(c))?)
}

/// The number of a base.
pub fn base(conn: &mut Conn, slug: &str) -> Result<i64> {
    Ok(either!(conn, c => bases::table.filter(bases::slug.eq(slug)).select(bases::id).first(c))?)
}

/// The number of the next record of completion.
pub fn next_record(conn: &mut Conn) -> Result<i64> {
    let last: Option<i64> =
        either!(conn, c => study_records::table.select(diesel::dsl::max(study_records::id)).first(c))?;
    Ok(last.unwrap_or(0) + 1)
}

/// Says when the course of an enrolment was finished.
pub fn finished(conn: &mut Conn, enrolment: i64, at: Timestamp) -> Result<()> {
    let it = enrolments::table.find(enrolment);
    either!(conn, c => diesel::update(it).set(enrolments::finished_at.eq(at)).execute(c))?;
    Ok(())
}

/// A lecture that is rated.
#[derive(Queryable)]
pub struct Rated {
    pub id: i64,
    pub media_id: i64,
    pub duration_ms: i32,
}

/// An instructor with a branch and a public lecture.
#[derive(Queryable)]
pub struct Contestant {
    pub person_id: i64,
    pub name: String,
    pub branch_id: i64,
    pub lecture_id: i64,
    pub title: String,
    pub summary: String,
    pub school_id: i64,
}

/// Instructors who are members and were never elected, each with one of their lectures.
pub fn contestants(conn: &mut Conn, count: usize) -> Result<Vec<Contestant>> {
    let public = lectures::stage.eq("published").and(lectures::visibility.eq("public"));
    let all: Vec<Contestant> = either!(conn, c => lectures::table
        .inner_join(lecture_instructors::table.on(lecture_instructors::lecture_id.eq(lectures::id)))
        .inner_join(instructors::table.on(instructors::id.eq(lecture_instructors::instructor_id)))
        .inner_join(memberships::table.on(memberships::person_id.eq(instructors::person_id)))
                .filter(public.and(memberships::valid_to.is_null()).and(lectures::school_id.is_not_null()))
        .order((instructors::id, lectures::id))
        .limit(400)
        .select((
            instructors::person_id,
            instructors::name,
            memberships::branch_id,
            lectures::id,
            lectures::title,
            lectures::summary,
            lectures::school_id.assume_not_null(),
        ))
        .load(c))?;
    // Whoever holds a title has been elected before.
    let elected: Vec<i64> = either!(conn, c => titles::table.select(titles::person_id).limit(400).load(c))?;
    let mut those: Vec<Contestant> = vec![];
    for one in all {
        let is_known =
            elected.contains(&one.person_id) || those.iter().any(|other| other.person_id == one.person_id);
        if those.len() < count && !is_known {
            those.push(one);
        }
    }
    Ok(those)
}

/// The first public lectures.
pub fn to_rate(conn: &mut Conn, count: i64) -> Result<Vec<Rated>> {
    let public = lectures::stage.eq("published").and(lectures::visibility.eq("public"));
    Ok(either!(conn, c => lectures::table
        .filter(public.and(lectures::media_id.is_not_null()))
        .order(lectures::id)
        .limit(count)
        .select((lectures::id, lectures::media_id.assume_not_null(), lectures::duration_ms))
        .load(c))?)
}

/// A lecture that this person has seen.
pub fn seen_by(conn: &mut Conn, person: PersonId) -> Result<Option<LectureId>> {
    Ok(either!(conn, c => completions::table
        .filter(completions::person_id.eq(person))
        .order(completions::id)
        .select(completions::lecture_id)
        .first(c)
        .optional())?)
}

/// The first lectures of an instructor.
pub fn of_instructor(conn: &mut Conn, id: InstructorId) -> Result<Vec<LectureId>> {
    Ok(either!(conn, c => lecture_instructors::table
        .filter(lecture_instructors::instructor_id.eq(id))
        .order(lecture_instructors::lecture_id)
        .limit(20)
        .select(lecture_instructors::lecture_id)
        .load(c))?)
}

/// The first members of branches.
pub fn members(conn: &mut Conn, count: i64) -> Result<Vec<PersonId>> {
    Ok(either!(conn, c => memberships::table
        .filter(memberships::valid_to.is_null())
        .order(memberships::person_id)
        .limit(count)
        .select(memberships::person_id)
        .load(c))?)
}

/// The branch with the most members.
pub fn largest_branch(conn: &mut Conn) -> Result<OrgId> {
    let count = diesel::dsl::count_star();
    Ok(either!(conn, c => memberships::table
        .filter(memberships::valid_to.is_null())
        .group_by(memberships::branch_id)
        .order((count.desc(), memberships::branch_id))
        .select(memberships::branch_id)
        .first(c))?)
}

/// The first members of a branch.
pub fn branch_members(conn: &mut Conn, branch: OrgId, count: i64) -> Result<Vec<PersonId>> {
    Ok(either!(conn, c => memberships::table
        .filter(memberships::branch_id.eq(branch).and(memberships::valid_to.is_null()))
        .order(memberships::person_id)
        .limit(count)
        .select(memberships::person_id)
        .load(c))?)
}

/// Tells the database how large its tables have become, so that it plans its queries by that.
pub fn analyze(conn: &mut Conn) -> Result<()> {
    either!(conn, c => c.batch_execute("ANALYZE"))?;
    Ok(())
}

/// What is recorded of somebody's attendance now.
pub fn attendance(conn: &mut Conn, event: EventId, person: PersonId) -> Result<AttendanceId> {
    let head = attendance_heads::table.find((event, person)).select(attendance_heads::attendance_id);
    Ok(either!(conn, c => head.first(c))?)
}

/// The event of this key, and the first member who is recorded there as on leave.
pub fn away(conn: &mut Conn, key: &str) -> Result<Option<(EventId, PersonId)>> {
    let is_it = events::key.eq(key).and(attendance_heads::status.eq("leave_private"));
    Ok(either!(conn, c => attendance_heads::table
        .inner_join(events::table)
        .filter(is_it)
        .order(attendance_heads::person_id)
        .select((events::id, attendance_heads::person_id))
        .first(c)
        .optional())?)
}
