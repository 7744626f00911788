import { setTimeout as wait } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';

/** A connection of the test's own, to see what stands in the database and to spoil it. */
export interface Sql {
  <Row extends QueryResultRow>(statement: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** What is made of the journal. */
const PROJECTED = /\b(sync_history|sync_event|event_position|snapshot|content_type_version|live_state|sync_stats)/;
/** Milliseconds that a service has to project what it has recorded; where none runs, things stay as they are. */
const PROJECTED_WITHIN_MS = 5_000;

/** Resolves when a running service has projected what was recorded before. */
async function projected(client: Client): Promise<void> {
  const { rows } = await client.query<{ has: boolean }>(`select to_regclass('sync_journal') is not null as has`);
  if (!rows[0]!.has) return;
  const goal = await client.query<{ goal: string }>(
    `select coalesce(json_object_agg(writer, last), '{}')::text as goal
     from (select writer, max(number) as last from sync_journal group by 1) written`,
  );
  const behind = `select from journal_writer w join json_each_text($1) g on g.key::uuid = w.writer
    where g.value::bigint > w.projected limit 1`;
  for (const until = Date.now() + PROJECTED_WITHIN_MS; Date.now() < until; await wait(5)) {
    if ((await client.query(behind, [goal.rows[0]!.goal])).rowCount === 0) return;
  }
}

/** A client that sees what a running service has recorded before. */
export class ProjectedClient extends Client {
  override query = (async (statement: string, values?: unknown[]) => {
    if (typeof statement === 'string' && PROJECTED.test(statement)) await projected(this);
    return (Client.prototype.query as (...given: unknown[]) => unknown).call(this, statement, values);
  }) as unknown as Client['query'];
}

export async function connectSql(url: string): Promise<Sql> {
  const client = new ProjectedClient({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const query = async <Row extends QueryResultRow>(statement: string, values?: unknown[]) =>
    (await client.query<Row>(statement, values)).rows;
  return Object.assign(query, { close: () => client.end() });
}
