//! A look at what was made before anybody says that it is done.
use super::probe::packets;
use super::run::Room;
use super::{Fault, Problem, Tools};
use std::path::Path;

/// How far a result may be from its source, in seconds.
const TOLERANCE_S: f64 = 1.0;

/// Whether a file of our own has so many tracks and each is as long as the source, within a second.
///
/// # Errors
/// As [`packets`].
pub fn is_whole(
    tools: &Tools,
    room: &Room,
    file: &Path,
    tracks: usize,
    duration_s: f64,
    watch: &mut dyn FnMut() -> bool,
) -> Result<bool, Fault> {
    Ok((shortest(tools, room, file, tracks, watch)? - duration_s).abs() <= TOLERANCE_S)
}

/// [`is_whole`] as a condition: what is too short was made from a source whose rest cannot be decoded.
///
/// # Errors
/// A problem of the source if the result is too short; failed if it is too long or has no packets.
pub fn whole(
    tools: &Tools,
    room: &Room,
    file: &Path,
    tracks: usize,
    duration_s: f64,
    watch: &mut dyn FnMut() -> bool,
) -> Result<(), Fault> {
    let length = shortest(tools, room, file, tracks, watch)?;
    if (length - duration_s).abs() <= TOLERANCE_S {
        return Ok(());
    }
    if length > 0.0 && length < duration_s {
        return Err(Fault::Problem(Problem::Damaged { playable_s: length as i32 }));
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Err(Fault::Failed(format!("{name} is {length:.1} s long and not {duration_s:.1} s")))
}

/// The length that differs most: the shortest, from the common start to each track's end.
fn shortest(
    tools: &Tools,
    room: &Room,
    file: &Path,
    tracks: usize,
    watch: &mut dyn FnMut() -> bool,
) -> Result<f64, Fault> {
    let wanted: Vec<usize> = (0..tracks).collect();
    let spans = packets(tools, room, file, &wanted, watch)?;
    if spans.iter().any(|span| span.start == f64::MAX) {
        return Ok(0.0);
    }
    let start = spans.iter().map(|span| span.start).fold(f64::MAX, f64::min);
    Ok(spans.iter().map(|span| span.end - start).fold(f64::MAX, f64::min))
}
