with
  uncounted as materialized ( select sync_id, type, data->>'outcome' as outcome
    from sync_event
    where position > (select last
    from sync_stats_position)
    order by position limit 10001),
  rolled as (select width_bucket(h.day, $1::timestamptz[]) as at, h.environment, h.total, h.success, h.failed, h.partial, h.first_success, h.retries, h.measured, h.duration_sum, h.applied, h.not_applied, h.partly_applied, h.unknown, h.last_at, h.last_success_at, h.buckets, h.counts
    from sync_stats_daily h
    where h.day >= $2::timestamptz and h.day < $3::timestamptz and h.target_platform = $4::text
    union all select width_bucket(h.hour, $1::timestamptz[]) as at, h.environment, h.total, h.success, h.failed, h.partial, h.first_success, h.retries, h.measured, h.duration_sum, h.applied, h.not_applied, h.partly_applied, h.unknown, h.last_at, h.last_success_at, h.buckets, h.counts
    from sync_stats_hourly h
    where h.hour >= $5::timestamptz and h.hour < $6::timestamptz and h.target_platform = $7::text
    union all select width_bucket(h.hour, $1::timestamptz[]) as at, h.environment, h.total, h.success, h.failed, h.partial, h.first_success, h.retries, h.measured, h.duration_sum, h.applied, h.not_applied, h.partly_applied, h.unknown, h.last_at, h.last_success_at, h.buckets, h.counts
    from sync_stats_hourly h
    where h.hour >= $8::timestamptz and h.hour < $9::timestamptz and h.target_platform = $10::text),
  raw as (select width_bucket(h.started_at, $1::timestamptz[]) as at, h.environment, (true)::integer as total, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS')::integer as success, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'FAILED')::integer as failed, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'PARTIAL')::integer as partial, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (h.sync_status <> 'IN_PROGRESS') then h.retry_count else 0 end as retries, ((h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null)::integer as measured, case when (h.sync_status <> 'IN_PROGRESS') then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((h.outcome) = 'APPLIED', false)::integer as applied, coalesce((h.outcome) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((h.outcome) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((h.outcome) = 'UNKNOWN', false)::integer - (false)::integer as unknown, case when (true) then h.started_at end as last_at, case when (h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket
    from sync_history h
    where h.started_at >= $11::timestamptz and h.started_at < $12::timestamptz and h.target_platform = $13::text and h.started_at >= $14::timestamptz and h.started_at < $15::timestamptz and h.id < $16::uuid and h.id >= $17::uuid
    union all select width_bucket(h.started_at, $1::timestamptz[]) as at, h.environment, (true)::integer as total, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS')::integer as success, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'FAILED')::integer as failed, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'PARTIAL')::integer as partial, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (h.sync_status <> 'IN_PROGRESS') then h.retry_count else 0 end as retries, ((h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null)::integer as measured, case when (h.sync_status <> 'IN_PROGRESS') then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((h.outcome) = 'APPLIED', false)::integer as applied, coalesce((h.outcome) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((h.outcome) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((h.outcome) = 'UNKNOWN', false)::integer - (false)::integer as unknown, case when (true) then h.started_at end as last_at, case when (h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket
    from sync_history h
    where h.started_at >= $18::timestamptz and h.started_at < $19::timestamptz and h.target_platform = $20::text and h.started_at >= $21::timestamptz and h.started_at < $22::timestamptz and h.id < $23::uuid and h.id >= $24::uuid
    union all select width_bucket(h.started_at, $1::timestamptz[]) as at, h.environment, (u.type = 'sync.recorded')::integer as total, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'SUCCESS')::integer as success, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'FAILED')::integer as failed, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'PARTIAL')::integer as partial, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) then h.retry_count else 0 end as retries, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.duration_ms is not null)::integer as measured, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((u.outcome) = 'APPLIED', false)::integer as applied, coalesce((u.outcome) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((u.outcome) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((u.outcome) = 'UNKNOWN', false)::integer - (u.type = 'sync.outcome_known')::integer as unknown, case when (u.type = 'sync.recorded') then h.started_at end as last_at, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket
    from uncounted u
    cross join lateral (select *
    from sync_history
    where id = u.sync_id offset 0) h
    where u.type in ('sync.recorded', 'sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known') and h.target_platform = $25::text and h.started_at >= ($26::timestamptz[])[width_bucket(h.started_at, $1::timestamptz[])] and h.started_at < ($27::timestamptz[])[width_bucket(h.started_at, $1::timestamptz[])]),
  sums as ( select at, environment, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, sum(applied) as applied, sum(not_applied) as not_applied, sum(partly_applied) as partly_applied, sum(unknown) as unknown, max(last_at) as last_at, max(last_success_at) as last_success_at
    from ( select at, environment, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at
    from rolled
    union all select at, environment, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at
    from raw) part
    group by at, environment) , histogram as ( select at, environment, array_agg(bucket
    order by bucket) as buckets, array_agg(count
    order by bucket) as counts
    from ( select at, environment, bucket, sum(count)::float8 as count
    from ( select at, environment, u.bucket, u.count
    from rolled, unnest(buckets, counts) as u (bucket, count)
    union all select at, environment, bucket, 1
    from raw
    where bucket is not null) counted
    group by at, environment, bucket) merged
    group by at, environment) select (select count(*)
    from uncounted)::float8 as uncounted, at, environment, total::float8, success::float8, failed::float8, partial::float8, first_success::float8, retries::float8, measured::float8, duration_sum::float8, applied::float8, not_applied::float8, partly_applied::float8, unknown::float8, last_at, last_success_at, buckets, counts
    from (select) one
    left join sums on true
    left join histogram using (at, environment)
