//! Questions as rows of a table, both ways (pure). Headings and words are taken in Chinese and in English.
use super::Question;
use super::exchange::{Bad, Item, Place, Read};
use super::question::{Choice, Content, Kind, MOST_CHOICES, Part, fold, letter, truth};
use crate::error::Result;
use crate::lang::{Lang, Message};
use crate::msg;
use crate::web::sheet::{Cell, Sheet};

/// Codes of the template's examples begin with one of these; such rows are passed over.
const EXAMPLES: [&str; 2] = ["示例", "example"];

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Of(Part),
    Choice(usize),
}

impl Column {
    fn all() -> Vec<Column> {
        let mut all = vec![Column::Of(Part::Code), Column::Of(Part::Kind), Column::Of(Part::Stem)];
        all.extend((0..MOST_CHOICES).map(Column::Choice));
        all.extend([Column::Of(Part::Answer), Column::Of(Part::Explanation), Column::Of(Part::Chapter)]);
        all
    }
    fn words(self) -> Message {
        match self {
            Column::Of(part) => part.words(),
            Column::Choice(place) => msg!("选项 {}", letter(place)),
        }
    }
    fn width(self) -> u16 {
        match self {
            Column::Of(Part::Stem | Part::Explanation) => 48,
            Column::Of(Part::Chapter | Part::Kind) => 10,
            Column::Of(_) => 14,
            Column::Choice(_) => 18,
        }
    }
    /// The column with this heading.
    fn of(heading: &str) -> Option<Column> {
        let said = squeezed(heading);
        Column::all()
            .into_iter()
            .find(|column| both(&column.words()).iter().any(|word| squeezed(word) == said))
    }
}

fn both(message: &Message) -> [String; 2] {
    [message.in_lang(Lang::Zh), message.in_lang(Lang::En)]
}

/// Words as they are compared: whatever their width, letters and spaces.
fn squeezed(text: &str) -> String {
    fold(text).split_whitespace().collect()
}

fn kind_of(text: &str) -> Option<Kind> {
    let said = squeezed(text);
    Kind::ALL.iter().copied().find(|kind| {
        let short = match kind {
            Kind::Single => ["单选", "single choice"],
            Kind::Multiple => ["多选", "multiple choice"],
            Kind::Boolean => ["判断", "true/false"],
            Kind::Fill => ["填空", "fill in"],
        };
        both(&kind.words()).iter().any(|word| squeezed(word) == said)
            || short.iter().any(|word| squeezed(word) == said)
            || kind.as_str() == said
    })
}

fn truth_of(text: &str) -> Option<bool> {
    match squeezed(text).as_str() {
        "正确" | "对" | "是" | "√" | "✓" | "t" | "true" | "yes" => Some(true),
        "错误" | "错" | "否" | "×" | "✗" | "x" | "f" | "false" | "no" => Some(false),
        _ => None,
    }
}

/// The places of the letters of an answer: `ABD`, `A, B`, `ａ、ｂ`.
fn letters(text: &str) -> Option<Vec<usize>> {
    let said: String =
        squeezed(text).chars().filter(|c| !matches!(c, ',' | '、' | ';' | '/' | '.' | '。')).collect();
    said.chars().map(|c| (0..MOST_CHOICES).find(|place| letter(*place).eq_ignore_ascii_case(&c))).collect()
}

fn row_of(code: &str, content: &Content, lang: Lang) -> Vec<Cell> {
    let choice = |place: usize| match content.kind {
        Kind::Single | Kind::Multiple => content.choices.get(place).map_or("", |choice| choice.text.as_str()),
        Kind::Boolean | Kind::Fill => "",
    };
    let right = content.choices.iter().enumerate().filter(|(_, choice)| choice.is_right);
    let answer = match content.kind {
        Kind::Single | Kind::Multiple => right.map(|(place, _)| letter(place)).collect(),
        Kind::Boolean if content.choices.first().is_some_and(|first| first.is_right) => {
            msg!("正确").in_lang(lang)
        }
        Kind::Boolean => msg!("错误").in_lang(lang),
        Kind::Fill => right.map(|(_, choice)| choice.text.clone()).collect::<Vec<_>>().join("|"),
    };
    Column::all()
        .into_iter()
        .map(|column| match column {
            Column::Of(Part::Code) => code.into(),
            Column::Of(Part::Kind) => content.kind.words().in_lang(lang).into(),
            Column::Of(Part::Stem) => content.stem.as_str().into(),
            Column::Of(Part::Explanation) => content.explanation.as_str().into(),
            Column::Of(Part::Chapter) => content.chapter.map_or_else(|| "".into(), Cell::from),
            Column::Of(Part::Answer | Part::Choices) => answer.clone().into(),
            Column::Choice(place) => choice(place).into(),
        })
        .collect()
}

