import type { INestApplicationContext } from '@nestjs/common';
import { EntityManager } from '@mikro-orm/core';
import { postgresPool } from '#database';
import { DEFAULT_ENVIRONMENT } from '#platform';
import { openBenchDatabase } from '../bench-database.ts';
import { definitionOf } from '../record/definitions.ts';
import { NoOpAdapter } from '../record/no-op.adapter.ts';
import { startRecording } from '../record/tracked-calls.ts';
import type { Section } from '../report.ts';

const SYNCS = 30_000;
const TYPES = 1_000;
const AT_ONCE = 100;

/** Bytes that a sync of content takes which the history knows: of its row and its events, with their indexes. */
export async function syncBytes(): Promise<Section> {
  const database = await openBenchDatabase();
  const app = await startRecording(database.url, true);
  try {
    await record(app);
    const pool = await postgresPool(app.get(EntityManager));
    await pool.query('select pg_sleep(1)');
    const { rows } = await pool.query<{ parent: string; name: string; bytes: number }>(
      `select p.relname as parent, regexp_replace(n.relname, '_?\\d{4}_\\d{2}', '') as name, sum(pg_relation_size(n.oid))::float8 as bytes
       from pg_inherits i join pg_class p on p.oid = i.inhparent and p.relname in ('sync_history', 'sync_event')
       join lateral (
         select oid, relname from pg_class where oid = i.inhrelid
         union all select x.indexrelid, c.relname from pg_index x join pg_class c on c.oid = x.indexrelid where x.indrelid = i.inhrelid) n on true
       group by 1, 2 having sum(pg_relation_size(n.oid)) > 500000 order by 1, 3 desc`,
    );
    const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
    return {
      title: `A sync of known content, bytes: ${Math.round(total / SYNCS)}`,
      rows: rows.map(({ parent, name, bytes }) => ({
        table: parent,
        relation: name,
        bytes: Math.round(bytes / SYNCS),
      })),
    };
  } finally {
    await app.close();
    await database.close();
  }
}

async function record(app: INestApplicationContext): Promise<void> {
  const adapter = app.get(NoOpAdapter);
  const definition = definitionOf(2_000);
  const context = { environment: DEFAULT_ENVIRONMENT, actor: 'jane', trigger: 'API' as const };
  let left = SYNCS;
  const caller = async () => {
    while (left > 0) {
      const typeKey = `Type${(left -= 1) % TYPES}`;
      await adapter.push({ items: [{ typeKey, data: definition }], context });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}
