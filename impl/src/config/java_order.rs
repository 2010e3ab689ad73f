//! The order in which Java's `HashMap<Long, …>` yields its entries, which is the order in which
//! ZooKeeper prints servers, groups, group members and weights.
//!
//! Source: the observable behaviour of `java.util.HashMap`. Not followed: the order inside a bucket
//! that has turned into a tree, which takes nine ids in one bucket of 64 or more; ids stay in the
//! order of insertion there.

/// Entries of a table: 16 at first, doubled when three quarters are passed.
const FIRST_CAPACITY: usize = 16;
/// The ninth entry of a bucket doubles the table too, while it is smaller than [`TREE_CAPACITY`].
const LONG_BUCKET: usize = 8;
const TREE_CAPACITY: usize = 64;

/// Items with distinct keys, in the order of insertion, as a `HashMap` would yield them.
pub(super) fn hash_map_order<T>(items: Vec<T>, key: impl Fn(&T) -> i64) -> Vec<T> {
    let mut buckets: Vec<Vec<T>> = empty(FIRST_CAPACITY);
    for (size, item) in (1..).zip(items) {
        let index = bucket(key(&item), buckets.len());
        let crowded = buckets[index].len() >= LONG_BUCKET && buckets.len() < TREE_CAPACITY;
        buckets[index].push(item);
        if crowded {
            buckets = doubled(buckets, &key);
        }
        if size > buckets.len() / 4 * 3 {
            buckets = doubled(buckets, &key);
        }
    }
    buckets.into_iter().flatten().collect()
}

fn empty<T>(capacity: usize) -> Vec<Vec<T>> {
    std::iter::repeat_with(Vec::new).take(capacity).collect()
}

fn doubled<T>(buckets: Vec<Vec<T>>, key: impl Fn(&T) -> i64) -> Vec<Vec<T>> {
    let mut doubled = empty(buckets.len() * 2);
    let capacity = doubled.len();
    for item in buckets.into_iter().flatten() {
        doubled[bucket(key(&item), capacity)].push(item);
    }
    doubled
}

/// `Long.hashCode` folds the upper half into the lower one, `HashMap` the upper half of that into
/// its lower one.
fn bucket(key: i64, capacity: usize) -> usize {
    let bits = key.cast_unsigned();
    let hash = (bits ^ (bits >> 32)) & 0xffff_ffff;
    let spread = hash ^ (hash >> 16);
    usize::try_from(spread).map_or(0, |spread| spread & (capacity - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(keys: &[i64]) -> Vec<i64> {
        hash_map_order(keys.to_vec(), |&key| key)
    }

    #[test]
    fn the_upper_half_of_a_hash_is_folded_into_the_lower() {
        assert_eq!(bucket(0x1_0001, 16), 0);
        assert_eq!(bucket(0x3_0001, 16), 2);
    }

    /// Each right side is what a `HashMap<Long, Long>` of Java 17 printed.
    #[test]
    fn ids_come_in_the_order_of_a_java_hash_map() {
        assert_eq!(order(&[3, 1, 2]), [1, 2, 3]);
        assert_eq!(order(&[17, 1, 16]), [16, 17, 1]);
        assert_eq!(order(&[65_536, 1, -1, i64::MAX]), [-1, i64::MAX, 65_536, 1]);
        let thirteen: Vec<i64> = (10..23).collect();
        assert_eq!(order(&thirteen), thirteen);
        assert_eq!(
            order(&(10..22).collect::<Vec<_>>()),
            [16, 17, 18, 19, 20, 21, 10, 11, 12, 13, 14, 15]
        );
    }

    #[test]
    fn a_ninth_id_in_one_bucket_doubles_the_table() {
        let eight: Vec<i64> = (0..8).map(|n| n * 16).collect();
        assert_eq!(order(&eight), eight);
        let nine: Vec<i64> = (0..9).map(|n| n * 16).collect();
        assert_eq!(order(&nine), [0, 32, 64, 96, 128, 16, 48, 80, 112]);
    }
}
