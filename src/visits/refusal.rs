//! Why something about visits, make-up study and printed lists is refused, in words.
use super::{HAND_DAYS, LATE_DAYS, LONGEST, MOST_MEMBERS, sheets};
use crate::error::Error;
use crate::events::MAKEUP_DAYS;
use crate::lang::Message;
use crate::msg;

/// Why something about a visit is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotDeliverer,
    NobodyVisited,
    TooMany,
    SamePerson,
    RecorderIsSecond,
    RecorderIsVisited,
    SecondWithoutAccount,
    /// The recorder could have opened the account of the second person, or the other way round.
    OneHand,
    /// The recorder or the second person could have opened the account that says the member's word.
    OthersLogin,
    NotInScope,
    InFuture,
    TooLate,
    Minutes,
    NothingMissed,
    TooLateForMakeup,
    LectureGone,
    NotSecond,
    OwnRecord,
    Void,
    NotSeconded,
    Disputed,
    SomebodyElse,
    NotWitness,
    HasConfirmed,
    NoConsent,
    NotMissed,
    KeyUsed,
    SheetTooLong,
    SheetEmpty,
}

impl Refusal {
    pub fn words(self) -> Message {
        match self {
            Refusal::NotDeliverer => msg!("您只能登记自己去送学的。别人送学的，请支部书记或代办员登记"),
            Refusal::NobodyVisited => msg!("请写送给哪位党员"),
            Refusal::TooMany => msg!("一次最多 {} 人，更多的请登记成支部活动", MOST_MEMBERS),
            Refusal::SamePerson => msg!("送学人、第二人和听课的党员要是不同的人"),
            Refusal::RecorderIsSecond => {
                msg!("登记人不能同时是第二人：一条记录要两个账号才能成立。请换一位第二人，或者请别人登记")
            }
            Refusal::RecorderIsVisited => msg!("给您自己送学的，请别人登记"),
            Refusal::SecondWithoutAccount => {
                msg!("第二人还没有账号，不能签名。请登记人以外的负责人给他打印登录码，或者换一位")
            }
            Refusal::OneHand => msg!(
                "登记人和第二人的账号，最近 {} 天里有一个的登录码是另一个打印的，证明不了是两个人。请换一位第二人，或者请别人登记",
                HAND_DAYS
            ),
            Refusal::OthersLogin => msg!(
                "这个账号的登录码是登记人或第二人最近 {} 天里打印的，不能用它确认。请用打印的确认单，或者请别的见证人见证",
                HAND_DAYS
            ),
            Refusal::NotInScope => msg!("您的范围里没有找到这个人。请核对姓名，或者写党员编号"),
            Refusal::InFuture => msg!("送学还没有结束，结束以后再登记"),
            Refusal::TooLate => msg!("送学以后 {} 天之内登记", LATE_DAYS),
            Refusal::Minutes => msg!("时长填 1 到 {} 之间的分钟数", LONGEST),
            Refusal::NothingMissed => msg!("他们在那次活动里没有缺席或请假的记录，不需要补学"),
            Refusal::TooLateForMakeup => msg!("补学要在活动当天起 {} 天之内", MAKEUP_DAYS),
            Refusal::LectureGone => msg!("这堂课已经下架，请另选一堂课，或者不选"),
            Refusal::NotSecond => msg!("要由登记的第二人用自己的账号签名"),
            Refusal::OwnRecord => msg!("这条记录是您登记的，要由别的账号签名或确认"),
            Refusal::Void => msg!("这次送学的记录已经作废"),
            Refusal::NotSeconded => msg!("第二人还没有签名，签名以后才能确认"),
            Refusal::Disputed => msg!("本人已经提出异议，办理以前不能确认"),
            Refusal::SomebodyElse => msg!("确认码要由本人或家属输入，登记人、送学人和第二人不能代为确认"),
            Refusal::NotWitness => msg!("见证人要是登记人、送学人、第二人和听课党员以外的人"),
            Refusal::HasConfirmed => msg!("已经有人确认或提出异议，不能再作废。记录不对的，请本人提出异议"),
            Refusal::NoConsent => msg!("有人没有同意拍照，不能上传照片"),
            Refusal::NotMissed => msg!("这里没有缺席或请假的记录，不需要补学"),
            Refusal::KeyUsed => msg!("这张表单不完整，请重新打开这一页再填"),
            Refusal::SheetTooLong => msg!("名单超过 {} 人，请在登记页逐页登记", sheets::MOST_ROWS),
            Refusal::SheetEmpty => msg!("名单上还没有人，没有可以打印的"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Error {
        Error::Refused(refusal.words())
    }
}
