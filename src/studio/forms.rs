//! What the instructor's forms send.
use crate::ids::{SchoolId, TopicId};
use crate::lectures::{Draft, Source, Visibility};
use crate::msg;
use crate::web::form::{Errors, optional, text};
use serde::Deserialize;

/// What a lecture is about.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct LectureForm {
    pub title: String,
    pub summary: String,
    pub topic: String,
    pub school: String,
    pub visibility: String,
    pub source: String,
    pub rights_ok: Option<String>,
    /// For a first lecture: the unit that stands beside the name, and the consent to be named.
    pub unit: String,
    pub agrees: Option<String>,
}

impl LectureForm {
    pub fn of(draft: &Draft) -> LectureForm {
        LectureForm {
            title: draft.title.clone(),
            summary: draft.summary.clone(),
            topic: draft.topic.to_string(),
            school: draft.school.map(|id| id.to_string()).unwrap_or_default(),
            visibility: draft.visibility.as_str().into(),
            source: draft.source.as_str().into(),
            rights_ok: draft.rights_ok.then(|| "1".into()),
            ..LectureForm::default()
        }
    }
    /// The draft. `topics` and `schools` are what may be chosen. A recording of a contest stays one: nobody else makes one.
    pub fn check(
        &self,
        topics: &[TopicId],
        schools: &[SchoolId],
        present: Option<Source>,
    ) -> Result<Draft, Errors> {
        let mut errors = Errors::default();
        let chosen = |sent: &str| -> Option<i64> { sent.parse().ok() };
        let title = errors.take("title", text(&self.title.replace('\n', " "), 60));
        let summary = errors.take("summary", optional(&self.summary, 500));
        let topic = chosen(&self.topic).map(TopicId).filter(|id| topics.contains(id));
        let topic = errors.take("topic", topic.ok_or_else(|| msg!("请选一个主题")));
        let school = match self.school.as_str() {
            "" => Ok(None),
            sent => chosen(sent)
                .map(SchoolId)
                .filter(|id| schools.contains(id))
                .map(Some)
                .ok_or_else(|| msg!("请从列表里选学校")),
        };
        let school = errors.take("school", school);
        let visibility =
            errors.take("visibility", Visibility::of(&self.visibility).ok_or_else(|| msg!("请选谁能看")));
        let source = match present {
            Some(Source::Contest) => present,
            _ => Source::of(&self.source).filter(|source| *source != Source::Contest),
        };
        let source = errors.take("source", source.ok_or_else(|| msg!("请选怎样录的")));
        match (title, summary, topic, school, visibility, source) {
            (Some(title), Some(summary), Some(topic), Some(school), Some(visibility), Some(source)) => {
                Ok(Draft {
                    title,
                    summary,
                    topic,
                    school,
                    visibility,
                    source,
                    rights_ok: self.rights_ok.is_some(),
                })
            }
            _ => Err(errors),
        }
    }
    /// The unit of somebody's first lecture.
    pub fn check_unit(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        let unit = errors.take("unit", text(&self.unit, 60));
        let agrees =
            self.agrees.as_ref().ok_or_else(|| msg!("公开的课程页会写讲师的姓名和单位，同意后才能建课"));
        match (unit, errors.take("agrees", agrees)) {
            (Some(unit), Some(_)) => Ok(unit),
            _ => Err(errors),
        }
    }
}

/// Lines of captions as their author typed them: start, end, text.
pub type Typed = Vec<(String, String, String)>;

/// What the captions form sends: the version that the author had before them, and the lines. Rows without a text are left
/// out, so that the number of a problem is the number of a row that is shown again.
pub fn captions(pairs: &[(String, String)]) -> (i64, Typed) {
    let of = |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
    let base = of("base").next().and_then(|base| base.parse().ok()).unwrap_or(-1);
    let rows = of("start").zip(of("end")).zip(of("text")).map(|((start, end), text)| (start, end, text));
    (base, rows.filter(|row| !row.2.trim().is_empty()).collect())
}

/// What the chapters form sends: from where, and the title.
pub fn chapters(pairs: &[(String, String)]) -> Vec<(String, String)> {
    let of = |name: &'static str| pairs.iter().filter(move |pair| pair.0 == name).map(|pair| pair.1.clone());
    of("at").zip(of("title")).filter(|row| !row.1.trim().is_empty()).collect()
}

/// Why a lecture is taken off.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ReasonForm {
    pub reason: String,
}
