with
  uncounted as materialized ( select sync_id, type, data->>'outcome' as outcome, data->>'evidence' as evidence
    from sync_event
    where position > (select last
    from sync_stats_position)
    order by position limit 10001) , rolled as (select 1 as at, h.environment, h.total, h.success, h.failed, h.partial, h.first_success, h.retries, h.measured, h.duration_sum, h.applied, h.not_applied, h.partly_applied, h.unknown, h.buckets, h.counts
    from sync_stats_target_hourly h
    where h.hour >= $1::timestamptz and h.hour < $2::timestamptz and h.target_platform = $3::text
    union all select 1 as at, h.environment, h.total, h.success, h.failed, h.partial, h.first_success, h.retries, h.measured, h.duration_sum, h.applied, h.not_applied, h.partly_applied, h.unknown, h.buckets, h.counts
    from sync_stats_target_daily h
    where h.day >= $4::timestamptz and h.day < $5::timestamptz and h.target_platform = $6::text
    union all select 1 as at, h.environment, h.total, h.success, h.failed, h.partial, h.first_success, h.retries, h.measured, h.duration_sum, h.applied, h.not_applied, h.partly_applied, h.unknown, h.buckets, h.counts
    from sync_stats_hourly h
    where h.hour >= $7::timestamptz and h.hour < $8::timestamptz and h.target_platform = $9::text) , raw as (select 1 as at, h.environment, (true)::integer as total, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS')::integer as success, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'FAILED')::integer as failed, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'PARTIAL')::integer as partial, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (h.sync_status <> 'IN_PROGRESS') then h.retry_count else 0 end as retries, ((h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null)::integer as measured, case when (h.sync_status <> 'IN_PROGRESS') then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((h.outcome) = 'APPLIED', false)::integer as applied, coalesce((h.outcome) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((h.outcome) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((h.outcome) = 'UNKNOWN', false)::integer - (false)::integer as unknown, case when (true) then h.started_at end as last_at, case when (h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket, 1 as sign
    from sync_history h
    where h.started_at >= $10::timestamptz and h.started_at < $11::timestamptz and h.target_platform = $12::text and h.started_at >= $13::timestamptz and h.started_at < $14::timestamptz and h.id >= $15::uuid and h.id < $16::uuid
    union all select 1 as at, h.environment, (true)::integer as total, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS')::integer as success, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'FAILED')::integer as failed, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'PARTIAL')::integer as partial, ((h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (h.sync_status <> 'IN_PROGRESS') then h.retry_count else 0 end as retries, ((h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null)::integer as measured, case when (h.sync_status <> 'IN_PROGRESS') then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((h.outcome) = 'APPLIED', false)::integer as applied, coalesce((h.outcome) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((h.outcome) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((h.outcome) = 'UNKNOWN', false)::integer - (false)::integer as unknown, case when (true) then h.started_at end as last_at, case when (h.sync_status <> 'IN_PROGRESS') and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (h.sync_status <> 'IN_PROGRESS') and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket, -1 as sign
    from sync_history h
    where h.started_at >= $17::timestamptz and h.started_at < $18::timestamptz and h.target_platform = $19::text and h.started_at >= $20::timestamptz and h.started_at < $21::timestamptz and h.id >= $22::uuid and h.id < $23::uuid
    union all select 1 as at, h.environment, (u.type = 'sync.recorded')::integer as total, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'SUCCESS')::integer as success, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'FAILED')::integer as failed, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'PARTIAL')::integer as partial, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) then h.retry_count else 0 end as retries, ((u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.duration_ms is not null)::integer as measured, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((u.outcome) = 'APPLIED', false)::integer as applied, coalesce((u.outcome) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((u.outcome) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((u.outcome) = 'UNKNOWN', false)::integer - (u.type = 'sync.outcome_known')::integer as unknown, case when (u.type = 'sync.recorded') then h.started_at end as last_at, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (u.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket, 1 as sign
    from uncounted u
    cross join lateral (select *
    from sync_history
    where id = u.sync_id offset 0) h
    where u.type in ('sync.recorded', 'sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known') and h.target_platform = $24::text and h.started_at >= ($25::timestamptz[])[1] and h.started_at < ($26::timestamptz[])[1]) , sums as ( select at, environment, sum(total)::float8 as total, sum(success)::float8 as success, sum(failed)::float8 as failed, sum(partial)::float8 as partial, sum(first_success)::float8 as first_success, sum(retries)::float8 as retries, sum(measured)::float8 as measured, sum(duration_sum)::float8 as duration_sum, sum(applied)::float8 as applied, sum(not_applied)::float8 as not_applied, sum(partly_applied)::float8 as partly_applied, sum(unknown)::float8 as unknown
    from (select at, environment, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown
    from rolled
    union all select at, environment, sign * total as total, sign * success as success, sign * failed as failed, sign * partial as partial, sign * first_success as first_success, sign * retries as retries, sign * measured as measured, sign * duration_sum as duration_sum, sign * applied as applied, sign * not_applied as not_applied, sign * partly_applied as partly_applied, sign * unknown as unknown
    from raw) part
    group by at, environment having sum(total) > 0) , histogram as ( with
  marked as ( select *, count(*) over (partition by at, environment) = 1 and (at, environment) not in (select at, environment
    from raw) as is_alone
    from rolled) select at, environment, buckets, counts::float8[] as counts
    from marked
    where is_alone
    union all select at, environment, array_agg(bucket) as buckets, array_agg(count) as counts
    from ( select at, environment, bucket, sum(count)::float8 as count
    from ( select at, environment, unnest(buckets) as bucket, unnest(counts) as count
    from marked
    where not is_alone
    union all select at, environment, bucket, sign
    from raw
    where bucket is not null) counted (at, environment, bucket, count)
    group by at, environment, bucket having sum(count) > 0) merged
    group by at, environment) select (select count(*)
    from uncounted)::float8 as uncounted, (select summed_until
    from sync_stats_position) as until, ( select case when month = 'epoch' then month else month + interval '48 hours' end
    from (select to_timestamp(('x' || left(replace(((select uuid_at(coalesce(max(to_date(data->>'month', 'YYYY-MM') + interval '1 month'), 'epoch') at time zone 'UTC')
    from sync_event
    where sync_id is null and type = 'retention.applied'))::text, '-', ''), 12))::bit(48)::bigint / 1000.0) as month offset 0) dropped) as since, at, environment, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, array_to_string(buckets, ' ') as buckets, array_to_string(counts, ' ') as counts
    from (select) one
    left join sums on true
    left join histogram using (at, environment)
