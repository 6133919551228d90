//! What the forms of members and transfers send; those of organisations and schools are in `places_forms`.
use super::EndReason;
use super::members::{Draft, What};
use super::plain;
use super::transfers::{Arrival, Goal};
use crate::access::Permission;
use crate::ids::OrgId;
use crate::lang::Message;
use crate::organization::Level;
use crate::people::{Category, Listing, Office, Stage};
use crate::web::form::{self, Errors, day, optional, text};
use crate::{msg, text_enum};
use chrono::NaiveDate;
use serde::Deserialize;

/// The longest name of a person or member number, and the longest remark.
const LONGEST_NAME: usize = 40;
pub(super) const LONGEST_NOTE: usize = 300;

text_enum! {
    /// Which change of a member a form is for.
    pub enum Topic {
        Stage = "stage",
        Category = "category",
        EndCategory = "end-category",
        Office = "office",
        EndOffice = "end-office",
        Stay = "stay",
        EndStay = "end-stay",
        Name = "name",
        Phone = "phone",
        BirthYear = "birth-year",
        End = "end",
    }
}

impl Topic {
    /// The heading of the form.
    pub fn words(self) -> Message {
        match self {
            Topic::Stage => msg!("改发展阶段"),
            Topic::Category => msg!("加入类别"),
            Topic::EndCategory => msg!("退出类别"),
            Topic::Office => msg!("登记任职"),
            Topic::EndOffice => msg!("登记免职"),
            Topic::Stay => msg!("登记流动"),
            Topic::EndStay => msg!("结束流动"),
            Topic::Name => msg!("更正姓名"),
            Topic::Phone => msg!("更正电话"),
            Topic::BirthYear => msg!("更正出生年份"),
            Topic::End => msg!("终止组织关系"),
        }
    }
    /// What is chosen or typed.
    pub fn label(self) -> Message {
        match self {
            Topic::Stage => msg!("新的阶段"),
            Topic::Category | Topic::EndCategory => msg!("类别"),
            Topic::Office | Topic::EndOffice => msg!("职务"),
            Topic::Stay | Topic::EndStay => msg!("活动证号（可不填）"),
            Topic::Name => msg!("姓名"),
            Topic::Phone => msg!("电话"),
            Topic::BirthYear => msg!("出生年份"),
            Topic::End => msg!("原因"),
        }
    }
    /// Whoever moves members does these; the others need the whole roster.
    pub fn permission(self) -> Permission {
        match self {
            Topic::Stage | Topic::Category | Topic::EndCategory | Topic::Stay | Topic::EndStay => {
                Permission::MoveMembers
            }
            _ => Permission::EditRoster,
        }
    }
    /// At which levels the organisation is that the form asks for, if it does.
    pub fn levels(self) -> &'static [Level] {
        match self {
            Topic::Office => Level::ALL,
            Topic::Stay => &[Level::Branch],
            _ => &[],
        }
    }
    /// Whether a row ends, which the form names.
    pub fn is_end(self) -> bool {
        matches!(self, Topic::EndCategory | Topic::EndOffice | Topic::EndStay)
    }
    /// Whether a list is chosen from.
    pub fn is_choice(self) -> bool {
        matches!(self, Topic::Stage | Topic::Category | Topic::Office | Topic::End)
    }
}

/// A change of a member.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct MemberForm {
    pub what: String,
    /// The row that ends.
    pub row: String,
    /// What is chosen or typed, as the topic asks.
    pub value: String,
    /// An organisation by its number or name.
    pub org: String,
    pub day: String,
    pub note: String,
    pub key: String,
}

