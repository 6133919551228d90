//! What the forms of settings send.
use crate::accounts;
use crate::lang::Message;
use crate::msg;
use crate::site::{OFFERED, REQUIRED, Setting};
use crate::web::form::{Errors, optional, text};
use chrono::{Duration, NaiveDate};
use serde::Deserialize;

/// The first-run page.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SetupForm {
    pub code: String,
    pub city: String,
    pub organizer: String,
    pub help_phone: String,
    pub help_hours: String,
    pub filing_number: String,
    pub police_number: String,
    pub name: String,
    pub username: String,
    pub password: String,
    pub again: String,
}

impl SetupForm {
    pub fn check(&self) -> Result<(), Errors> {
        let mut errors = Errors::default();
        errors.take("code", text(&self.code, 20));
        errors.take("city", text(&self.city, 80));
        for (name, sent) in [
            ("organizer", &self.organizer),
            ("help_phone", &self.help_phone),
            ("help_hours", &self.help_hours),
            ("filing_number", &self.filing_number),
            ("police_number", &self.police_number),
        ] {
            errors.take(name, optional(sent, 80));
        }
        errors.take("name", text(&self.name, 80));
        errors.take("username", username(&self.username));
        errors.take("password", accounts::check_password(&self.password, &self.username));
        if self.password != self.again {
            errors.take::<()>("again", Err(msg!("两次填写的密码不一样")));
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// An account name that can be typed anywhere.
fn username(sent: &str) -> Result<String, Message> {
    let name = text(sent, 40)?;
    let fits = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits { Ok(name) } else { Err(msg!("只用字母、数字、点、横线和下划线")) }
}

/// A new value of a setting, and the day from which it holds.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub struct SettingForm {
    pub value: String,
    pub valid_from: String,
}

impl SettingForm {
    pub fn check(&self, setting: Setting, today: NaiveDate) -> Result<(String, NaiveDate), Errors> {
        let mut errors = Errors::default();
        let value = match setting {
            Setting::SecondFactor if [REQUIRED, OFFERED].contains(&self.value.as_str()) => {
                Ok(self.value.clone())
            }
            Setting::SecondFactor => Err(msg!("请选一项")),
            Setting::City => text(&self.value, setting.longest()),
            setting if setting.number().is_some() => number(&self.value, setting),
            _ => optional(&self.value, setting.longest()),
        };
        let value = errors.take("value", value);
        let day = errors.take("valid_from", day(&self.valid_from, today));
        match (value, day) {
            (Some(value), Some(day)) => Ok((value, day)),
            _ => Err(errors),
        }
    }
}

/// A number between the ends of its setting.
fn number(sent: &str, setting: Setting) -> Result<String, Message> {
    let (least, most) = setting.number().map_or((0, 0), |number| (number.least, number.most));
    match sent.trim().parse::<i64>() {
        Ok(number) if (least..=most).contains(&number) => Ok(number.to_string()),
        _ => Err(msg!("写 {} 到 {} 之间的整数", least, most)),
    }
}

/// A day from today on, at most a year ahead; today where nothing is said.
pub fn day(sent: &str, today: NaiveDate) -> Result<NaiveDate, Message> {
    if sent.trim().is_empty() {
        return Ok(today);
    }
    let day: NaiveDate = sent.trim().parse().map_err(|_| msg!("日期请写成 2026-01-31 这样"))?;
    if day < today || day > today + Duration::days(366) {
        return Err(msg!("请选今天以后、一年以内的日期"));
    }
    Ok(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_holds_from_today_or_a_day_within_a_year() {
        let today = "2026-11-24".parse().unwrap();
        let check = |setting, value: &str, day: &str| {
            SettingForm { value: value.into(), valid_from: day.into() }.check(setting, today)
        };
        assert_eq!(check(Setting::HelpPhone, " 028 ", ""), Ok(("028".into(), today)));
        assert_eq!(check(Setting::City, "甲市", "2027-01-01").unwrap().1.to_string(), "2027-01-01");
        for (setting, value, day) in [
            (Setting::City, "", ""),
            (Setting::SecondFactor, "perhaps", ""),
            (Setting::RetentionViews, "29", ""),
            (Setting::RetentionViews, "a year", ""),
            (Setting::RetentionSignIns, "179", ""),
            (Setting::RetentionNotices, "36501", ""),
            (Setting::HelpPhone, &"1".repeat(81) as &str, ""),
            (Setting::HelpPhone, "1", "2026-11-23"),
            (Setting::HelpPhone, "1", "2028-01-01"),
            (Setting::HelpPhone, "1", "tomorrow"),
            (Setting::HelpPhone, "a\0b", ""),
        ] {
            assert!(check(setting, value, day).is_err(), "{setting:?} {value:?} {day:?}");
        }
    }

    #[test]
    fn an_account_name_can_be_typed_anywhere() {
        assert!(username("li.ming-2").is_ok());
        for bad in ["", "李明", "a b", "a/b", &"a".repeat(41)] {
            assert!(username(bad).is_err(), "{bad}");
        }
    }
}
