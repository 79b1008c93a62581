//! Near misses: what somebody may have meant.

/// Up to three names that are a typing error away from `name`, nearest first.
pub(crate) fn nearest(name: &str, names: &[String]) -> Vec<String> {
    let far = (name.chars().count() / 3).max(1);
    let mut near: Vec<_> = names
        .iter()
        .map(|other| (if other.starts_with(name) { 1 } else { distance(name, other) }, other))
        .filter(|(distance, _)| *distance <= far)
        .collect();
    near.sort();
    near.into_iter().take(3).map(|(_, other)| other.clone()).collect()
}

/// Levenshtein distance in characters, with a swap of two neighbours counted once.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                rows[i][j] = i + j;
                continue;
            }
            let same = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + same);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_near_and_other_words_are_not() {
        let names: Vec<_> = ["github", "gitlab", "google", "microsoft"].map(str::to_owned).into();
        assert_eq!(nearest("githbu", &names), ["github"]);
        assert_eq!(nearest("gihtub", &names), ["github"]);
        assert_eq!(nearest("micro", &names), ["microsoft"]);
        assert!(nearest("slack", &names).is_empty());
        assert!(nearest("", &[]).is_empty());
    }
}
