//! What the forms of organisations, schools and alliances send.
use super::forms::LONGEST_NOTE;
use super::reorganize::What;
use crate::ids::{AllianceId, OrgId};
use crate::lang::Message;
use crate::organization::{Level, OrgKind};
use crate::schools::{Alliance, AllianceKind, NewAlliance, NewSchool, School};
use crate::web::form::{self, Errors, day, optional, text};
use crate::{msg, text_enum};
use chrono::NaiveDate;
use serde::Deserialize;

text_enum! {
    /// Which change of an organisation a form is for.
    pub enum OrgTopic {
        Add = "add",
        Rename = "rename",
        Kind = "kind",
        Move = "move",
        Split = "split",
        Merge = "merge",
        Close = "close",
    }
}

impl OrgTopic {
    /// The heading of the form.
    pub fn words(self) -> Message {
        match self {
            OrgTopic::Add => msg!("建立下级组织"),
            OrgTopic::Rename => msg!("改名称"),
            OrgTopic::Kind => msg!("改类型"),
            OrgTopic::Move => msg!("换上级"),
            OrgTopic::Split => msg!("拆分"),
            OrgTopic::Merge => msg!("并入另一个"),
            OrgTopic::Close => msg!("撤销"),
        }
    }
    /// Whether a name is typed.
    pub fn has_name(self) -> bool {
        matches!(self, OrgTopic::Add | OrgTopic::Rename | OrgTopic::Split)
    }
    /// Whether a kind is chosen.
    pub fn has_kind(self) -> bool {
        matches!(self, OrgTopic::Add | OrgTopic::Kind)
    }
    /// Whether another organisation is named.
    pub fn has_org(self) -> bool {
        matches!(self, OrgTopic::Move | OrgTopic::Merge)
    }
    /// Which of these organisations it is for.
    pub fn fits(self, level: Level) -> bool {
        match self {
            OrgTopic::Add => level != Level::Group,
            OrgTopic::Rename | OrgTopic::Kind => true,
            OrgTopic::Split | OrgTopic::Merge => matches!(level, Level::Branch | Level::GeneralBranch),
            OrgTopic::Move | OrgTopic::Close => level != Level::City,
        }
    }
}

/// A change of an organisation.
#[derive(Default, Clone)]
pub struct OrgForm {
    pub what: String,
    pub name: String,
    pub level: String,
    pub kind: String,
    /// Another organisation by its number or name.
    pub org: String,
    pub day: String,
    pub key: String,
    /// Members or organisations that are chosen.
    pub chosen: Vec<i64>,
}

impl OrgForm {
    /// From the pairs of a form or a query: of `chosen` there may be many.
    pub fn sent(pairs: Vec<(String, String)>) -> OrgForm {
        let mut form = OrgForm::default();
        for (name, value) in pairs {
            match name.as_str() {
                "what" => form.what = value,
                "name" => form.name = value,
                "level" => form.level = value,
                "kind" => form.kind = value,
                "org" => form.org = value,
                "day" => form.day = value,
                "key" => form.key = value,
                "chosen" => form.chosen.extend(value.parse::<i64>()),
                _ => {}
            }
        }
        form.chosen.sort_unstable();
        form.chosen.dedup();
        form
    }
    pub fn topic(&self) -> Option<OrgTopic> {
        OrgTopic::of(&self.what)
    }
    pub fn is_chosen(&self, id: &i64) -> bool {
        self.chosen.contains(id)
    }
    /// The change with its day and key; `org` is the organisation that was meant.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(
        &self,
        topic: OrgTopic,
        org: Result<Option<OrgId>, Message>,
    ) -> Result<(What, NaiveDate, String), Errors> {
        let mut errors = Errors::default();
        let name = if topic.has_name() { text(&self.name.replace('\n', " "), 60) } else { Ok(String::new()) };
        let name = errors.take("name", name);
        let choose = || msg!("请选一项");
        let level = match topic {
            OrgTopic::Add => Level::of(&self.level).ok_or_else(choose),
            _ => Ok(Level::Branch),
        };
        let level = errors.take("level", level);
        let kind =
            if topic.has_kind() { OrgKind::of(&self.kind).ok_or_else(choose) } else { Ok(OrgKind::Rural) };
        let kind = errors.take("kind", kind);
        let org = match topic.has_org() {
            true => org.and_then(|org| org.ok_or_else(|| msg!("请填写"))),
            false => Ok(OrgId(0)),
        };
        let org = errors.take("org", org);
        let day = errors.take("day", day(&self.day));
        let key = errors.take("key", form::key(&self.key));
        let (Some(name), Some(level), Some(kind), Some(org)) = (name, level, kind, org) else {
            return Err(errors);
        };
        let (Some(day), Some(key)) = (day, key) else { return Err(errors) };
        let what = match topic {
            OrgTopic::Add => What::Add(level, kind, name),
            OrgTopic::Rename => What::Rename(name),
            OrgTopic::Kind => What::Kind(kind),
            OrgTopic::Move => What::Move(org),
            OrgTopic::Split => What::Split(name, self.chosen.clone()),
            OrgTopic::Merge => What::Merge(org),
            OrgTopic::Close => What::Close,
        };
        Ok((what, day, key))
    }
}

/// A school, as it is typed.
#[derive(Default, Clone)]
pub struct SchoolForm {
    pub name: String,
    /// The host by its number or name.
    pub host: String,
    pub address: String,
    pub seats: String,
    pub screen: String,
    pub hours: String,
    pub contact: String,
    /// A branch that is to use it too, by its number or name.
    pub add: String,
    /// Branches that use it still, and those whose own school it is.
    pub branches: Vec<i64>,
    pub own: Vec<i64>,
    pub primary: String,
    pub alliances: Vec<i64>,
    pub key: String,
}

