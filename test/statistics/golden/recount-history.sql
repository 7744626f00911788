with
  pending as ( select e.sync_id, bool_or(e.type = 'sync.recorded') as started, bool_or(e.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) as settled, bool_or(e.type = 'sync.outcome_known') as learned
    from sync_event e
    where (false) and e.type in ('sync.recorded', 'sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known')
    group by e.sync_id),
  fact as ( select date_trunc('hour', h.started_at, 'UTC') as hour, date_trunc('day', h.started_at, 'UTC') as day, h.target_platform, h.environment, h.sync_direction, h.trigger, h.kind, h.type_key, (true)::integer as total, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS')::integer as success, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'FAILED')::integer as failed, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'PARTIAL')::integer as partial, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) then h.retry_count else 0 end as retries, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.duration_ms is not null)::integer as measured, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'APPLIED', false)::integer as applied, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'UNKNOWN', false)::integer - (false)::integer as unknown, case when (true) then h.started_at end as last_at, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket, (true) as is_started, (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) as is_settled, (false) as is_learned, h.sync_status, case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end as outcome, case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then ( select e.data->>'evidence'
    from sync_event e
    where e.sync_id = h.id and e.type in ('sync.succeeded', 'sync.failed', 'sync.partial') limit 1) else h.evidence end end as evidence, case when false then ( select e.data->>'evidence'
    from sync_event e
    where e.sync_id = h.id and e.type in ('sync.succeeded', 'sync.failed', 'sync.partial') limit 1) end as evidence_before, h.error_code
    from sync_history h
    left join pending p on p.sync_id = h.id
    where h.id >= $1 and h.id < $2 and h.started_at >= $3 and p.started is not true),
  rolled as ( select hour, target_platform, environment, sync_direction, trigger, day, kind, type_key, case when grouping(type_key) = 0 then 'sync_stats_type_daily' when grouping(hour) = 0 then 'sync_stats_hourly' else 'sync_stats_daily' end as level, bucket, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, sum(applied) as applied, sum(not_applied) as not_applied, sum(partly_applied) as partly_applied, sum(unknown) as unknown, max(last_at) as last_at, max(last_success_at) as last_success_at
    from fact
    group by grouping sets ((hour, target_platform, environment, sync_direction, trigger, bucket), (day, target_platform, environment, sync_direction, trigger, bucket), (day, target_platform, environment, sync_direction, trigger, kind, type_key, bucket))),
  sync_stats_hourly_in as ( insert into sync_stats_hourly as s (hour, target_platform, environment, sync_direction, trigger, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts) select hour, target_platform, environment, sync_direction, trigger, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, sum(applied) as applied, sum(not_applied) as not_applied, sum(partly_applied) as partly_applied, sum(unknown) as unknown, max(last_at) as last_at, max(last_success_at) as last_success_at, coalesce(array_agg(bucket
    order by bucket) filter (where bucket is not null), '{}')::smallint[] as buckets, coalesce(array_agg(measured
    order by bucket) filter (where bucket is not null), '{}')::integer[] as counts
    from rolled
    where level = 'sync_stats_hourly'
    group by hour, target_platform, environment, sync_direction, trigger
    on conflict (hour, target_platform, environment, sync_direction, trigger) do update set total = s.total + excluded.total, success = s.success + excluded.success, failed = s.failed + excluded.failed, partial = s.partial + excluded.partial, first_success = s.first_success + excluded.first_success, retries = s.retries + excluded.retries, measured = s.measured + excluded.measured, duration_sum = s.duration_sum + excluded.duration_sum, applied = s.applied + excluded.applied, not_applied = s.not_applied + excluded.not_applied, partly_applied = s.partly_applied + excluded.partly_applied, unknown = s.unknown + excluded.unknown, last_at = greatest(s.last_at, excluded.last_at), last_success_at = greatest(s.last_success_at, excluded.last_success_at), (buckets, counts) = ( select coalesce(array_agg(bucket
    order by bucket), '{}'), coalesce(array_agg(count
    order by bucket), '{}')
    from ( select bucket, sum(count)::integer as count
    from ( select *
    from unnest(s.buckets, s.counts)
    union all select *
    from unnest(excluded.buckets, excluded.counts) ) as both_of_them (bucket, count)
    group by bucket) merged)),
  sync_stats_daily_in as ( insert into sync_stats_daily as s (day, target_platform, environment, sync_direction, trigger, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts) select day, target_platform, environment, sync_direction, trigger, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, sum(applied) as applied, sum(not_applied) as not_applied, sum(partly_applied) as partly_applied, sum(unknown) as unknown, max(last_at) as last_at, max(last_success_at) as last_success_at, coalesce(array_agg(bucket
    order by bucket) filter (where bucket is not null), '{}')::smallint[] as buckets, coalesce(array_agg(measured
    order by bucket) filter (where bucket is not null), '{}')::integer[] as counts
    from rolled
    where level = 'sync_stats_daily'
    group by day, target_platform, environment, sync_direction, trigger
    on conflict (day, target_platform, environment, sync_direction, trigger) do update set total = s.total + excluded.total, success = s.success + excluded.success, failed = s.failed + excluded.failed, partial = s.partial + excluded.partial, first_success = s.first_success + excluded.first_success, retries = s.retries + excluded.retries, measured = s.measured + excluded.measured, duration_sum = s.duration_sum + excluded.duration_sum, applied = s.applied + excluded.applied, not_applied = s.not_applied + excluded.not_applied, partly_applied = s.partly_applied + excluded.partly_applied, unknown = s.unknown + excluded.unknown, last_at = greatest(s.last_at, excluded.last_at), last_success_at = greatest(s.last_success_at, excluded.last_success_at), (buckets, counts) = ( select coalesce(array_agg(bucket
    order by bucket), '{}'), coalesce(array_agg(count
    order by bucket), '{}')
    from ( select bucket, sum(count)::integer as count
    from ( select *
    from unnest(s.buckets, s.counts)
    union all select *
    from unnest(excluded.buckets, excluded.counts) ) as both_of_them (bucket, count)
    group by bucket) merged)),
  sync_stats_type_daily_in as ( insert into sync_stats_type_daily as s (day, target_platform, environment, sync_direction, trigger, kind, type_key, total, success, failed, partial, first_success, retries, measured, duration_sum, applied, not_applied, partly_applied, unknown, last_at, last_success_at, buckets, counts) select day, target_platform, environment, sync_direction, trigger, kind, type_key, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, sum(applied) as applied, sum(not_applied) as not_applied, sum(partly_applied) as partly_applied, sum(unknown) as unknown, max(last_at) as last_at, max(last_success_at) as last_success_at, coalesce(array_agg(bucket
    order by bucket) filter (where bucket is not null), '{}')::smallint[] as buckets, coalesce(array_agg(measured
    order by bucket) filter (where bucket is not null), '{}')::integer[] as counts
    from rolled
    where level = 'sync_stats_type_daily'
    group by day, target_platform, environment, sync_direction, trigger, kind, type_key
    on conflict (day, target_platform, environment, sync_direction, trigger, kind, type_key) do update set total = s.total + excluded.total, success = s.success + excluded.success, failed = s.failed + excluded.failed, partial = s.partial + excluded.partial, first_success = s.first_success + excluded.first_success, retries = s.retries + excluded.retries, measured = s.measured + excluded.measured, duration_sum = s.duration_sum + excluded.duration_sum, applied = s.applied + excluded.applied, not_applied = s.not_applied + excluded.not_applied, partly_applied = s.partly_applied + excluded.partly_applied, unknown = s.unknown + excluded.unknown, last_at = greatest(s.last_at, excluded.last_at), last_success_at = greatest(s.last_success_at, excluded.last_success_at), (buckets, counts) = ( select coalesce(array_agg(bucket
    order by bucket), '{}'), coalesce(array_agg(count
    order by bucket), '{}')
    from ( select bucket, sum(count)::integer as count
    from ( select *
    from unnest(s.buckets, s.counts)
    union all select *
    from unnest(excluded.buckets, excluded.counts) ) as both_of_them (bucket, count)
    group by bucket) merged)),
  facet_hours as ( select f.hour, f.day, f.target_platform, f.environment, f.sync_direction, f.trigger, c.sync_status, c.outcome, c.evidence, c.error_code, sum(c.change * f.count) as total
    from (select hour, day, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, evidence_before, is_started, is_settled, is_learned, count(*) as count
    from fact
    group by hour, day, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, evidence_before, is_started, is_settled, is_learned) f
    cross join lateral (select *
    from (values (1, f.is_started, 'IN_PROGRESS', null, null, null), (-1, f.is_settled, 'IN_PROGRESS', null, null, null), (1, f.is_settled, f.sync_status, f.outcome, f.evidence, f.error_code), (-1, f.is_learned, f.sync_status, 'UNKNOWN', f.evidence_before, f.error_code), (1, f.is_learned, f.sync_status, f.outcome, f.evidence, f.error_code)) as c (change, happens, sync_status, outcome, evidence, error_code)
    where happens) c
    group by f.hour, f.day, f.target_platform, f.environment, f.sync_direction, f.trigger, c.sync_status, c.outcome, c.evidence, c.error_code),
  sync_stats_facet_hourly_in as ( insert into sync_stats_facet_hourly as s (hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, total) select hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, sum(total) as total
    from facet_hours
    group by hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code having sum(total) <> 0
    on conflict (hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code) do update set total = s.total + excluded.total) select 1
