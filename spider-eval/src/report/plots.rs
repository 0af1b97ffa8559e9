//! The report's plots, as SVG text.

use std::error::Error;

use plotters::prelude::*;

/// Width and height of a plot, in pixels.
const SIZE: (u32, u32) = (460, 300);
/// How many bars a diagram has.
const BINS: usize = 10;

/// A bin of the reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Bin {
    /// How many examples fall into it.
    pub(super) count: usize,
    /// Their mean confidence.
    pub(super) confidence: f64,
    /// The share that is right.
    pub(super) right: f64,
}

/// Examples by confidence, in bins of a tenth.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "confidences are between 0 and 1, counts are small"
)]
pub(super) fn bins(answers: &[(f64, bool)]) -> Vec<Bin> {
    let mut bins = vec![Bin::default(); BINS];
    for (confidence, right) in answers {
        let place = ((confidence * BINS as f64) as usize).min(BINS - 1);
        if let Some(bin) = bins.get_mut(place) {
            bin.count += 1;
            bin.confidence += confidence;
            bin.right += f64::from(*right);
        }
    }
    for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
        bin.confidence /= bin.count as f64;
        bin.right /= bin.count as f64;
    }
    bins
}

/// The expected calibration error: how far confidence and share are apart, weighted by bin (Naeini et al. 2015).
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub(super) fn calibration_error(bins: &[Bin]) -> f64 {
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    let apart = bins.iter().map(|bin| bin.count as f64 * (bin.confidence - bin.right).abs());
    if total == 0 { 0.0 } else { apart.sum::<f64>() / total as f64 }
}

/// Confidence against the share that is right.
pub(super) fn reliability(bins: &[Bin]) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut builder = ChartBuilder::on(&area);
        builder.margin(10).x_label_area_size(36).y_label_area_size(44);
        let mut chart = builder.build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        chart.configure_mesh().x_desc("confidence").y_desc("share right").light_line_style(TRANSPARENT).draw()?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (1.0, 1.0)], BLACK.mix(0.4)))?;
        let points: Vec<(f64, f64)> =
            bins.iter().filter(|bin| bin.count > 0).map(|bin| (bin.confidence, bin.right)).collect();
        chart.draw_series(LineSeries::new(points.clone(), BLUE.stroke_width(2)))?;
        chart.draw_series(points.into_iter().map(|point| Circle::new(point, 4, BLUE.filled())))?;
        area.present()?;
    }
    Ok(svg)
}

/// How long answers took, in bars up to the slowest.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times are positive, counts are small"
)]
pub(super) fn latency(times: &[f64]) -> Result<String, Box<dyn Error>> {
    let slowest = times.iter().copied().fold(1.0, f64::max);
    let width = slowest / 30.0;
    let mut bars = [0usize; 30];
    for time in times {
        let place = ((time / width) as usize).min(bars.len() - 1);
        if let Some(bar) = bars.get_mut(place) {
            *bar += 1;
        }
    }
    let highest = bars.iter().max().copied().unwrap_or(1).max(1);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut builder = ChartBuilder::on(&area);
        builder.margin(10).x_label_area_size(36).y_label_area_size(44);
        let mut chart = builder.build_cartesian_2d(0.0..slowest, 0.0..highest as f64)?;
        chart.configure_mesh().x_desc("ms").y_desc("questions").light_line_style(TRANSPARENT).draw()?;
        let bar = |(place, count): (usize, &usize)| {
            let left = place as f64 * width;
            Rectangle::new([(left, 0.0), (left + 0.9 * width, *count as f64)], BLUE.mix(0.7).filled())
        };
        chart.draw_series(bars.iter().enumerate().map(bar))?;
        area.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_is_measured() {
        let found = bins(&[(0.95, true), (0.95, false), (0.05, false)]);
        assert_eq!((found[9].count, found[0].count), (2, 1));
        assert!((calibration_error(&found) - (2.0 * 0.45 + 0.05) / 3.0).abs() < 1e-12);
    }
}
