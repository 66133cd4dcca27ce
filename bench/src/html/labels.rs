//! Names beside the ends of curves, so that many can be told apart.

use maud::{Markup, html};

use super::drawing::n;
use super::paths::Paths;

/// Width that the names take, right of the curves.
pub const WIDTH: f64 = 118.0;
/// From one name to the next.
const PITCH: f64 = 14.0;
/// Length of the line that leads from a curve to its name.
const LEAD: f64 = 10.0;

/// Height of a drawing whose plain height is `height` that has room for so many names.
pub fn height(height: f64, names: usize) -> f64 {
    height.max(70.0 + PITCH * names as f64)
}

/// The names of curves that end at `x`, each as near to its own height as the others let it. Of each its path,
/// its name, and its height.
pub fn labels(
    ends: &[(&str, String, f64)],
    paths: &Paths,
    x: f64,
    top: f64,
    bottom: f64,
) -> Markup {
    let mut ends = ends.to_vec();
    ends.sort_by(|a, b| a.2.total_cmp(&b.2));
    let heights: Vec<f64> = ends.iter().map(|(_, _, y)| *y).collect();
    let places = spread(&heights, top, bottom);
    html! {
        @for ((path, name, y), place) in ends.iter().zip(places) {
            path.lead.(paths.class(path)) d=(format!("M{} {}L{} {}", n(x), n(*y), n(x + LEAD), n(place))) {}
            text.name.(paths.class(path)) x=(n(x + LEAD + 3.0)) y=(n(place + 4.0)) { (name) }
        }
    }
}

/// Ascending heights, moved apart: down from the top, then up again from the bottom.
fn spread(heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut places = heights.to_vec();
    let mut least = top;
    for place in &mut places {
        *place = place.max(least);
        least = *place + PITCH;
    }
    let mut most = bottom;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - PITCH;
    }
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_do_not_overlap(mut heights in prop::collection::vec(10.0f64..290.0, 1..30)) {
            heights.sort_by(f64::total_cmp);
            let bottom = height(300.0, heights.len()) - 46.0;
            let places = spread(&heights, 10.0, bottom);
            prop_assert!(places[0] >= 10.0 - 1e-9 && places[places.len() - 1] <= bottom + 1e-9);
            prop_assert!(places.windows(2).all(|two| two[1] - two[0] >= PITCH - 1e-9), "{places:?}");
        }
    }

    #[test]
    fn what_is_apart_stays_where_it_is() {
        assert_eq!(spread(&[20.0, 50.0, 51.0], 10.0, 100.0), [20.0, 50.0, 64.0]);
    }
}
