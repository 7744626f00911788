import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import type { JsonObject } from '#json';
import type { Contender } from '../rounds.ts';

/** What a team would write instead of using this service: one table with the payload in it, and the indexes of its queries. */
const TABLE = `
  create table floor (
    id bigint generated always as identity primary key, type_key text not null, version_hash text not null,
    platform text not null, status text not null, pushed jsonb not null, answer jsonb,
    started_at timestamptz not null default now(), completed_at timestamptz);
  create index on floor (type_key, started_at);
  create index on floor (version_hash);
  create index on floor (platform, started_at);
  create index on floor (status)`;
const INSERT = `insert into floor (type_key, version_hash, platform, status, pushed)`;
const UPDATE = `update floor set status = 'SUCCESS', completed_at = now(), answer =`;
/** The clients of pgbench connect within its time. */
const MIN_SECONDS = 2;
const ANSWER = '{"statusCode":200}';

/** The two statements of a sync, each committed by itself: by `pgbench` where it is installed, and by the driver. */
export async function floors(pool: Pool, url: string, payload: JsonObject): Promise<Contender[]> {
  await pool.query(`drop table if exists floor; ${TABLE}`);
  const text = JSON.stringify(payload);
  const driver: Contender = {
    name: 'pg: insert + update',
    call: async () => {
      const { rows } = await pool.query<{ id: string }>({
        name: 'floor-insert',
        text: `${INSERT} values ($1, $2, $3, 'IN_PROGRESS', $4) returning id`,
        values: ['Article', 'a'.repeat(64), 'no-op', text],
      });
      await pool.query({ name: 'floor-update', text: `${UPDATE} $2 where id = $1`, values: [rows[0]!.id, ANSWER] });
    },
  };
  const pgbench: Contender = {
    name: 'pgbench: insert + update',
    run: (callers, s) => runPgbench(url, text, callers, s),
  };
  return (await hasPgbench()) ? [pgbench, driver] : [driver];
}

function hasPgbench(): Promise<boolean> {
  return promisify(execFile)('pgbench', ['--version']).then(
    () => true,
    () => false,
  );
}

/** Its latency is an average, not a median. */
async function runPgbench(url: string, payload: string, callers: number, seconds: number) {
  const folder = await mkdtemp(join(tmpdir(), 'synctrail-pgbench-'));
  try {
    const script = join(folder, 'floor.sql');
    await writeFile(
      script,
      `${INSERT} values ('Article', '${'a'.repeat(64)}', 'no-op', 'IN_PROGRESS', :payload::jsonb) returning id \\gset\n` +
        `${UPDATE} :answer::jsonb where id = :id;\n`,
    );
    const { stdout } = await promisify(execFile)('pgbench', [
      ...['-n', '-M', 'prepared', '-c', String(callers), '-j', String(Math.min(callers, 2))],
      ...[
        '-T',
        String(Math.max(MIN_SECONDS, Math.round(seconds))),
        '-D',
        `payload=${payload}`,
        '-D',
        `answer=${ANSWER}`,
      ],
      ...['-f', script, url],
    ]);
    const figure = (pattern: RegExp) => {
      const [, value] = pattern.exec(stdout) ?? [];
      if (value === undefined) throw new Error(`pgbench gave no figure:\n${stdout}`);
      return Number(value);
    };
    return { perSecond: figure(/tps = ([\d.]+)/), latencyMs: figure(/latency average = ([\d.]+)/) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
