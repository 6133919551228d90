//! Files to take away: templates, lists, the own file with remarks.
use super::super::files::{self, Form};
use super::super::forms::ExportForm;
use super::super::{Kind, State};
use super::one::ShowPath;
use crate::access::Permission::ImportRoster;
use crate::access::Viewer;
use crate::clock;
use crate::db::Db;
use crate::error::Error;
use crate::ids::ImportId;
use crate::lang::Lang;
use crate::msg;
use crate::web::page::Page;
use crate::web::reply::Reply;
use crate::web::sheet::{XLSX, attachment};
use actix_web::web::{Data, Form as Sent, Path};

/// `members.xlsx`, `schools.csv`.
pub async fn template(page: Page, path: Path<String>) -> Reply {
    let (kind, form) = path.split_once('.').ok_or(Error::NotFound)?;
    let (kind, form) = (Kind::of(kind).ok_or(Error::NotFound)?, Form::of(form).ok_or(Error::NotFound)?);
    let lang = page.manner.lang;
    let bytes =
        actix_web::web::block(move || files::template(kind, form, lang)).await.map_err(Error::internal)??;
    let name = format!("{}-{}.{}", kind.as_str(), page.say(&msg!("模板")), form.as_str());
    Ok(attachment(bytes, form.media_type(), &name))
}

/// A list, with a line in the record of who took it away and what for.
pub async fn export(page: Page, viewer: Viewer, db: Data<Db>, sent: Sent<ExportForm>) -> Reply {
    let sent = sent.into_inner();
    let (kind, form, purpose) = match sent.check() {
        Ok(checked) => checked,
        Err(errors) => {
            return super::again(page, viewer, &db, |view| {
                (view.export, view.export_errors) = (sent, errors)
            })
            .await;
        }
    };
    let (scope, doer) = (viewer.paths(ImportRoster), page.doer());
    // The words of a list are those that a list comes in with: Chinese, whatever the reader's language.
    let (bytes, rows) = db.read_long(move |conn| files::export(conn, kind, form, &scope, Lang::Zh)).await?;
    let now = clock::now();
    db.write(move |conn| super::super::record_export(conn, kind, purpose, rows, &doer, now)).await?;
    let name = format!("{}-{}.{}", kind.words(), clock::day(now), form.as_str());
    Ok(attachment(bytes, form.media_type(), &format!("{}-{name}", kind.as_str())))
}

/// The file as it came, with what is wrong beside each row.
pub async fn remarks(page: Page, viewer: Viewer, db: Data<Db>, path: Path<ShowPath>) -> Reply {
    let (id, lang) = (ImportId(path.import), page.manner.lang);
    let bytes = db
        .read_long(move |conn| {
            let import = super::super::find(conn, &viewer, id)?;
            if import.is_swept || import.state == State::Mapping {
                return Err(Error::NotFound);
            }
            files::with_remarks(conn, &import, lang)
        })
        .await?;
    Ok(attachment(bytes, XLSX, &format!("import-{id}-{}.xlsx", page.say(&msg!("问题")))))
}
