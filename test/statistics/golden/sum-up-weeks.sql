insert into sync_stats_platform_type_weekly (week, target_platform, kind, type_key, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts) select week, target_platform, kind, type_key, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts
    from ( select s.*, coalesce(h.buckets, '{}') as buckets, coalesce(h.counts, '{}') as counts
    from (select week, target_platform, kind, type_key, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, sum(applied) as applied, sum(not_applied) as not_applied, sum(partly_applied) as partly_applied, sum(unknown) as unknown, max(last_at) as last_at, max(last_success_at) as last_success_at
    from (select date_trunc('week', day, 'UTC') as week, target_platform, kind, type_key, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts
    from sync_stats_platform_type_daily
    where day >= date_trunc('week', $1::timestamptz, 'UTC') and day < date_trunc('week', $2::timestamptz, 'UTC')) s
    group by week, target_platform, kind, type_key) s
    left join ( select week, target_platform, kind, type_key, array_agg(bucket
    order by bucket) as buckets, array_agg(count
    order by bucket) as counts
    from ( select week, target_platform, kind, type_key, bucket, sum(count)::integer as count
    from (select date_trunc('week', day, 'UTC') as week, target_platform, kind, type_key, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts
    from sync_stats_platform_type_daily
    where day >= date_trunc('week', $1::timestamptz, 'UTC') and day < date_trunc('week', $2::timestamptz, 'UTC')) s, unnest(buckets, counts) as u (bucket, count)
    group by week, target_platform, kind, type_key, bucket) merged
    group by week, target_platform, kind, type_key) h using (week, target_platform, kind, type_key)) summed