/// What a school form asks for, when it is right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchoolDraft {
    pub school: NewSchool,
    pub branches: Vec<OrgId>,
    pub own: Vec<OrgId>,
    pub add: Option<OrgId>,
    /// The primary one first.
    pub alliances: Vec<AllianceId>,
    pub key: String,
}

impl SchoolForm {
    /// What a school is now.
    pub fn of(
        school: &School,
        served: &[(OrgId, String, bool)],
        alliances: &[(AllianceId, bool)],
    ) -> SchoolForm {
        SchoolForm {
            name: school.name.clone(),
            host: school.host.to_string(),
            address: school.address.clone(),
            seats: school.seats.to_string(),
            screen: if school.has_screen { "1".into() } else { String::new() },
            hours: school.opening_hours.clone(),
            contact: school.contact.clone(),
            add: String::new(),
            branches: served.iter().map(|one| one.0.0).collect(),
            own: served.iter().filter(|one| one.2).map(|one| one.0.0).collect(),
            primary: alliances.iter().find(|one| one.1).map(|one| one.0.to_string()).unwrap_or_default(),
            alliances: alliances.iter().filter(|one| !one.1).map(|one| one.0.0).collect(),
            key: String::new(),
        }
    }
    /// From the pairs of a form.
    pub fn sent(pairs: Vec<(String, String)>) -> SchoolForm {
        let mut form = SchoolForm::default();
        for (name, value) in pairs {
            match name.as_str() {
                "name" => form.name = value,
                "host" => form.host = value,
                "address" => form.address = value,
                "seats" => form.seats = value,
                "screen" => form.screen = value,
                "hours" => form.hours = value,
                "contact" => form.contact = value,
                "add" => form.add = value,
                "branch" => form.branches.extend(value.parse::<i64>()),
                "own" => form.own.extend(value.parse::<i64>()),
                "primary" => form.primary = value,
                "alliance" => form.alliances.extend(value.parse::<i64>()),
                "key" => form.key = value,
                _ => {}
            }
        }
        form
    }
    pub fn serves(&self, id: &OrgId) -> bool {
        self.branches.contains(&id.0)
    }
    pub fn is_own(&self, id: &OrgId) -> bool {
        self.own.contains(&id.0)
    }
    pub fn is_in(&self, id: &AllianceId) -> bool {
        self.alliances.contains(&id.0)
    }
    pub fn is_primary(&self, id: &AllianceId) -> bool {
        self.primary == id.to_string()
    }
    /// What it asks for; `host` and `add` are the organisations that were meant.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(
        &self,
        host: Result<Option<OrgId>, Message>,
        add: Result<Option<OrgId>, Message>,
    ) -> Result<SchoolDraft, Errors> {
        let mut errors = Errors::default();
        let line = |sent: &str, longest| text(&sent.replace('\n', " "), longest);
        let name = errors.take("name", line(&self.name, 60));
        let host = errors.take("host", host.and_then(|host| host.ok_or_else(|| msg!("请填写"))));
        let address = errors.take("address", line(&self.address, 120));
        let seats = self.seats.trim().parse().ok().filter(|seats| (0..=10_000).contains(seats));
        let seats: Option<i32> = errors.take("seats", seats.ok_or_else(|| msg!("写一个 0 到 10000 的数")));
        let opening_hours = errors.take("hours", line(&self.hours, 120));
        let contact = errors.take("contact", line(&self.contact, 80));
        let add = errors.take("add", add);
        let primary = self.primary.parse().map(AllianceId).map_err(|_| msg!("请选一项"));
        let primary = errors.take("primary", primary);
        let key = errors.take("key", form::key(&self.key));
        let (Some(name), Some(host), Some(address), Some(seats)) = (name, host, address, seats) else {
            return Err(errors);
        };
        let (Some(opening_hours), Some(contact), Some(add)) = (opening_hours, contact, add) else {
            return Err(errors);
        };
        let (Some(primary), Some(key)) = (primary, key) else { return Err(errors) };
        let mut alliances = vec![primary];
        for id in &self.alliances {
            if !alliances.contains(&AllianceId(*id)) {
                alliances.push(AllianceId(*id));
            }
        }
        let has_screen = self.screen == "1";
        let ids = |some: &[i64]| some.iter().copied().map(OrgId).collect();
        Ok(SchoolDraft {
            school: NewSchool { name, host, address, seats, has_screen, opening_hours, contact },
            branches: ids(&self.branches),
            own: ids(&self.own),
            add,
            alliances,
            key,
        })
    }
}

/// An alliance, as it is typed.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct AllianceForm {
    pub name: String,
    pub kind: String,
    pub intro: String,
    pub key: String,
}

impl AllianceForm {
    /// What an alliance is now.
    pub fn of(alliance: &Alliance) -> AllianceForm {
        AllianceForm {
            name: alliance.name.clone(),
            kind: alliance.kind.as_str().to_owned(),
            intro: alliance.intro.clone(),
            key: String::new(),
        }
    }
    /// What it asks for, and the key.
    ///
    /// # Errors
    /// What is wrong, by field.
    pub fn check(&self) -> Result<(NewAlliance, String), Errors> {
        let mut errors = Errors::default();
        let name = errors.take("name", text(&self.name.replace('\n', " "), 60));
        let kind = errors.take("kind", AllianceKind::of(&self.kind).ok_or_else(|| msg!("请选一项")));
        let intro = errors.take("intro", optional(&self.intro, LONGEST_NOTE));
        let key = errors.take("key", form::key(&self.key));
        match (name, kind, intro, key) {
            (Some(name), Some(kind), Some(intro), Some(key)) => Ok((NewAlliance { name, kind, intro }, key)),
            _ => Err(errors),
        }
    }
}
