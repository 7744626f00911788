import { randomBytes } from 'node:crypto';
import type { JsonObject } from '#json';
import { type VersionCommit, VersionHistoryService, VersionTree } from '#versioning';
import { turnsDuring } from '../support/event-loop.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

/** More than two statements take. */
const MANY = 1_200;

let service: TestApp;
let versions: VersionHistoryService;
let sql: Sql;

beforeAll(async () => {
  service = await startTestApp();
  versions = service.app.get(VersionHistoryService);
  sql = await connectSql(service.databaseUrl);
});
afterAll(async () => {
  await sql?.close();
  await service?.close();
});

const commitOf = (typeKey: string, definition: JsonObject): VersionCommit => ({
  ...{ platform: 'optimizely', kind: 'contentType', typeKey, definition, author: 'jane' },
});
const many = (prefix: string, round = 1) =>
  Array.from({ length: MANY }, (_, index) => commitOf(`${prefix}${index}`, { index, round }));
const latestOf = async (prefix: string) =>
  (await versions.catalogue('optimizely')).filter(({ typeKey }) => typeKey.startsWith(prefix));

describe('a commit of many types', () => {
  it('answers in the order given, and tells which are new', async () => {
    const commits = many('Ordered');
    const first = await versions.commit(commits);
    expect(first.map(({ version }) => version.typeKey)).toEqual(commits.map(({ typeKey }) => typeKey));
    expect(first.every(({ created, version }) => created && version.number === 1)).toBe(true);
    const half = commits.map((commit, index) =>
      index % 2 ? commitOf(commit.typeKey, { index, changed: true }) : commit,
    );
    const second = await versions.commit(half.toReversed());
    expect(second.map(({ created }) => created)).toEqual(half.map((_, index) => index % 2 === 1).toReversed());
    const shown = await versions.definitions(second.map(({ version }) => version));
    expect(shown.map(({ definition }) => definition)).toEqual(half.toReversed().map(({ definition }) => definition));
  });

  it('takes all or none, whichever statement has the bad one', async () => {
    const bad = commitOf('NoneZ\0', { a: 1 });
    await expect(versions.commit([...many('None'), bad])).rejects.toThrow('0x00');
    expect(await latestOf('None')).toEqual([]);
  });

  it('keeps large and small content byte by byte', async () => {
    const text = (bytes: number) => randomBytes(bytes).toString('base64');
    // Plain, compressed, and together more than one statement takes.
    const commits = [80_000, 10, 3_000_000, 200, 3_000_000, 75_000, 0].map((bytes, index) =>
      commitOf(`Sized${index}`, { text: text(bytes) }),
    );
    const committed = await versions.commit(commits);
    const shown = await versions.definitions(committed.map(({ version }) => version));
    expect(shown.map(({ definition }) => definition)).toEqual(commits.map(({ definition }) => definition));
  });

  it('takes the same content of many types as one snapshot', async () => {
    const committed = await versions.commit(many('Alike').map(({ typeKey }) => commitOf(typeKey, { alike: true })));
    expect(new Set(committed.map(({ version }) => version.snapshotDigest)).size).toBe(1);
    expect(await latestOf('Alike')).toHaveLength(MANY);
  });

  it('races with others in opposite order and with single types, and leaves no gap', async () => {
    const single = (index: number) => versions.commit([commitOf(`Raced${index}`, { single: index })]);
    await Promise.all([
      versions.commit(many('Raced', 1)),
      versions.commit(many('Raced', 2).toReversed()),
      versions.commit(many('Raced', 3)),
      ...[0, 600, 1_199].map(single),
    ]);
    const wrong = await sql<{ count: string; last: number }>(
      `select count(*) as count, max(number) as last from content_type_version where type_key like 'Raced%'
       group by type_key having count(*) <> max(number)`,
    );
    expect(wrong).toEqual([]);
    expect(await latestOf('Raced')).toHaveLength(MANY);
  });

  it('lets other work go on', async () => {
    const commits = many('Sliced').map((commit, index) =>
      commitOf(commit.typeKey, { index, list: Array.from({ length: 200 }, (_, at) => ({ at })) }),
    );
    expect(await turnsDuring(() => versions.commit(commits))).toBeGreaterThan(20);
  });
});

describe('a tree over many types', () => {
  it('is the same in slices, between which other work goes on', async () => {
    const entries = Array.from({ length: 20_000 }, (_, index) => ({
      ...{ kind: 'contentType', typeKey: `Type${index}`, versionHash: String(index) },
    }));
    let root = '';
    expect(await turnsDuring(async () => ({ root } = await VersionTree.inSlices(entries)))).toBeGreaterThan(5);
    expect(root).toBe(VersionTree.of(entries).root);
  });
});
