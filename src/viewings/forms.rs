//! What the forms of viewings send.
use crate::clock::Timestamp;
use crate::events::{Choices, Kind, NewEvent, Plan};
use crate::ids::{LectureId, OrgId, PersonId, SchoolId};
use crate::msg;
use crate::web::form::{Errors, key, moment, optional};
use chrono::Duration;
use serde::Deserialize;

/// Time for coming and for talking about it, beside the lecture's own, in minutes.
const AROUND: i64 = 30;

/// What is to be watched together, by whom, where and when.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ViewingForm {
    pub lecture: String,
    pub org: String,
    pub school: String,
    pub place: String,
    /// Empty: now.
    pub starts: String,
    pub key: String,
}

impl ViewingForm {
    /// The event that it asks for. `lecture` is the one that was chosen: its title and length in milliseconds.
    ///
    /// # Errors
    /// What is wrong with it, by field.
    pub fn check(
        &self,
        choices: &Choices,
        lecture: Option<(LectureId, &str, i32)>,
        now: Timestamp,
    ) -> Result<NewEvent, Errors> {
        let mut errors = Errors::default();
        let lecture = errors.take("lecture", lecture.ok_or_else(|| msg!("请选一堂课")));
        let org = self.org.parse().ok().map(OrgId).filter(|id| choices.orgs.iter().any(|one| one.0 == *id));
        let org = errors.take("org", org.ok_or_else(|| msg!("请选哪个支部")));
        let school = self.school.parse().ok().map(SchoolId);
        let school = school.filter(|id| choices.schools.iter().any(|one| one.0 == *id));
        let school = errors.take("school", school.ok_or_else(|| msg!("请选在哪所微党校")));
        let place = errors.take("place", optional(&self.place.replace('\n', " "), 80));
        let starts = match self.starts.trim() {
            "" => Ok(now),
            sent => moment(sent),
        };
        let starts = errors.take("starts", starts);
        let key = errors.take("lecture", key(&self.key));
        match (lecture, org, school, place, starts, key) {
            (Some(lecture), Some(org), Some(school), Some(place), Some(starts_at), Some(key)) => {
                let length = Duration::milliseconds(lecture.2.into()) + Duration::minutes(AROUND);
                let plan = Plan {
                    title: lecture.1.to_owned(),
                    about: String::new(),
                    lecture: Some(lecture.0),
                    school: Some(school),
                    base: None,
                    place,
                    online_url: String::new(),
                    lecturer: String::new(),
                    starts_at,
                    ends_at: starts_at + length,
                };
                Ok(NewEvent { kind: Kind::GroupViewing, org, plan, key })
            }
            _ => Err(errors),
        }
    }
}

/// Who has come: those that were ticked, and a guest by name or member number.
pub fn signed(pairs: &[(String, String)]) -> (Vec<PersonId>, String) {
    let persons = pairs.iter().filter(|pair| pair.0 == "person").filter_map(|pair| pair.1.parse().ok());
    let guest = pairs.iter().find(|pair| pair.0 == "guest").map(|pair| pair.1.trim().to_owned());
    (persons.map(PersonId).collect(), guest.unwrap_or_default())
}

/// One member of the list.
#[derive(Deserialize)]
pub struct PersonForm {
    pub person: PersonId,
}
