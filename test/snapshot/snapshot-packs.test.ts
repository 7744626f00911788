import { array, assert, asyncProperty, constant, integer, oneof, option, record, string } from 'fast-check';
import { canonicalJson, type JsonObject } from '#json';
import { Retention } from '#retention';
import { MAX_PACK_BYTES, SnapshotCorruptError, SnapshotPacker, SnapshotService } from '#snapshot';
import { VersionHistoryService } from '#versioning';
import { findings } from '../support/fsck.ts';
import { runs } from '../support/properties.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const PLATFORM = 'optimizely';
const KIND = 'contentType';

/** A definition of about 2 kB; one property says which. */
const definition = (stamp: string, more: JsonObject = {}): JsonObject => ({
  stamp,
  properties: Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`property${index}`, { type: 'string', displayName: `Name ${index}` }]),
  ),
  ...more,
});

/** Text that no compression makes short, always the same for a seed. */
function noise(seed: number, length: number): string {
  let state = seed + 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCodePoint(33 + (state % 90));
  }).join('');
}

describe('the packs of older versions', () => {
  let service: TestApp;
  let versions: VersionHistoryService;
  let snapshots: SnapshotService;
  let packer: SnapshotPacker;
  let sql: Sql;
  let types = 0;

  beforeAll(async () => {
    service = await startTestApp({ RETENTION_PAYLOAD_DAYS: '1' });
    versions = service.app.get(VersionHistoryService);
    snapshots = service.app.get(SnapshotService);
    packer = service.app.get(SnapshotPacker);
    sql = await connectSql(service.databaseUrl);
  });
  afterAll(async () => {
    await sql?.close();
    await service?.close();
  });

  /** A type that no other test has, with versions of these contents in their order. */
  const typeOf = async (contents: JsonObject[], typeKey = `Type${(types += 1)}`) => {
    for (const content of contents) {
      await versions.commit([{ platform: PLATFORM, kind: KIND, typeKey, definition: content, author: 'jane' }]);
    }
    return { platform: PLATFORM, kind: KIND, typeKey };
  };
  const stamps = (count: number, more?: JsonObject) =>
    Array.from({ length: count }, (_, index) => definition(`${index} of ${types}`, more));
  const contentsOf = async (type: { platform: string; kind: string; typeKey: string }) => {
    const history = await versions.history(type, 1_000);
    const definitions = await versions.definitions(history);
    return definitions.toReversed().map((each) => canonicalJson(each.definition));
  };
  const plainOf = async (typeKey: string) =>
    sql<{ number: number }>(
      'select number from stored_version where type_key = $1 and snapshot_digest is not null order by number',
      [typeKey],
    ).then((rows) => rows.map(({ number }) => number));
  const packsOf = (typeKey: string) =>
    sql<{ id: number; original_size: number; content: Buffer }>(
      `select distinct k.* from snapshot_pack k join stored_version v on v.pack_id = k.id where v.type_key = $1 order by id`,
      [typeKey],
    );

  it('hold what they were given, and nothing stays twice', async () => {
    const contents = stamps(30);
    const type = await typeOf(contents);
    const before = await versions.history(type, 100);
    expect(await packer.run()).toBe(29);
    expect(await plainOf(type.typeKey)).toEqual([30]);
    expect(await contentsOf(type)).toEqual(contents.map(canonicalJson));
    expect(await versions.history(type, 100)).toEqual(before);
    const digests = before.map((version) => version.snapshotDigest);
    expect(await sql('select digest from snapshot where digest = any ($1)', [digests])).toEqual([
      { digest: digests[0] },
    ]);
    const [pack] = await packsOf(type.typeKey);
    // Each but the first takes a few bytes.
    expect(pack!.content.length).toBeLessThan(29 * 30);
    expect(pack!.original_size).toBeGreaterThan(29 * 1_000);
    expect(await findings(service.databaseUrl)).toEqual([]);
  });

  it('leave a newest version by itself, compressed when it has stood for an hour', async () => {
    const contents = stamps(3, { text: 'again and again '.repeat(300) });
    const type = await typeOf(contents);
    const { snapshotDigest } = await versions.byNumber(type, 3);
    const stored = () =>
      sql('select encoding, original_size > 4 * stored_size as small from snapshot where digest = $1', [
        snapshotDigest,
      ]);
    await packer.run();
    expect(await stored()).toEqual([{ encoding: 'identity', small: false }]);
    await sql(`update snapshot set created_at = now() - interval '2 hours' where digest = $1`, [snapshotDigest]);
    await packer.run();
    expect(await stored()).toEqual([{ encoding: 'zstd', small: true }]);
    expect(await contentsOf(type)).toEqual(contents.map(canonicalJson));
    await packer.run();
    // It can be packed later like all others.
    await typeOf(stamps(6), type.typeKey);
    expect(await packer.run()).toBe(8);
    expect(await findings(service.databaseUrl)).toEqual([]);
    expect((await contentsOf(type)).slice(0, 3)).toEqual(contents.map(canonicalJson));
  });

  it('give their contents to every reader of a snapshot', async () => {
    const type = await typeOf(stamps(20));
    await packer.run();
    const version = await versions.byNumber(type, 3);
    const newest = await versions.byNumber(type, 20);
    const { status, body } = await service.api('GET', `/content-types/${type.typeKey}/diff?from=3&to=20`);
    expect([status, body]).toMatchObject([200, { changes: [{ path: '/stamp' }] }]);
    expect(await snapshots.validateSnapshot(version.snapshotDigest)).toMatchObject({ valid: true });
    expect(await snapshots.compareSnapshots(version.snapshotDigest, newest.snapshotDigest)).toMatchObject({
      modified: [{ path: '/stamp' }],
    });
    const bytes = await snapshots.readBytes([newest.snapshotDigest, version.snapshotDigest]);
    expect([...bytes.values()].map(String).toSorted()).toEqual(
      [await snapshots.read(version.snapshotDigest), await snapshots.read(newest.snapshotDigest)]
        .map((content) => canonicalJson(content))
        .toSorted(),
    );
  });

  it('wait for enough versions, or for an hour', async () => {
    const type = await typeOf(stamps(4));
    expect(await packer.run()).toBe(0);
    await sql(`update stored_version set created_at = now() - interval '2 days' where type_key = $1`, [type.typeKey]);
    expect(await packer.run()).toBe(3);
    expect(await packer.run()).toBe(0);
  });

  it('leave the newest version of a type and the newest that is AUTHORED as they are', async () => {
    const contents = stamps(12);
    const type = await typeOf(contents.slice(0, 10));
    for (const content of contents.slice(10)) {
      await versions.commit([{ ...type, definition: content, author: 'jane', origin: 'OBSERVED' }]);
    }
    await packer.run();
    expect(await plainOf(type.typeKey)).toEqual([10, 12]);
    expect(await contentsOf(type)).toEqual(contents.map(canonicalJson));
  });

  it('take further versions, until they are full', async () => {
    const large = { noise: noise(7, 960_000) };
    const type = await typeOf(stamps(10, large));
    await packer.run();
    const [first] = await packsOf(type.typeKey);
    expect(first!.original_size).toBeLessThanOrEqual(MAX_PACK_BYTES);
    await typeOf(
      Array.from({ length: 10 }, (_, index) => definition(`more ${index}`, large)),
      type.typeKey,
    );
    await packer.run();
    const packs = await packsOf(type.typeKey);
    expect(packs).toHaveLength(3);
    for (const { original_size: size } of packs) expect(size).toBeLessThanOrEqual(MAX_PACK_BYTES);
    // One noise of 960,000 characters in each: all others are found in it.
    for (const { content } of packs) expect(content.length).toBeLessThan(980_000);
    expect(await contentsOf(type)).toHaveLength(20);
    expect(await findings(service.databaseUrl)).toEqual([]);
  });

  it('leave a content alone that is too large for them', async () => {
    const type = await typeOf(stamps(9, { noise: noise(3, 1_000_001) }));
    expect(await packer.run()).toBe(0);
    expect(await plainOf(type.typeKey)).toHaveLength(9);
  });

  it('give the content back to a version that has it again, of this type or another', async () => {
    const contents = stamps(20);
    const type = await typeOf(contents);
    await packer.run();
    const { version } = (await versions.commit([{ ...type, definition: contents[4]!, author: 'jane' }]))[0]!;
    expect(version.number).toBe(21);
    const other = await typeOf([contents[4]!]);
    expect(await plainOf(other.typeKey)).toEqual([]);
    expect(await plainOf(type.typeKey)).toEqual([20]);
    expect(await sql('select from snapshot where digest = $1', [version.snapshotDigest])).toEqual([]);
    expect(await contentsOf(other)).toEqual([canonicalJson(contents[4]!)]);
    expect(await contentsOf(type)).toEqual([...contents, contents[4]!].map(canonicalJson));
  });

  it.each([
    ['cut', 'substr(content, 1, 20)'],
    ['of other bytes', `overlay(content placing '\\x00000000'::bytea from 30)`],
  ])('are damaged: %s; no reader gets other content, and fsck names each', async (_what, damage) => {
    const type = await typeOf(stamps(15));
    await packer.run();
    await sql(
      `update snapshot_pack set content = ${damage}
       where id in (select pack_id from stored_version where type_key = $1)`,
      [type.typeKey],
    );
    const version = await versions.byNumber(type, 14);
    await expect(snapshots.read(version.snapshotDigest)).rejects.toThrow(SnapshotCorruptError);
    const named = new Set((await findings(service.databaseUrl)).map(({ subject }) => subject));
    expect(named).toContain(`snapshot ${version.snapshotDigest}`);
    // What comes later goes to a pack of its own.
    await typeOf(
      Array.from({ length: 9 }, (_, index) => definition(`later ${index}`)),
      type.typeKey,
    );
    expect(await packer.run()).toBe(9);
    await expect(versions.definitions([await versions.byNumber(type, 20)])).resolves.toHaveLength(1);
    const bad = await sql<{ digest: string }>(
      `select p.digest from packed_snapshot p join stored_version v on v.pack_id = p.pack_id where v.type_key = $1`,
      [type.typeKey],
    );
    expect(bad.length).toBeGreaterThan(0);
    await sql('delete from stored_version where type_key = $1', [type.typeKey]);
  });

  it('take no content that is damaged: it stays as it is, for fsck to name', async () => {
    const type = await typeOf(stamps(12));
    const { snapshotDigest } = await versions.byNumber(type, 5);
    await sql(`update snapshot set content = overlay(content placing '\\x00'::bytea from 9) where digest = $1`, [
      snapshotDigest,
    ]);
    expect(await packer.run()).toBe(10);
    expect(await plainOf(type.typeKey)).toEqual([5, 12]);
    expect(await findings(service.databaseUrl)).toMatchObject([
      { rule: 'snapshot.digest', subject: `snapshot ${snapshotDigest}` },
    ]);
    await sql('delete from stored_version where type_key = $1', [type.typeKey]);
    await sql('delete from snapshot where digest = $1', [snapshotDigest]);
  });

  it('cannot be dropped while a version names them', async () => {
    const type = await typeOf(stamps(12));
    await packer.run();
    const [pack] = await packsOf(type.typeKey);
    await expect(sql('delete from snapshot_pack where id = $1', [pack!.id])).rejects.toThrow(/foreign key/);
    const newest = await versions.byNumber(type, 12);
    await expect(sql('delete from snapshot where digest = $1', [newest.snapshotDigest])).rejects.toThrow(/foreign key/);
  });

  it('keep what retention drops the plain content of', async () => {
    const contents = stamps(12);
    const type = await typeOf(contents);
    await packer.run();
    await sql(`update snapshot set created_at = now() - interval '9 days'`);
    await service.app.get(Retention).apply();
    expect(await contentsOf(type)).toEqual(contents.map(canonicalJson));
    expect(await findings(service.databaseUrl)).toEqual([]);
  });

  describe('while a writer holds the snapshots', () => {
    it('wait for a bounded time, and are made in a later round', async () => {
      const type = await typeOf(stamps(12));
      await sql('begin');
      await sql('lock table snapshot in row exclusive mode');
      expect(await packer.run()).toBe(0);
      await sql('rollback');
      expect(await plainOf(type.typeKey)).toHaveLength(12);
      expect(await packer.run()).toBe(11);
    });

    it('are not made at all when the process is killed meanwhile: all is as before', async () => {
      const contents = stamps(12);
      const type = await typeOf(contents);
      await sql('begin');
      await sql('lock table snapshot in row exclusive mode');
      const packing = packer.run().catch((error: Error) => error);
      const killer = await connectSql(service.databaseUrl);
      await until('it waits and is killed', async () => {
        const killed = await killer(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and query like 'lock table snapshot%'`,
        );
        return killed.length > 0;
      });
      await killer.close();
      expect(await packing).toBeInstanceOf(Error);
      await sql('rollback');
      expect(await contentsOf(type)).toEqual(contents.map(canonicalJson));
      expect(await plainOf(type.typeKey)).toHaveLength(12);
      expect(await packer.run()).toBe(11);
      expect(await findings(service.databaseUrl)).toEqual([]);
    });
  });

  it('are made by one process at a time', async () => {
    const type = await typeOf(stamps(40));
    const other = await startTestApp({ DATABASE_URL: service.databaseUrl });
    const made = await Promise.all([packer.run(), other.app.get(SnapshotPacker).run()]);
    expect(made[0] + made[1] + (await packer.run())).toBe(39);
    expect(await plainOf(type.typeKey)).toEqual([40]);
    expect(await findings(service.databaseUrl)).toEqual([]);
    await other.close();
  });

  it('lose nothing while others write the same contents again and again', async () => {
    const contents = stamps(10);
    const type = await typeOf(contents);
    let ended = false;
    const packing = (async () => {
      while (!ended) await packer.run();
    })();
    const expected = [...contents];
    for (let round = 0; round < 20; round += 1) {
      const content = round % 3 === 0 ? definition(`new ${round}`) : contents[(round * 7) % 10]!;
      if (canonicalJson(content) === canonicalJson(expected.at(-1)!)) continue;
      await versions.commit([{ ...type, definition: content, author: 'jane' }]);
      await versions.commit([{ ...type, typeKey: `${type.typeKey}Too`, definition: content, author: 'jane' }]);
      expected.push(content);
    }
    ended = true;
    await packing;
    expect(await contentsOf(type)).toEqual(expected.map(canonicalJson));
    expect(await findings(service.databaseUrl)).toEqual([]);
  });

  it('change nothing that a reader sees, whatever the contents and whenever they are made', async () => {
    const content = record({
      stamp: integer({ min: 0, max: 12 }),
      text: oneof(constant(''), string({ unit: 'grapheme' }), constant('x'.repeat(120_000))),
      lastModified: option(integer({ min: 0, max: 3 }), { nil: undefined }),
    });
    const steps = array(oneof({ weight: 6, arbitrary: content }, constant('pack' as const)), {
      minLength: 12,
      maxLength: 40,
    });
    await assert(
      asyncProperty(steps, async (story) => {
        const keys = [`Told${(types += 1)}`, `Told${(types += 1)}`];
        const expected = keys.map((): string[] => []);
        for (const [index, step] of story.entries()) {
          if (step === 'pack') {
            await sql(`update stored_version set created_at = now() - interval '2 days'`);
            await packer.run();
            continue;
          }
          const which = index % 3 === 0 ? 1 : 0;
          const written = JSON.parse(JSON.stringify(step)) as JsonObject;
          const type = { platform: PLATFORM, kind: KIND, typeKey: keys[which]! };
          const [result] = await versions.commit([{ ...type, definition: written, author: 'jane' }]);
          if (result!.created) expected[which]!.push(canonicalJson(written));
        }
        await packer.run();
        for (const [which, typeKey] of keys.entries()) {
          if (expected[which]!.length === 0) continue;
          expect(await contentsOf({ platform: PLATFORM, kind: KIND, typeKey })).toEqual(expected[which]);
        }
      }),
      { numRuns: runs(5) },
    );
    expect(await findings(service.databaseUrl)).toEqual([]);
  }, 120_000);

  it('can be asked by digest in any number', async () => {
    const digests: string[] = [];
    for (let each = 0; each < 25; each += 1) {
      const type = await typeOf(stamps(9, { each }));
      digests.push(...(await versions.history(type, 100)).map((version) => version.snapshotDigest));
    }
    await packer.run();
    expect((await snapshots.readMany(digests)).size).toBe(new Set(digests).size);
  });
});
