//! What can go wrong with a request, and the status that says so. `web::surround` turns each into a page.
use crate::lang::Message;
use crate::msg;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use diesel::result::{DatabaseErrorKind, Error as DieselError};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing here, or nothing that this viewer may know of.
    #[error("not found")]
    NotFound,
    #[error("sign in first")]
    SignIn,
    #[error("not allowed")]
    Forbidden,
    /// The request cannot be read.
    #[error("malformed: {0}")]
    Malformed(Message),
    #[error("too large")]
    TooLarge,
    /// A rule said no; the text is for the person.
    #[error("{0}")]
    Refused(Message),
    /// Too many tries: again after so many seconds.
    #[error("wait {0} s")]
    Wait(i64),
    /// The request did not arrive in time.
    #[error("too slow")]
    Slow,
    /// More work is queued than will be done soon.
    #[error("busy")]
    Busy,
    /// The database does not answer at the moment.
    #[error("unavailable: {0}")]
    Unavailable(String),
    #[error("internal error: {0}")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub fn internal(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
        Error::Internal(Box::new(cause))
    }
    /// What to tell the person: a title and a sentence that says what to do.
    pub fn words(&self) -> (Message, Message) {
        match self {
            Error::NotFound => {
                (msg!("没有找到这一页"), msg!("可能是链接旧了，也可能内容换了位置。可以从首页重新找。"))
            }
            Error::SignIn => (msg!("请先登录"), msg!("登录后就能打开这一页。")),
            Error::Forbidden => {
                (msg!("这一页不对您开放"), msg!("您的账号没有这项权限。需要的话，请联系组织部或支部书记。"))
            }
            Error::Malformed(what) => (msg!("这个请求读不懂"), what.clone()),
            Error::TooLarge => (msg!("发送的内容太大"), msg!("请删减一些再发送，您的其他数据没有变化。")),
            Error::Refused(why) => (msg!("没有办成"), why.clone()),
            Error::Wait(seconds) => {
                (msg!("请稍等一下再试"), msg!("试得太频繁了，请等 {} 秒后再试。", seconds))
            }
            Error::Slow => (msg!("传输太慢，没有收完"), msg!("请换个网络好的地方再发一次，什么都没有改动。")),
            Error::Busy => (msg!("现在人比较多"), msg!("请过半分钟再试一次，您填写的内容没有保存。")),
            Error::Unavailable(_) => {
                (msg!("暂时连不上数据"), msg!("系统正在自动恢复，请过一会儿刷新这一页。"))
            }
            Error::Internal(_) => {
                (msg!("这里出了点问题"), msg!("问题已经记下。请过一会儿再试，或打电话告诉我们编号。"))
            }
        }
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Error {
        match &error {
            DieselError::NotFound => Error::NotFound,
            DieselError::DatabaseError(kind, about) => {
                let text = about.message();
                // The kinds that a restarting server or a full disk answers with; libpq names some only in words.
                let is_gone = matches!(
                    kind,
                    DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand
                ) || [
                    "terminating connection",
                    "server closed",
                    "no connection to the server",
                    "starting up",
                    "shutting down",
                    "disk is full",
                    "database is locked",
                ]
                .iter()
                .any(|words| text.contains(words));
                // Somebody held the same rows for longer than one waits.
                if text.contains("lock timeout") {
                    return Error::Busy;
                }
                if is_gone { Error::Unavailable(text.to_owned()) } else { Error::internal(error) }
            }
            DieselError::BrokenTransactionManager => Error::Unavailable(error.to_string()),
            _ => Error::internal(error),
        }
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        match self {
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::SignIn => StatusCode::UNAUTHORIZED,
            Error::Forbidden => StatusCode::FORBIDDEN,
            Error::Malformed(_) => StatusCode::BAD_REQUEST,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::Refused(_) => StatusCode::CONFLICT,
            Error::Wait(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Slow => StatusCode::REQUEST_TIMEOUT,
            Error::Busy | Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
    /// The bare status; the page around it is made where language and mode are known.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