impl MemberForm {
    pub fn topic(&self) -> Option<Topic> {
        Topic::of(&self.what)
    }
    /// The row that is named, 0 if none is.
    pub fn row(&self) -> i64 {
        self.row.parse().unwrap_or_default()
    }
    /// The change; `org` is the organisation that was meant.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(
        &self,
        topic: Topic,
        org: Result<Option<OrgId>, Message>,
        year: i32,
    ) -> Result<(Draft, String), Errors> {
        let mut errors = Errors::default();
        let org = errors.take("org", org).flatten();
        let value = errors.take("value", self.what_of(topic, org, year));
        let day = errors.take("day", day(&self.day));
        let note = errors.take("note", optional(&self.note, LONGEST_NOTE));
        let key = errors.take("key", form::key(&self.key));
        match (value, day, note, key) {
            (Some(Some(what)), Some(day), Some(note), Some(key)) if errors.is_empty() => {
                Ok((Draft { what, day, note }, key))
            }
            _ => Err(errors),
        }
    }
    /// `None` where the organisation is missing, which has its own message.
    fn what_of(&self, topic: Topic, org: Option<OrgId>, year: i32) -> Result<Option<What>, Message> {
        let choose = || msg!("请选一项");
        let value = self.value.trim();
        Ok(Some(match topic {
            Topic::Stage => What::Stage(Stage::of(value).ok_or_else(choose)?),
            Topic::Category => What::BeginCategory(Category::of(value).ok_or_else(choose)?),
            Topic::EndCategory => What::EndCategory(self.row()),
            Topic::EndOffice => What::EndOffice(self.row()),
            Topic::EndStay => What::EndStay(self.row()),
            Topic::Office => {
                let office = Office::of(value).ok_or_else(choose)?;
                return Ok(org.map(|org| What::BeginOffice(office, org)));
            }
            Topic::Stay => {
                let card = optional(value, LONGEST_NAME)?;
                return Ok(org.map(|org| What::BeginStay(org, card)));
            }
            Topic::Name => What::Name(name(value)?),
            Topic::Phone => What::Phone(phone(value)?),
            Topic::BirthYear => What::BirthYear(birth_year(value, year)?),
            Topic::End => {
                let reason = EndReason::of(value).filter(|it| EndReason::ENTERED.contains(it));
                What::End(reason.ok_or_else(choose)?)
            }
        }))
    }
}

fn name(sent: &str) -> Result<String, Message> {
    text(&sent.replace('\n', " "), LONGEST_NAME)
}

fn phone(sent: &str) -> Result<Option<String>, Message> {
    let sent = optional(sent, LONGEST_NAME)?;
    if sent.is_empty() {
        return Ok(None);
    }
    plain::phone(&sent).map(Some).ok_or_else(|| msg!("要有 5 到 20 位数字，可以有 + 和 -"))
}

fn birth_year(sent: &str, year: i32) -> Result<Option<i32>, Message> {
    let sent = sent.trim();
    if sent.is_empty() {
        return Ok(None);
    }
    let read = sent.parse().ok().filter(|born| (1900..=year).contains(born));
    read.map(Some).ok_or_else(|| msg!("写四位数的年份，例如 1968"))
}

/// The filters of the list. What cannot be read as a filter is none.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ListQuery {
    pub name: String,
    pub org: String,
    pub stage: String,
    pub category: String,
    pub former: String,
    pub page: Option<String>,
}

impl ListQuery {
    pub fn listing(&self) -> Listing {
        Listing {
            text: optional(&self.name, 80).unwrap_or_default(),
            stage: Stage::of(&self.stage),
            category: Category::of(&self.category),
            is_former: self.former == "1",
        }
    }
    /// The organisation that is asked for; empty is all.
    pub fn org(&self) -> String {
        optional(&self.org, 80).unwrap_or_default()
    }
}

/// A proposal to move a member.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct TransferForm {
    pub person: String,
    /// A branch by its number or name.
    pub org: String,
    /// A place outside the city, instead.
    pub place: String,
    pub key: String,
}

impl TransferForm {
    /// Where to, and the key; `org` is the branch that was meant.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(&self, org: Result<Option<OrgId>, Message>) -> Result<(Goal, String), Errors> {
        let mut errors = Errors::default();
        let org = errors.take("org", org);
        let place = errors.take("place", optional(&self.place.replace('\n', " "), 80));
        let key = errors.take("key", form::key(&self.key));
        let (Some(org), Some(place), Some(key)) = (org, place, key) else { return Err(errors) };
        match (org, place.is_empty()) {
            (Some(org), true) => Ok((Goal::Branch(org), key)),
            (None, false) => Ok((Goal::Outside(place), key)),
            (None, true) => Err(errors.with("org", msg!("写市内的支部，或写市外的地方"))),
            (Some(_), false) => Err(errors.with("place", msg!("市内的支部和市外的地方只填一个"))),
        }
    }
}

/// Somebody who comes from outside.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ArrivalForm {
    pub org: String,
    pub place: String,
    pub name: String,
    pub phone: String,
    pub birth_year: String,
    pub member_no: String,
    pub stage: String,
    pub category: String,
    pub day: String,
    pub key: String,
}

