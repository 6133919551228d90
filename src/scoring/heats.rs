//! Several panels whose entrants came by lot, put on one scale. domain.md §5.2. Where the panels did not get entrants by lot the
//! coefficient rewards weakness: nobody gets it without having asked for it.
use super::exact::{Exact, mean, rounded};
use num_traits::Zero;

/// What the means of the panels are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// 二次平均法: the mean of the panels' means.
    MeanOfMeans,
    /// The mean of all entrants.
    Pooled,
}

/// The coefficient of each panel, from the scores that it gave; rounded to `places` where the method says so: the place of
/// rounding is part of the method. `None` if a panel has no scores or only noughts.
pub fn coefficients(panels: &[Vec<Exact>], scale: Scale, places: Option<u32>) -> Option<Vec<Exact>> {
    let means: Vec<Exact> = panels.iter().map(mean).collect::<Option<_>>()?;
    let common = match scale {
        Scale::MeanOfMeans => mean(&means)?,
        Scale::Pooled => mean(panels.iter().flatten())?,
    };
    let coefficient = |own: &Exact| {
        let exact = (!own.is_zero()).then(|| &common / own)?;
        Some(places.map_or(exact.clone(), |places| rounded(&exact, places)))
    };
    means.iter().map(coefficient).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::exact::{read, shown, whole};

    /// A panel of so many entrants with this sum.
    fn panel(sum: &str, count: i64) -> Vec<Exact> {
        let mean = read(sum).unwrap() / whole(count);
        (0..count).map(|_| mean.clone()).collect()
    }

    #[test]
    fn v_panel() {
        let panels = [panel("1522.42", 20), panel("1494.88", 18)];
        let times = |raw: i64, k: &Exact, places| shown(&(whole(raw) * k), places);
        let means: Vec<String> = panels.iter().map(|one| shown(&mean(one).unwrap(), 2)).collect();
        assert_eq!(means, ["76.12", "83.05"]);
        assert_eq!(shown(&mean(panels.iter().flatten()).unwrap(), 2), "79.40");
        let two = coefficients(&panels, Scale::Pooled, Some(2)).unwrap();
        assert_eq!([shown(&two[0], 2), shown(&two[1], 2)], ["1.04", "0.96"]);
        assert_eq!([times(80, &two[0], 2), times(85, &two[1], 2)], ["83.20", "81.60"]);
        let exact = coefficients(&panels, Scale::Pooled, None).unwrap();
        assert_eq!(times(80, &exact[0], 4), "83.4489", "the place of rounding moves it by a quarter");
        let four = coefficients(&panels, Scale::MeanOfMeans, Some(4)).unwrap();
        assert_eq!([shown(&four[0], 4), shown(&four[1], 4)], ["1.0455", "0.9583"]);
        assert_eq!(times(80, &four[0], 4), "83.6400");
        assert_eq!(coefficients(&[vec![]], Scale::Pooled, None), None);
    }
}
