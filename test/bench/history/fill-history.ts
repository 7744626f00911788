import { Client } from 'pg';

const CHUNK = 250_000;
const MONTHS = 3;

/**
 * Fills the history with settled syncs and their two events, by SQL, in the order of their time: spread over the last
 * months, types by a power law, a twentieth of them failed. Indexes are built once, afterwards.
 */
export async function fillHistory(url: string, rows: number): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await fill(client, rows);
  await client.end();
}

async function fill(client: Client, rows: number): Promise<void> {
  // Nobody else is connected: a service would look for work in tables without indexes.
  await client.query(`select ensure_sync_partitions(now() - $1::integer * interval '1 month', $1::integer + 2)`, [
    MONTHS,
  ]);
  const rebuild = await dropIndexes(client);
  await client.query('alter table sync_event disable trigger user');
  const offset = Number((await client.query<{ last: string }>('select last from event_position')).rows[0]!.last);
  await client.query('set synchronous_commit = off');
  for (let done = 0; done < rows; done += CHUNK) {
    const last = Math.min(done + CHUNK, rows);
    await client.query(SYNCS, [done, last - 1, rows, offset]);
    process.stderr.write(`\rfilled ${last} of ${rows} syncs`);
  }
  process.stderr.write('\n');
  await client.query('update event_position set last = (select max(position) from sync_event)');
  await client.query('alter table sync_event enable trigger user');
  for (const create of rebuild) await client.query(create);
  await client.query('vacuum (analyze) sync_history');
  await client.query('vacuum (analyze) sync_event');
}

/** The partitioned indexes but for the primary keys; how to make them again. */
async function dropIndexes(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string; definition: string }>(
    `select i.indexrelid::regclass::text as name, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') as definition
     from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indrelid in ('sync_history'::regclass, 'sync_event'::regclass) and not i.indisprimary and c.relkind = 'I'`,
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
  return rows.map(({ definition }) => definition);
}

const SYNCS = `
  with made as (
    select n, moment, ('{' || lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7'
        || substring(replace(gen_random_uuid()::text, '-', '') from 14) || '}')::uuid as id,
      'Type' || floor(power(random(), 3) * 300)::integer as type_key, random() as luck
    from (
      select n, now() - interval '${MONTHS} months' + (n::float8 / $3) * interval '${MONTHS} months' as moment
      from generate_series($1::bigint, $2::bigint) n) t),
  recorded as (
    insert into sync_history (id, call_id, kind, type_key, version_hash, target_platform, environment, sync_direction,
      sync_status, pushed_digest, response_digest, status_code, error_code, error_message, retry_count, actor, trigger,
      reason, forced, started_at, completed_at, duration_ms, created_at, deployment_id)
    select id, id, 'contentType', type_key, md5(type_key || (n % 7)) || md5('v'), (array['optimizely', 'optimizely', 'optimizely', 'other'])[1 + n % 4],
      (array['default', 'default', 'staging', 'test'])[1 + (n / 7) % 4], case when n % 5 = 0 then 'PULL' else 'PUSH' end,
      case when luck < 0.04 then 'FAILED' when luck < 0.05 then 'PARTIAL' else 'SUCCESS' end,
      md5(n::text) || md5('p'), md5((n / 20)::text) || md5('r'), case when luck < 0.02 then 503 when luck < 0.05 then 400 else 200 end,
      case when luck < 0.02 then 'UNAVAILABLE' when luck < 0.03 then 'DATA_LOSS_REFUSED' when luck < 0.0301 then 'RARE' when luck < 0.05 then 'INVALID_REQUEST' end,
      case when luck < 0.05 then 'The platform refused ' || type_key || ' for a reason of its own' end, case when luck < 0.02 then 2 else 0 end,
      'actor' || (n % 40), case when n % 3 = 0 then 'API' else 'DEPLOYMENT' end, 'because', luck > 0.99,
      moment, moment + luck * interval '900 ms', (luck * 900)::integer, moment,
      case when n % 3 <> 0 then ('{' || lpad(to_hex(n / 20), 32, '0') || '}')::uuid end
    from made order by id)
  insert into sync_event (id, sync_id, type, data, position, created_at)
  select ('{' || lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7'
        || substring(replace(gen_random_uuid()::text, '-', '') from 14) || '}')::uuid, id,
    (array['sync.recorded', 'sync.succeeded'])[e], '{}', $4 + n * 2 + e, moment
  from made, generate_series(1, 2) e order by n, e`;
