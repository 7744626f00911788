import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EntityManager } from '@mikro-orm/core';
import type { Pool } from 'pg';
import { postgresPool } from '#database';
import { canonicalJson, type JsonObject } from '#json';
import { SnapshotPacker, SnapshotService } from '#snapshot';
import { VersionHistoryService } from '#versioning';
import { AppModule, readConfig } from '../../../src/app.module.ts';
import { openBenchDatabase } from '../bench-database.ts';
import { definitionOf } from '../record/definitions.ts';
import { type Bench, machine, rounded, type Section } from '../report.ts';
import { median } from '../rounds.ts';
import { gitBytes, installedGit } from './git-repository.ts';
import { syncBytes } from './sync-bytes.ts';

const VERSIONS = 1_000;
/** Bytes of JSON of a small content type, a usual one and a large one. */
const SIZES = [3_000, 12_000, 54_000];
/** After so many versions the packer runs and the server frees what it has left, as both do in a day of work. */
const BATCH = 5;
const AUTHOR = 'jane';
const READS = 50;
const messageOf = (index: number) => `Change ${index}`;
const TABLES = ['stored_version', 'snapshot', 'snapshot_pack'];

/** Bytes that 1,000 versions of a content type take, against `git gc` of the same 1,000 files. */
export const versions: Bench = async () => {
  const git = await installedGit();
  const rows: Section['rows'] = [];
  for (const size of SIZES) {
    const contents = edited(definitionOf(size));
    const ours = await storedByUs(contents);
    const texts = contents.map((content) => Buffer.from(canonicalJson(content)));
    const theirs = git ? await gitBytes(texts, AUTHOR, messageOf) : undefined;
    rows.push({
      'a version, bytes': Math.round(texts.reduce((sum, { length }) => sum + length, 0) / VERSIONS),
      'stored by us': Math.round(ours.total / VERSIONS),
      rows: Math.round(ours.tables.stored_version! / VERSIONS),
      snapshots: Math.round(ours.tables.snapshot! / VERSIONS),
      packs: Math.round(ours.tables.snapshot_pack! / VERSIONS),
      'git gc': theirs ? Math.round(theirs / VERSIONS) : '-',
      'us ÷ git': theirs ? rounded(ours.total / theirs) : '-',
      'before vacuum full': Math.round(ours.usual / VERSIONS),
      'read one, ms': rounded(ours.readMs),
    });
  }
  return [
    {
      title: `${VERSIONS} versions of a content type, bytes for each`,
      rows,
      notes: [
        `Each version changes, adds or removes one property. Ours are heap, TOAST and all indexes of the tables, after the
packer and \`vacuum full\`; before it, the room that changed rows have left counts as well. git's are all files below
.git/objects after \`git gc\`, one commit a version. ${git ?? 'git is not installed: it does not take part.'}`,
        machine(),
      ],
    },
    await syncBytes(),
  ];
};

/** The versions of somebody's work: each changes, adds or removes one property. */
function edited(first: JsonObject): JsonObject[] {
  const contents = [first];
  for (let index = 1; index < VERSIONS; index += 1) {
    const before = contents.at(-1)!;
    const properties = { ...(before.properties as JsonObject) };
    const names = Object.keys(properties);
    const name = names[(index * 7_919) % names.length]!;
    const property = properties[name] as JsonObject;
    if (index % 10 < 6) properties[name] = { ...property, displayName: `Name ${index}` };
    else if (index % 10 < 8) properties[`added${index}`] = { ...property, displayName: `Added ${index}` };
    else delete properties[name];
    contents.push({ ...before, properties });
  }
  return contents;
}

async function storedByUs(contents: JsonObject[]) {
  const database = await openBenchDatabase();
  const config = readConfig({ DATABASE_URL: database.url, LOG_LEVEL: 'silent' });
  const app = await NestFactory.createApplicationContext(AppModule.forRoot(config), { logger: false });
  try {
    const pool = await postgresPool(app.get(EntityManager));
    for (const [index, definition] of contents.entries()) {
      const type = { platform: 'optimizely', kind: 'contentType', typeKey: 'Article' };
      await app.get(VersionHistoryService).commit([{ ...type, definition, author: AUTHOR, message: messageOf(index) }]);
      if ((index + 1) % BATCH === 0) {
        await app.get(SnapshotPacker).run();
        for (const table of TABLES) await pool.query(`vacuum ${table}`);
      }
    }
    const usual = await sizes(pool);
    // The newest versions are compressed when they have stood for an hour.
    await pool.query(`update snapshot set created_at = now() - interval '2 hours'`);
    await app.get(SnapshotPacker).run();
    for (const table of TABLES) await pool.query(`vacuum full ${table}`);
    return { usual: usual.total, ...(await sizes(pool)), readMs: await readMs(app) };
  } finally {
    await app.close();
    await database.close();
  }
}

async function sizes(pool: Pool): Promise<{ total: number; tables: Record<string, number> }> {
  const { rows } = await pool.query<{ name: string; bytes: number }>(
    `select name, pg_total_relation_size(name)::float8 as bytes from unnest($1::text[]) name`,
    [TABLES],
  );
  const tables = Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]));
  return { total: rows.reduce((sum, { bytes }) => sum + bytes, 0), tables };
}

/** The median of reading single versions, spread over all. */
async function readMs(app: INestApplicationContext): Promise<number> {
  const [history, snapshots] = [app.get(VersionHistoryService), app.get(SnapshotService)];
  const times: number[] = [];
  for (let read = 0; read < READS; read += 1) {
    const number = 1 + ((read * 389) % (VERSIONS - 1));
    const type = { platform: 'optimizely', kind: 'contentType', typeKey: 'Article' };
    const { snapshotDigest } = await history.byNumber(type, number);
    const start = performance.now();
    await snapshots.read(snapshotDigest);
    times.push(performance.now() - start);
  }
  return median(times);
}
