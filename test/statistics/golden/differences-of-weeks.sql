with
  expected as ( select s.*, coalesce(h.buckets, '{}') as buckets, coalesce(h.counts, '{}') as counts
    from (select week, target_platform, kind, type_key, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, sum(applied) as applied, sum(not_applied) as not_applied, sum(partly_applied) as partly_applied, sum(unknown) as unknown, max(last_at) as last_at, max(last_success_at) as last_success_at
    from (select date_trunc('week', day, 'UTC') as week, target_platform, kind, type_key, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts
    from sync_stats_platform_type_daily
    where day >= date_trunc('week', '-infinity'::timestamptz, 'UTC') and day < date_trunc('week', (select summed_until
    from sync_stats_position)::timestamptz, 'UTC')) s
    group by week, target_platform, kind, type_key) s
    left join ( select week, target_platform, kind, type_key, array_agg(bucket
    order by bucket) as buckets, array_agg(count
    order by bucket) as counts
    from ( select week, target_platform, kind, type_key, bucket, sum(count)::integer as count
    from (select date_trunc('week', day, 'UTC') as week, target_platform, kind, type_key, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts
    from sync_stats_platform_type_daily
    where day >= date_trunc('week', '-infinity'::timestamptz, 'UTC') and day < date_trunc('week', (select summed_until
    from sync_stats_position)::timestamptz, 'UTC')) s, unnest(buckets, counts) as u (bucket, count)
    group by week, target_platform, kind, type_key, bucket) merged
    group by week, target_platform, kind, type_key) h using (week, target_platform, kind, type_key)) select coalesce(a.week, e.week) as week, coalesce(a.target_platform, e.target_platform) as target_platform, coalesce(a.kind, e.kind) as kind, coalesce(a.type_key, e.type_key) as type_key, coalesce(a.total, 0) as total, coalesce(e.total, 0) as expected_total, coalesce(a.success + a.failed + a.partial, 0) as settled, coalesce(e.success + e.failed + e.partial, 0) as expected_settled
    from expected e
    full join (select *
    from sync_stats_platform_type_weekly ) a using (week, target_platform, kind, type_key)
    where (a.total, a.success, a.failed, a.partial, a.first_success, a.retries, a.measured, a.duration_sum, a.applied, a.not_applied, a.partly_applied, a.unknown, a.last_at, a.last_success_at, a.buckets, a.counts) is distinct
    from (e.total, e.success, e.failed, e.partial, e.first_success, e.retries, e.measured, e.duration_sum, e.applied, e.not_applied, e.partly_applied, e.unknown, e.last_at, e.last_success_at, e.buckets, e.counts)