fn sheet(lang: Lang) -> Result<Sheet> {
    let columns: Vec<_> =
        Column::all().into_iter().map(|column| (column.words().in_lang(lang), column.width())).collect();
    Sheet::new(&msg!("题目").in_lang(lang), &columns)
}

/// The questions as XLSX.
///
/// # Errors
/// If there is no place for the file.
pub fn write(questions: &[Question], lang: Lang) -> Result<Vec<u8>> {
    let mut sheet = sheet(lang)?;
    for one in questions {
        sheet.row(&row_of(&one.code, &one.content, lang))?;
    }
    sheet.finish()
}

/// A table to fill in, with an example of each kind. Examples are passed over when it comes back.
///
/// # Errors
/// If there is no place for the file.
pub fn template(lang: Lang) -> Result<Vec<u8>> {
    let mut sheet = sheet(lang)?;
    for (number, content) in (1..).zip(examples()) {
        sheet.row(&row_of(&format!("{}-{number}", EXAMPLES[usize::from(lang.is_en())]), &content, lang))?;
    }
    sheet.finish()
}

fn examples() -> [Content; 4] {
    let content = |kind, stem: &str, choices, explanation: &str| Content {
        kind,
        stem: stem.into(),
        choices,
        explanation: explanation.into(),
        chapter: None,
    };
    let choices =
        |texts: &[(&str, bool)]| texts.iter().map(|(text, right)| Choice::new(*text, *right)).collect();
    [
        content(
            Kind::Single,
            "支部党员大会一般多久召开一次？",
            choices(&[("每月", false), ("每季度", true), ("每年", false)]),
            "支部党员大会一般每季度召开一次。",
        ),
        content(
            Kind::Multiple,
            "会议记录应当写明哪些内容？",
            choices(&[("时间和地点", true), ("到会的人", true), ("议定的事", true), ("天气", false)]),
            "时间、地点、人员和议定事项都要写。",
        ),
        content(Kind::Boolean, "党小组会一般每月召开一次。", truth(true), ""),
        content(
            Kind::Fill,
            "正式党员____人以上的支部，应当设立支部委员会。",
            choices(&[("7", true), ("七", true)]),
            "",
        ),
    ]
}

/// What stands in a table; the first row that has the headings says which column is which.
///
/// # Errors
/// If there are no headings.
pub fn read(rows: &[Vec<String>]) -> Result<Read, Message> {
    let is_heading = |row: &Vec<String>| {
        let columns: Vec<_> = row.iter().filter_map(|cell| Column::of(cell)).collect();
        [Part::Kind, Part::Stem, Part::Answer].iter().all(|part| columns.contains(&Column::Of(*part)))
    };
    let Some(start) = rows.iter().take(10).position(is_heading) else {
        return Err(msg!("没有找到表头。第一行要有“题型”“题目”“答案”这些列名，可以先下载模板照着填。"));
    };
    let columns: Vec<Option<Column>> = rows[start].iter().map(|cell| Column::of(cell)).collect();
    let mut found = Read::default();
    for (number, row) in rows.iter().enumerate().skip(start + 1) {
        let cell = |column: Column| {
            let place = columns.iter().position(|one| *one == Some(column));
            place.and_then(|place| row.get(place)).map_or("", String::as_str)
        };
        let code = cell(Column::Of(Part::Code));
        let is_example = EXAMPLES.iter().any(|word| fold(code).starts_with(word));
        if is_example || Column::all().into_iter().all(|column| cell(column).is_empty()) {
            continue;
        }
        let place = Place::Row(number + 1);
        match question(&cell) {
            Ok(content) => {
                found.items.push(Item { place, code: (!code.is_empty()).then(|| code.to_owned()), content })
            }
            Err((part, problem)) => found.bad.push(Bad { place, problems: vec![(Some(part), problem)] }),
        }
    }
    if found.items.is_empty() && found.bad.is_empty() {
        return Err(msg!("表头下面没有题目（模板里的示例不算）。"));
    }
    Ok(found)
}

