//! What the columns of each kind of file are, what people call them, and which column of a file is which (pure).
use super::Kind;
use crate::lang::{Lang, Message};
use crate::{msg, text_enum};

text_enum! {
    pub enum Column {
        Number = "number",
        Name = "name",
        Sex = "sex",
        Birth = "birth",
        Phone = "phone",
        Branch = "branch",
        Stage = "stage",
        Categories = "categories",
        Joined = "joined",
        Office = "office",
        Code = "code",
        Level = "level",
        Sort = "sort",
        Superior = "superior",
        Host = "host",
        Address = "address",
        Seats = "seats",
        Screen = "screen",
        Hours = "hours",
        Contact = "contact",
        Served = "served",
        Alliance = "alliance",
        Intro = "intro",
    }
}

use Column::*;

impl Kind {
    /// The columns in the order of the template.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Kind::Members => &[Number, Name, Sex, Birth, Phone, Branch, Stage, Categories, Joined, Office],
            Kind::Organizations => &[Code, Name, Level, Sort, Superior],
            Kind::Schools => &[Code, Name, Host, Address, Seats, Screen, Hours, Contact, Served, Alliance],
            Kind::Alliances => &[Code, Name, Sort, Intro],
        }
    }
    /// Without these no row can be read.
    pub const fn needed(self) -> &'static [Column] {
        &[Name]
    }
}

impl Column {
    /// The heading.
    pub fn words(self, kind: Kind) -> Message {
        match (self, kind) {
            (Number, _) => msg!("党员编号"),
            (Name, Kind::Members) => msg!("姓名"),
            (Name, Kind::Organizations) => msg!("组织名称"),
            (Name, Kind::Schools) => msg!("微党校名称"),
            (Name, Kind::Alliances) => msg!("联盟名称"),
            (Sex, _) => msg!("性别"),
            (Birth, _) => msg!("出生年份"),
            (Phone, _) => msg!("手机号"),
            (Branch, _) => msg!("所在支部"),
            (Stage, _) => msg!("发展阶段"),
            (Categories, _) => msg!("学习类别"),
            (Joined, _) => msg!("进入支部日期"),
            (Office, _) => msg!("党内职务"),
            (Code, _) => msg!("代码"),
            (Level, _) => msg!("层级"),
            (Sort, Kind::Alliances) => msg!("联盟类型"),
            (Sort, _) => msg!("组织类型"),
            (Superior, _) => msg!("上级组织"),
            (Host, _) => msg!("承办组织"),
            (Address, _) => msg!("地址"),
            (Seats, _) => msg!("座位数"),
            (Screen, _) => msg!("有无屏幕"),
            (Hours, _) => msg!("开放时间"),
            (Contact, _) => msg!("联系方式"),
            (Served, _) => msg!("服务支部"),
            (Alliance, _) => msg!("主联盟"),
            (Intro, _) => msg!("简介"),
        }
    }
    /// What else such a column is called in lists that people have.
    const fn synonyms(self) -> &'static [&'static str] {
        match self {
            Number => &["编号", "党员号", "党员证号", "证号", "党员代码", "memberno"],
            Name => &[
                "姓名",
                "党员姓名",
                "名字",
                "名称",
                "党员",
                "组织",
                "组织名称",
                "支部名称",
                "学校名称",
                "微党校",
                "联盟",
                "全称",
            ],
            Sex => &["男女"],
            Birth => &["出生日期", "出生年月", "出生年", "生日", "出生", "birthyear", "dateofbirth"],
            Phone => &["电话", "手机", "手机号码", "联系电话", "联系方式", "电话号码", "telephone", "mobile"],
            Branch => &["党支部", "支部", "所在党支部", "支部名称", "所属支部", "所在党组织", "党组织"],
            Stage => &["阶段", "人员类别", "党员类别", "政治面貌", "身份"],
            Categories => &["类别", "人员分类", "分类", "群体", "学习对象"],
            Joined => &["进入支部时间", "转入日期", "转入时间", "入支部日期", "加入日期", "进支部日期"],
            Office => &["职务", "支部职务", "党内职务名称", "任职"],
            Code => &["编码", "组织代码", "组织编码", "编号", "id"],
            Level => &["级别", "组织层级"],
            Sort => &["类型", "类别", "性质", "分类"],
            Superior => &["上级", "上级党组织", "所属上级", "所属党委", "隶属"],
            Host => &["承办", "承办单位", "主办组织", "所属组织", "依托组织"],
            Address => &["地点", "位置", "详细地址"],
            Seats => &["座位", "容纳人数", "可容纳人数"],
            Screen => &["屏幕", "电子屏", "大屏", "有屏幕"],
            Hours => &["开放时段", "时间"],
            Contact => &["电话", "联系电话", "联系人", "联系方式及电话"],
            Served => &["服务的支部", "覆盖支部", "服务党支部"],
            Alliance => &["联盟", "所属联盟", "主要联盟"],
            Intro => &["介绍", "说明", "联盟简介"],
        }
    }
    /// What may stand in it, for the notes of the template.
    pub fn hint(self, kind: Kind) -> Message {
        match (self, kind) {
            (Number, _) => msg!("党员证上的编号，不能重复。新党员必填；已有的党员按它认人"),
            (Name, Kind::Members) => msg!("必填，生僻字照写"),
            (Name, _) => msg!("必填"),
            (Sex, _) => msg!("男 或 女"),
            (Birth, _) => msg!("1968 或 1968-03-15，只保留年份"),
            (Phone, _) => msg!("手机或座机"),
            (Branch, _) => msg!("支部名称；有重名时写“党委/支部”，或写支部的代码"),
            (Stage, _) => msg!("入党申请人、入党积极分子、发展对象、预备党员、正式党员。新党员必填"),
            (Categories, _) => msg!("关键少数、在职、农村社区、离退休、流动、“两新”、学生，几项之间用顿号"),
            (Joined, _) => msg!("2019-07-01、2019.7.1 或 2019年7月1日；不写就从今天起"),
            (Office, _) => {
                msg!("书记、副书记、组织委员、宣传委员、纪检委员、小组长、单位负责人，几项之间用顿号")
            }
            (Code, _) => msg!("门户里的代码，导出时自带；新的不填"),
            (Level, _) => msg!("党委、党总支、党支部、党小组"),
            (Sort, Kind::Alliances) => msg!("分区域 或 分行业"),
            (Sort, _) => msg!("农村、社区、机关、国有企业、事业单位、“两新”组织、学校、流动党员、离退休"),
            (Superior, _) => msg!("上级的名称、“党委/党总支”或代码；可以是这个文件里的另一行"),
            (Host, _) => msg!("承办的党组织：名称、“党委/支部”或代码"),
            (Address, _) | (Hours, _) | (Contact, _) | (Intro, _) => msg!("文字"),
            (Seats, _) => msg!("数字"),
            (Screen, _) => msg!("有 或 无"),
            (Served, _) => msg!("支部的名称、“党委/支部”或代码，几个之间用顿号"),
            (Alliance, _) => msg!("联盟的名称"),
        }
    }
    /// How wide the column is, in characters.
    pub const fn width(self) -> u16 {
        match self {
            Branch | Superior | Host | Address | Served => 32,
            Intro => 48,
            Categories | Office | Hours | Contact => 20,
            _ => 14,
        }
    }
}

