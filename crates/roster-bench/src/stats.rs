//! Medians, percentiles and ratios.

use crate::load::count;

/// The value in the middle; the mean of the two in the middle where their number is even. NaN of nothing.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

/// The mean. NaN of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

/// The value that `percent` of the sorted values do not exceed (nearest rank). Zero of nothing.
pub(crate) fn percentile(sorted: &[u32], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    f64::from(sorted.get(rank - 1).copied().unwrap_or_default())
}

/// The median of the ratios within each round: what slows a whole round down slows both alike.
pub(crate) fn median_ratio(above: &[f64], below: &[f64]) -> f64 {
    let ratios: Vec<f64> = above.iter().zip(below).map(|(above, below)| above / below).collect();
    median(&ratios)
}

/// The smallest and the largest ratio within a round.
pub(crate) fn ratio_range(above: &[f64], below: &[f64]) -> (f64, f64) {
    let ratios = above.iter().zip(below).map(|(above, below)| above / below);
    ratios.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), ratio| (low.min(ratio), high.max(ratio)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value} is {expected}");
    }

    #[test]
    fn the_median_is_in_the_middle() {
        close(median(&[3.0, 1.0, 100.0]), 3.0);
        close(median(&[4.0, 1.0, 2.0, 100.0]), 3.0);
        close(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
        close(mean(&[1.0, 2.0, 6.0]), 3.0);
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let values: Vec<u32> = (1..=200).collect();
        for (percent, expected) in [(50, 100.0), (99, 198.0), (100, 200.0)] {
            close(percentile(&values, percent), expected);
        }
        close(percentile(&[5], 99), 5.0);
        close(percentile(&[], 50), 0.0);
    }

    #[test]
    fn a_slow_round_leaves_the_ratio_as_it_is() {
        close(median_ratio(&[200.0, 20.0, 210.0], &[100.0, 10.0, 100.0]), 2.0);
        let (low, high) = ratio_range(&[200.0, 20.0, 210.0], &[100.0, 10.0, 100.0]);
        close(low, 2.0);
        close(high, 2.1);
    }
}