fn question<'a>(cell: &dyn Fn(Column) -> &'a str) -> Result<Content, (Part, Message)> {
    let said = cell(Column::Of(Part::Kind));
    let kind = kind_of(said).ok_or_else(|| (Part::Kind, msg!("要写单选题、多选题、判断题或填空题")))?;
    let answer = cell(Column::Of(Part::Answer));
    if answer.is_empty() {
        return Err((Part::Answer, msg!("请填写")));
    }
    let choices = match kind {
        Kind::Single | Kind::Multiple => {
            let right =
                letters(answer).ok_or_else(|| (Part::Answer, msg!("要写选项的字母，例如 B 或 ABD")))?;
            let mut choices: Vec<_> = (0..MOST_CHOICES)
                .map(|place| Choice::new(cell(Column::Choice(place)), right.contains(&place)))
                .collect();
            while choices.last().is_some_and(|last| last.text.is_empty() && !last.is_right) {
                choices.pop();
            }
            choices
        }
        Kind::Boolean => {
            truth(truth_of(answer).ok_or_else(|| (Part::Answer, msg!("判断题的答案要写“正确”或“错误”")))?)
        }
        Kind::Fill => answer.split(['|', '｜']).map(|text| Choice::new(text, true)).collect(),
    };
    let chapter = match fold(cell(Column::Of(Part::Chapter))).as_str() {
        "" => None,
        said => Some(said.parse().map_err(|_| (Part::Chapter, msg!("要写一个数字")))?),
    };
    Ok(Content {
        kind,
        stem: cell(Column::Of(Part::Stem)).to_owned(),
        choices,
        explanation: cell(Column::Of(Part::Explanation)).to_owned(),
        chapter,
    })
}

#[cfg(test)]
mod tests {
    use super::super::exchange::checked;
    use super::*;
    use crate::ids::BankQuestionId;
    use crate::web::sheet;

    fn questions() -> Vec<Question> {
        let mut contents = examples().to_vec();
        contents[0].chapter = Some(2);
        contents[0].stem = "=1+1 等于几？\n\n\"引号\"，逗号,和\t制表".into();
        contents[2].choices = truth(false);
        (1..)
            .zip(contents)
            .map(|(n, content)| Question {
                id: BankQuestionId(n),
                code: format!("k-{n}"),
                is_active: true,
                revision: 1,
                content: content.check(9).unwrap(),
            })
            .collect()
    }

    #[test]
    fn what_is_written_is_read_again_in_both_languages() {
        for lang in [Lang::Zh, Lang::En] {
            let bytes = write(&questions(), lang).unwrap();
            let found = checked(read(&sheet::read(&bytes).unwrap()).unwrap(), 9);
            assert_eq!(found.bad, []);
            for (item, one) in found.items.iter().zip(questions()) {
                assert_eq!((item.code.as_deref(), &item.content), (Some(one.code.as_str()), &one.content));
            }
        }
    }

    #[test]
    fn an_unchanged_template_holds_nothing() {
        for lang in [Lang::Zh, Lang::En] {
            assert!(read(&sheet::read(&template(lang).unwrap()).unwrap()).is_err());
        }
    }

    #[test]
    fn rows_are_told_by_their_number_and_column() {
        let table = "题型\t题目\t选项A\t选项 B\t答案\t章\n\
            单选\t甲？\t是\t否\tＢ\t\n\
            \n\
            简答\t乙？\t\t\t随便\t\n\
            单选题\t丙？\t是\t否\tE\t\n\
            判断\t丁\t\t\t√\t第一章\n\
            multiple\t戊？\t是\t否\ta、b\t2\n";
        let found = checked(read(&sheet::read(table.as_bytes()).unwrap()).unwrap(), 9);
        assert_eq!(
            found.items.iter().map(|item| item.place.clone()).collect::<Vec<_>>(),
            [Place::Row(2), Place::Row(7)]
        );
        let told: Vec<_> = found.bad.iter().map(|bad| (bad.place.clone(), bad.problems[0].0)).collect();
        assert!(told.contains(&(Place::Row(4), Some(Part::Kind))), "{told:?}");
        assert!(told.contains(&(Place::Row(5), Some(Part::Answer))), "{told:?}");
        assert!(told.contains(&(Place::Row(6), Some(Part::Chapter))), "{told:?}");
        assert!(read(&[vec!["随便".into()]]).is_err());
    }
}