/// Words as they are compared: full-width signs as the usual ones, without spaces and brackets with remarks.
fn squeezed(heading: &str) -> String {
    let plain: String = super::read::half(heading).chars().filter(|c| !c.is_whitespace()).collect();
    let plain = plain.split(['(', '[', '【']).next().unwrap_or_default();
    plain.trim_matches(['*', ':', '_', '?']).to_lowercase()
}

/// What each heading is: its own word first, then what people call it; no column twice.
pub fn guess(kind: Kind, headings: &[String]) -> Vec<Option<Column>> {
    let said: Vec<String> = headings.iter().map(|heading| squeezed(heading)).collect();
    let mut found: Vec<Option<Column>> = vec![None; headings.len()];
    let mut rounds: Vec<(Column, Vec<String>)> = vec![];
    for column in kind.columns() {
        let words = column.words(kind);
        rounds.push((*column, [Lang::Zh, Lang::En].map(|lang| squeezed(&words.in_lang(lang))).to_vec()));
    }
    for column in kind.columns() {
        rounds.push((*column, column.synonyms().iter().map(|word| squeezed(word)).collect()));
    }
    for (column, words) in rounds {
        if found.contains(&Some(column)) {
            continue;
        }
        // In the order of the words: the likelier ones stand first.
        let place = words.iter().find_map(|word| {
            said.iter().enumerate().position(|(place, heading)| found[place].is_none() && heading == word)
        });
        if let Some(place) = place {
            found[place] = Some(column);
        }
    }
    found
}

/// The row with the headings, from 0: of the first ten the one in which most is known, if it is a name and one more.
pub fn heading_row(kind: Kind, rows: &[Vec<String>]) -> Option<usize> {
    let known = |row: &Vec<String>| {
        let found = guess(kind, row);
        let is_head = found.contains(&Some(Name)) && found.iter().flatten().count() >= 2;
        if is_head { found.iter().flatten().count() } else { 0 }
    };
    let best = rows.iter().take(10).enumerate().map(|(place, row)| (known(row), place));
    // Of equal ones the first.
    best.filter(|(count, _)| *count > 0)
        .max_by_key(|(count, place)| (*count, usize::MAX - *place))
        .map(|best| best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(text: &str) -> Vec<String> {
        text.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn headings_are_known_by_their_words_and_by_what_people_call_them_in_any_order() {
        let found =
            guess(Kind::Members, &headings("序号,所在党支部,党员姓名,手机（必填）,党员编号*,出生年月"));
        assert_eq!(found, [None, Some(Branch), Some(Name), Some(Phone), Some(Number), Some(Birth)]);
        let found = guess(Kind::Members, &headings("姓 名,党支部,姓名"));
        assert_eq!(found, [Some(Name), Some(Branch), None]);
        let found = guess(Kind::Organizations, &headings("上级党组织,名称,级别,类型,编码"));
        assert_eq!(found, [Some(Superior), Some(Name), Some(Level), Some(Sort), Some(Code)]);
    }

    #[test]
    fn every_own_heading_is_known_in_both_languages() {
        for kind in Kind::ALL {
            for lang in [Lang::Zh, Lang::En] {
                let own: Vec<_> =
                    kind.columns().iter().map(|column| column.words(*kind).in_lang(lang)).collect();
                let found: Vec<_> = kind.columns().iter().map(|column| Some(*column)).collect();
                assert_eq!(guess(*kind, &own), found, "{own:?}");
            }
        }
    }

    #[test]
    fn a_title_above_the_headings_is_passed_over() {
        let rows = ["全市党员名册,,", ",,", "姓名,编号,支部", "林秋实,D1,一支部"].map(headings);
        assert_eq!(heading_row(Kind::Members, &rows), Some(2));
        assert_eq!(heading_row(Kind::Members, &rows[3..]), None);
    }
}