impl ArrivalForm {
    /// The new person, and the key; `org` is the branch that was meant.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(&self, org: Result<Option<OrgId>, Message>, year: i32) -> Result<(Arrival, String), Errors> {
        let mut errors = Errors::default();
        let org = errors.take("org", org.and_then(|org| org.ok_or_else(|| msg!("请填写"))));
        let place = errors.take("place", text(&self.place.replace('\n', " "), 80));
        let name = errors.take("name", name(&self.name));
        let phone = errors.take("phone", phone(&self.phone));
        let birth_year = errors.take("birth_year", birth_year(&self.birth_year, year));
        let number = errors.take("member_no", text(&plain::squeezed(&self.member_no), LONGEST_NAME));
        let stage = errors.take("stage", Stage::of(&self.stage).ok_or_else(|| msg!("请选一项")));
        let day: Option<NaiveDate> = errors.take("day", day(&self.day));
        let key = errors.take("key", form::key(&self.key));
        let (Some(branch), Some(place), Some(name), Some(phone), Some(birth_year)) =
            (org, place, name, phone, birth_year)
        else {
            return Err(errors);
        };
        let (Some(member_no), Some(stage), Some(day), Some(key)) = (number, stage, day, key) else {
            return Err(errors);
        };
        let category = Category::of(&self.category);
        Ok((Arrival { branch, place, name, phone, birth_year, member_no, stage, category, day }, key))
    }
}

/// Why a transfer is refused.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct ReasonForm {
    pub reason: String,
}

impl ReasonForm {
    /// The reason.
    ///
    /// # Errors
    /// Empty or too long.
    pub fn check(&self) -> Result<String, Errors> {
        let mut errors = Errors::default();
        errors.take("reason", text(&self.reason, LONGEST_NOTE)).ok_or(errors)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(what: &str, value: &str) -> MemberForm {
        MemberForm {
            what: what.into(),
            value: value.into(),
            day: "2026-03-01".into(),
            key: "0123456789abcdef0123456789abcdef".into(),
            ..MemberForm::default()
        }
    }

    fn what(topic: Topic, value: &str, org: Option<OrgId>) -> Option<What> {
        form(topic.as_str(), value).check(topic, Ok(org), 2026).map(|(draft, _)| draft.what).ok()
    }

    #[test]
    fn each_topic_reads_its_own_value() {
        assert_eq!(what(Topic::Stage, "full", None), Some(What::Stage(Stage::Full)));
        assert_eq!(what(Topic::Stage, "", None), None);
        assert_eq!(
            what(Topic::Office, "deputy", Some(OrgId(3))),
            Some(What::BeginOffice(Office::Deputy, OrgId(3)))
        );
        assert_eq!(what(Topic::Office, "deputy", None), None, "an office is held somewhere");
        assert_eq!(what(Topic::Phone, "", None), Some(What::Phone(None)));
        for wrong in ["十二", "120", "1234", "-"] {
            assert_eq!(what(Topic::Phone, wrong, None), None, "{wrong}");
        }
        let plain = Some(What::Phone(Some("13800000001".into())));
        assert_eq!(what(Topic::Phone, "１３８ 0000 0001", None), plain);
        assert_eq!(what(Topic::BirthYear, "1968", None), Some(What::BirthYear(Some(1968))));
        assert_eq!(what(Topic::BirthYear, "2027", None), None);
        assert_eq!(what(Topic::End, "left", None), Some(What::End(EndReason::Left)));
        assert_eq!(what(Topic::End, "moved_away", None), None, "moving away is a transfer");
        assert_eq!(what(Topic::Name, " ", None), None);
    }

    #[test]
    fn a_transfer_goes_to_a_branch_or_out_of_the_city() {
        let form = |place: &str| TransferForm {
            place: place.into(),
            key: "0123456789abcdef0123456789abcdef".into(),
            ..TransferForm::default()
        };
        let goal = |place: &str, org| form(place).check(Ok(org)).map(|(goal, _)| goal).unwrap();
        assert_eq!(goal("", Some(OrgId(3))), Goal::Branch(OrgId(3)));
        assert_eq!(goal("邻市某支部", None), Goal::Outside("邻市某支部".into()));
        let is_refused = |place: &str, org| form(place).check(Ok(org)).is_err();
        assert!(is_refused("", None) && is_refused("邻市某支部", Some(OrgId(3))));
    }
}
