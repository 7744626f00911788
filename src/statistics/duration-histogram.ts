/**
 * Durations are counted in buckets of which each ends at so many times its beginning: whichever member of its bucket a
 * percentile is, what stands for the bucket is at most (GROWTH − 1) ÷ (GROWTH + 1) = 4.8 % away. Stored rows rely on it.
 */
const GROWTH = 1.1;

/** SQL: the bucket of a duration in whole milliseconds. Bucket 0 is the duration 0, bucket n from GROWTH^(n−1) on. */
export function bucketSql(duration: string): string {
  return `(case when ${duration} < 1 then 0 else 1 + floor(ln(${duration}::float8) / ln(${GROWTH}::float8)) end)::smallint`;
}

/** How often each bucket occurs; buckets ascend. */
export interface DurationHistogram {
  buckets: number[];
  counts: number[];
}

/** A percentile by nearest rank, `share` of 0 to 1, in milliseconds; null of nothing. */
export function percentile({ buckets, counts }: DurationHistogram, share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = Math.max(1, Math.ceil(share * total));
  for (const [index, count] of counts.entries()) {
    left -= count;
    if (left <= 0) return middleOf(buckets[index]!);
  }
  return null;
}

/** The value that is as far, in proportion, from the smallest as from the largest whole number of a bucket. */
function middleOf(bucket: number): number {
  if (bucket === 0) return 0;
  const smallest = Math.ceil(GROWTH ** (bucket - 1));
  const largest = Math.ceil(GROWTH ** bucket) - 1;
  return (2 * smallest * largest) / (smallest + largest);
}
