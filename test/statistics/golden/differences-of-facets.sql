with
  pending as ( select e.sync_id, bool_or(e.type = 'sync.recorded') as started, bool_or(e.type in ('sync.succeeded', 'sync.failed', 'sync.partial')) as settled, bool_or(e.type = 'sync.outcome_known') as learned
    from sync_event e
    where (e.position > (select last
    from sync_stats_position)) and e.type in ('sync.recorded', 'sync.succeeded', 'sync.failed', 'sync.partial', 'sync.outcome_known')
    group by e.sync_id),
  fact as ( select date_trunc('hour', h.started_at, 'UTC') as hour, date_trunc('day', h.started_at, 'UTC') as day, h.target_platform, h.environment, h.sync_direction, h.trigger, h.kind, h.type_key, (true)::integer as total, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS')::integer as success, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'FAILED')::integer as failed, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'PARTIAL')::integer as partial, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS' and h.retry_count = 0)::integer as first_success, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) then h.retry_count else 0 end as retries, ((h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.duration_ms is not null)::integer as measured, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) then coalesce(h.duration_ms, 0) else 0 end as duration_sum, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'APPLIED', false)::integer as applied, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'NOT_APPLIED', false)::integer as not_applied, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'PARTLY_APPLIED', false)::integer as partly_applied, coalesce((case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end) = 'UNKNOWN', false)::integer - (false)::integer as unknown, case when (true) then h.started_at end as last_at, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.sync_status = 'SUCCESS' then h.started_at end as last_success_at, case when (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) and h.duration_ms is not null then (case when h.duration_ms < 1 then 0 else 1 + floor(ln(h.duration_ms::float8) / ln(1.1::float8)) end)::smallint end as bucket, (true) as is_started, (h.sync_status <> 'IN_PROGRESS' and p.settled is not true) as is_settled, (false) as is_learned, h.sync_status, case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then 'UNKNOWN' else h.outcome end end as outcome, case when h.sync_status <> 'IN_PROGRESS' and p.settled is not true then case when p.learned then ( select e.data->>'evidence'
    from sync_event e
    where e.sync_id = h.id and e.type in ('sync.succeeded', 'sync.failed', 'sync.partial') limit 1) else h.evidence end end as evidence, case when false then ( select e.data->>'evidence'
    from sync_event e
    where e.sync_id = h.id and e.type in ('sync.succeeded', 'sync.failed', 'sync.partial') limit 1) end as evidence_before, h.error_code
    from sync_history h
    left join pending p on p.sync_id = h.id
    where h.started_at >= $1 and p.started is not true) select hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, sum(total) as total, sum(expected) as expected_total
    from ( select hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, total, 0 as expected
    from (select hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, total
    from sync_stats_facet_hourly
    where hour >= $1) a
    union all select hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, 0, total
    from (select hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, total
    from ( select f.hour, f.day, f.target_platform, f.environment, f.sync_direction, f.trigger, c.sync_status, c.outcome, c.evidence, c.error_code, sum(c.change * f.count) as total
    from (select hour, day, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, evidence_before, is_started, is_settled, is_learned, count(*) as count
    from fact
    group by hour, day, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code, evidence_before, is_started, is_settled, is_learned) f
    cross join lateral (select *
    from (values (1, f.is_started, 'IN_PROGRESS', null, null, null), (-1, f.is_settled, 'IN_PROGRESS', null, null, null), (1, f.is_settled, f.sync_status, f.outcome, f.evidence, f.error_code), (-1, f.is_learned, f.sync_status, 'UNKNOWN', f.evidence_before, f.error_code), (1, f.is_learned, f.sync_status, f.outcome, f.evidence, f.error_code)) as c (change, happens, sync_status, outcome, evidence, error_code)
    where happens) c
    group by f.hour, f.day, f.target_platform, f.environment, f.sync_direction, f.trigger, c.sync_status, c.outcome, c.evidence, c.error_code) f) e) both_of_them
    group by hour, target_platform, environment, sync_direction, trigger, sync_status, outcome, evidence, error_code having sum(total) <> sum(expected)
