//! Words of lists and what they mean: stages, categories, offices, levels, kinds (pure).
use super::read::squeezed;
use crate::lang::{Lang, Message};
use crate::msg;
use crate::organization::{Level, OrgKind};
use crate::people::{Category, Office, Stage};
use crate::schools::AllianceKind;

pub fn office(office: Office) -> Message {
    match office {
        Office::Secretary => msg!("书记"),
        Office::Deputy => msg!("副书记"),
        Office::OrgMember => msg!("组织委员"),
        Office::PublicityMember => msg!("宣传委员"),
        Office::DisciplineMember => msg!("纪检委员"),
        Office::GroupLeader => msg!("小组长"),
        Office::UnitHead => msg!("单位负责人"),
    }
}

pub fn level(level: Level) -> Message {
    match level {
        Level::City => msg!("市委"),
        Level::Committee => msg!("党委"),
        Level::GeneralBranch => msg!("党总支"),
        Level::Branch => msg!("党支部"),
        Level::Group => msg!("党小组"),
    }
}

/// The one of `all` whose words these are, in either language, or that is called so besides.
fn meant<T: Copy>(said: &str, all: &[T], words: impl Fn(T) -> Message, others: &[(&str, T)]) -> Option<T> {
    let plain = |text: &str| squeezed(text).replace(['“', '”', '"', '"', '「', '」'], "").to_lowercase();
    let said = plain(said);
    let is_it =
        |one: &&T| [Lang::Zh, Lang::En].iter().any(|lang| plain(&words(**one).in_lang(*lang)) == said);
    let other = others.iter().find(|(word, _)| plain(word) == said).map(|(_, one)| *one);
    all.iter().find(is_it).copied().or(other)
}

pub fn stage_of(said: &str) -> Option<Stage> {
    let others = [
        ("申请人", Stage::Applicant),
        ("积极分子", Stage::Activist),
        ("预备", Stage::Probationary),
        ("中共预备党员", Stage::Probationary),
        ("正式", Stage::Full),
        ("党员", Stage::Full),
        ("中共党员", Stage::Full),
    ];
    meant(said, Stage::ALL, Stage::words, &others)
}

pub fn category_of(said: &str) -> Option<Category> {
    let others = [
        ("在职党员", Category::InService),
        ("农村", Category::RuralCommunity),
        ("社区", Category::RuralCommunity),
        ("农村社区党员", Category::RuralCommunity),
        ("退休", Category::Retired),
        ("离退休党员", Category::Retired),
        ("流动党员", Category::Mobile),
        ("两新党员", Category::TwoNew),
        ("学生党员", Category::Student),
    ];
    meant(said, Category::ALL, Category::words, &others)
}

pub fn office_of(said: &str) -> Option<Office> {
    let others = [
        ("党支部书记", Office::Secretary),
        ("支部书记", Office::Secretary),
        ("支部副书记", Office::Deputy),
        ("党小组长", Office::GroupLeader),
        ("党小组组长", Office::GroupLeader),
        ("纪律检查委员", Office::DisciplineMember),
    ];
    meant(said, Office::ALL, office, &others)
}

pub fn level_of(said: &str) -> Option<Level> {
    let others = [
        ("基层党委", Level::Committee),
        ("总支", Level::GeneralBranch),
        ("支部", Level::Branch),
        ("branch", Level::Branch),
        ("小组", Level::Group),
    ];
    meant(said, Level::ALL, level, &others)
}

pub fn org_kind_of(said: &str) -> Option<OrgKind> {
    let others = [("国企", OrgKind::StateOwned), ("两新", OrgKind::TwoNew), ("流动", OrgKind::Mobile)];
    meant(said, OrgKind::ALL, OrgKind::words, &others)
}

pub fn alliance_kind_of(said: &str) -> Option<AllianceKind> {
    let others = [("区域", AllianceKind::Area), ("行业", AllianceKind::Industry)];
    meant(said, AllianceKind::ALL, AllianceKind::words, &others)
}

/// `f` or `m`, as the database keeps it.
pub fn sex_of(said: &str) -> Option<&'static str> {
    match squeezed(said).to_lowercase().as_str() {
        "女" | "女性" | "f" | "female" => Some("f"),
        "男" | "男性" | "m" | "male" => Some("m"),
        _ => None,
    }
}

pub fn sex(kept: &str) -> &'static str {
    if kept == "f" { "女" } else { "男" }
}

/// Whether there is a screen.
pub fn yes_of(said: &str) -> Option<bool> {
    match squeezed(said).to_lowercase().as_str() {
        "有" | "是" | "√" | "✓" | "yes" | "y" | "true" | "1" => Some(true),
        "无" | "没有" | "否" | "×" | "no" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// The words with the Chinese sign between.
pub fn listed(words: impl IntoIterator<Item = Message>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join("、")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_what_people_mean_by_them() {
        assert_eq!(stage_of("正式党员"), Some(Stage::Full));
        assert_eq!(stage_of("预备 党员"), Some(Stage::Probationary));
        assert_eq!(stage_of("群众"), None);
        assert_eq!(category_of("“两新”"), Some(Category::TwoNew));
        assert_eq!(category_of("两新"), Some(Category::TwoNew));
        assert_eq!(office_of("支部书记"), Some(Office::Secretary));
        assert_eq!(level_of("支部"), Some(Level::Branch));
        assert_eq!(org_kind_of("两新组织"), Some(OrgKind::TwoNew));
        assert_eq!(alliance_kind_of("分行业"), Some(AllianceKind::Industry));
        assert_eq!((sex_of("女"), sex_of("未知")), (Some("f"), None));
    }

    #[test]
    fn what_is_written_out_is_read_back() {
        for one in Stage::ALL {
            assert_eq!(stage_of(&one.words().to_string()), Some(*one));
        }
        for one in Category::ALL {
            assert_eq!(category_of(&one.words().to_string()), Some(*one));
        }
        for one in Office::ALL {
            assert_eq!(office_of(&office(*one).to_string()), Some(*one));
        }
        for one in OrgKind::ALL {
            assert_eq!(org_kind_of(&one.words().to_string()), Some(*one));
        }
        for one in Level::ALL {
            assert_eq!(level_of(&level(*one).to_string()), Some(*one));
        }
    }
}
