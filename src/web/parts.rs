//! Parts of pages that are the same for many readers: what a list holds, what a lecture is. Kept as values beside the pages
//! of visitors and valid exactly as long as those, so that a page of somebody signed in asks the database only for what
//! is theirs. A part must depend on nothing but its key and the content.
use crate::db::{Conn, Db};
use crate::error::Result;
use crate::web::kept::{Kept, LONGEST, Stamp};
use quick_cache::sync::Cache;
use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

/// How many parts are kept: a list or a lecture is some 10 KB.
const PARTS: usize = 600;

/// The parts of one process.
pub struct Parts(Cache<String, Part>);

#[derive(Clone)]
struct Part {
    stamp: Stamp,
    made: Instant,
    value: Arc<dyn Any + Send + Sync>,
}

impl Default for Parts {
    fn default() -> Parts {
        Parts(Cache::new(PARTS))
    }
}

impl Parts {
    pub fn clear(&self) {
        self.0.clear();
    }
}

impl Kept {
    /// The part of this name, or what `load` makes of the database. Names say everything that the part depends on.
    ///
    /// # Errors
    /// Those of `load`; they are not kept.
    pub async fn part<T: Send + Sync + 'static>(
        &self,
        db: &Db,
        name: String,
        load: impl FnOnce(&mut Conn) -> Result<T> + Send + 'static,
    ) -> Result<Arc<T>> {
        self.refresh().await;
        // Without knowing how far the content is, nothing kept is used and nothing is kept.
        let Some(stamp) = self.stamp() else { return Ok(Arc::new(db.read(load).await?)) };
        if let Some(part) = self.parts.0.get(&name)
            && part.stamp == stamp
            && part.made.elapsed() < LONGEST
            && let Ok(value) = part.value.downcast::<T>()
        {
            return Ok(value);
        }
        let value = Arc::new(db.read(load).await?);
        let part = Part { stamp, made: Instant::now(), value: value.clone() };
        self.parts.0.insert(name, part);
        Ok(value)
    }
}
