with
  pending as ( select e.sync_id, bool_or(e.type = 'sync.recorded') as started, bool_or(e.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) as settled
    from sync_event e
    where (e.position is null or e.position > (select last
    from sync_stats_position)) and e.type in ('sync.recorded', 'sync.succeeded', 'sync.failed', 'sync.partial')
    group by e.sync_id),
  fact as ( select date_trunc('hour', h.started_at, 'UTC') as hour, date_trunc('day', h.started_at, 'UTC') as day, h.target_platform, h.environment, h.sync_direction, h.trigger, h.kind, h.type_key, (true)::integer as total, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS')::integer as success, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'FAILED')::integer as failed, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'PARTIAL')::integer as partial, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) then h.retry_count else 0 end as retries, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.duration_ms is not null)::integer as measured, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) then coalesce(h.duration_ms, 0) else 0 end as duration_sum, case when (true) then h.started_at end as last_at, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket
    from sync_history h
    left join pending p on p.sync_id = h.id
    where h.started_at >= $1 and p.started is not true),
  rolled as ( select hour, target_platform, environment, sync_direction, trigger, 'sync_stats_hourly' as level, bucket, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, max(last_at) as last_at, max(last_success_at) as last_success_at
    from fact
    group by grouping sets ((hour, target_platform, environment, sync_direction, trigger, bucket))),
  expected as ( select hour, target_platform, environment, sync_direction, trigger, sum(total) as total, sum(success) as success, sum(failed) as failed, sum(partial) as partial, sum(first_success) as first_success, sum(retries) as retries, sum(measured) as measured, sum(duration_sum) as duration_sum, max(last_at) as last_at, max(last_success_at) as last_success_at, coalesce(array_agg(bucket
    order by bucket) filter (where bucket is not null), '{}')::smallint[] as buckets, coalesce(array_agg(measured
    order by bucket) filter (where bucket is not null), '{}')::integer[] as counts
    from rolled
    where level = 'sync_stats_hourly'
    group by hour, target_platform, environment, sync_direction, trigger) select coalesce(a.hour, e.hour) as hour, coalesce(a.target_platform, e.target_platform) as target_platform, coalesce(a.environment, e.environment) as environment, coalesce(a.sync_direction, e.sync_direction) as sync_direction, coalesce(a.trigger, e.trigger) as trigger, coalesce(a.total, 0) as total, coalesce(e.total, 0) as expected_total, coalesce(a.success + a.failed + a.partial, 0) as settled, coalesce(e.success + e.failed + e.partial, 0) as expected_settled
    from expected e
    full join (select *
    from sync_stats_hourly
    where hour >= $1) a using (hour, target_platform, environment, sync_direction, trigger)
    where (a.total, a.success, a.failed, a.partial, a.first_success, a.retries, a.measured, a.duration_sum, a.last_at, a.last_success_at, a.buckets, a.counts) is distinct
    from (e.total, e.success, e.failed, e.partial, e.first_success, e.retries, e.measured, e.duration_sum, e.last_at, e.last_success_at, e.buckets, e.counts)
