import { gzipSync } from 'node:zlib';
import { canonicalJson, JSON_LIMITS, MAX_VALUES, readInSlices } from '#json';
import { SnapshotCorruptError, SnapshotNotFoundError, SnapshotService } from '#snapshot';
import { turnsDuring } from '../support/event-loop.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

interface Row {
  original_size: number;
  stored_size: number;
  encoding: string;
  content: Buffer;
}
/** Content of exactly this many bytes of canonical JSON. */
const ofSize = (bytes: number) => 'a'.repeat(bytes - 2);

describe('a snapshot', () => {
  let service: TestApp;
  let snapshots: SnapshotService;
  let sql: Sql;

  beforeAll(async () => {
    service = await startTestApp();
    snapshots = service.app.get(SnapshotService);
    sql = await connectSql(service.databaseUrl);
  });
  afterAll(async () => {
    await sql?.close();
    await service?.close();
  });

  const rowOf = async (digest: string) => (await sql<Row>('select * from snapshot where digest = $1', [digest]))[0]!;
  const spoil = (digest: string, content: Buffer, originalSize = 1_000) =>
    sql('update snapshot set content = $2, stored_size = $3, original_size = $4 where digest = $1', [
      digest,
      content,
      content.length,
      originalSize,
    ]);

  it('is stored once under its digest, in whatever order its keys come', async () => {
    const { digest } = await snapshots.captureSnapshot({ b: [1, 2], a: 'x' });
    const [before] = await sql('select * from snapshot');
    expect(await snapshots.captureSnapshot({ a: 'x', b: [1, 2] })).toMatchObject({ digest });
    expect(await sql('select * from snapshot')).toEqual([before]);
    expect((await rowOf(digest)).content.toString()).toBe('{"a":"x","b":[1,2]}');
  });

  it('comes back as it went in, own keys that objects inherit included', async () => {
    const content = JSON.parse('{"__proto__":{"a":1},"constructor":null,"nul":"\\u0000","😀":[[],{}]}');
    const { digest } = await snapshots.captureSnapshot(content);
    expect(canonicalJson(await snapshots.read(digest))).toBe(canonicalJson(content));
  });

  it('is stored as it is up to 100,000 bytes', async () => {
    const captured = await snapshots.captureSnapshot(ofSize(100_000));
    expect(captured).toMatchObject({ encoding: 'identity', originalSize: 100_000, storedSize: 100_000 });
    expect(await rowOf(captured.digest)).toMatchObject({ encoding: 'identity', stored_size: 100_000 });
    expect(await snapshots.read(captured.digest)).toBe(ofSize(100_000));
  });

  it('is stored as gzip of level 6 above', async () => {
    const { digest } = await snapshots.captureSnapshot(ofSize(100_001));
    const { content, ...row } = await rowOf(digest);
    expect(row).toMatchObject({ encoding: 'gzip', original_size: 100_001, stored_size: content.length });
    expect(content).toEqual(gzipSync(canonicalJson(ofSize(100_001)), { level: 6 }));
    expect(await snapshots.read(digest)).toBe(ofSize(100_001));
  });

  it('holds 10,000,000 bytes', async () => {
    const { digest } = await snapshots.captureSnapshot(ofSize(10_000_000));
    expect(await snapshots.validateSnapshot(digest)).toEqual({ digest, valid: true });
  });

  it.each([
    ['one more', ofSize(10_000_001), 10_000_001],
    ['fewer characters of more bytes', 'é'.repeat(5_000_000), 10_000_002],
  ])('is refused above, with both sizes in the error: %s', async (_name, content, size) => {
    const before = await sql('select count(*) from snapshot');
    await expect(snapshots.captureSnapshot(content)).rejects.toMatchObject({
      code: 'SNAPSHOT_TOO_LARGE',
      details: { size, limit: 10_000_000 },
      message: expect.stringMatching(new RegExp(`${size}.* 10000000`)),
    });
    expect(await sql('select count(*) from snapshot')).toEqual(before);
  });

  it('lets other work go on while a large one is made ready', async () => {
    const content = Array.from({ length: 120_000 }, (_, index) => ({ name: `property ${index}`, sortOrder: index }));
    expect(canonicalJson(content).length).toBeGreaterThan(5_000_000);
    // In one piece there would be a single turn.
    expect(await turnsDuring(() => snapshots.prepare(content))).toBeGreaterThan(5);
  });

  it('lets other work go on while a large one is read', async () => {
    const content = Array.from({ length: 120_000 }, (_, index) => ({ name: `read ${index}`, sortOrder: index }));
    const text = canonicalJson(content);
    // In one piece there would be a single turn.
    expect(
      await turnsDuring(() =>
        readInSlices(Buffer.from(text), { ...JSON_LIMITS, values: MAX_VALUES, elements: MAX_VALUES }),
      ),
    ).toBeGreaterThan(5);
    const { digest } = await snapshots.captureSnapshot(content);
    expect(canonicalJson(await snapshots.read(digest))).toBe(text);
  });

  describe('that does not exist', () => {
    const digest = '0'.repeat(64);

    it('is an error to read, and not valid', async () => {
      await expect(snapshots.read(digest)).rejects.toThrow(SnapshotNotFoundError);
      await expect(snapshots.compareSnapshots(digest, digest)).rejects.toThrow(SnapshotNotFoundError);
      expect(await snapshots.validateSnapshot(digest)).toMatchObject({ digest, valid: false });
    });
  });

  describe('that was damaged in the database', () => {
    it.each([
      ['a single byte', (content: Buffer) => Buffer.from(content.toString().replace('true', 'trve'))],
      ['other content that is valid by itself', () => Buffer.from('{"a":false}')],
      ['nothing left of it', () => Buffer.alloc(0)],
    ])('is not given out: %s', async (name, damage) => {
      const { digest } = await snapshots.captureSnapshot({ [name]: true });
      await spoil(digest, damage((await rowOf(digest)).content));
      await expect(snapshots.read(digest)).rejects.toThrow(SnapshotCorruptError);
      await expect(snapshots.read(digest)).rejects.toThrow(digest);
      expect(await snapshots.validateSnapshot(digest)).toMatchObject({
        valid: false,
        problem: expect.stringContaining('damaged'),
      });
    });

    it('is not given out when its gzip is broken off', async () => {
      const { digest } = await snapshots.captureSnapshot('broken off'.repeat(20_000));
      const { content, original_size: size } = await rowOf(digest);
      await spoil(digest, content.subarray(0, content.length - 20), size);
      await expect(snapshots.read(digest)).rejects.toThrow(SnapshotCorruptError);
    });

    it.each([
      ['the size it is said to have', 1_000],
      ['the largest a snapshot may have', 10_000_000],
    ])('is unpacked to no more than %s', async (name, said) => {
      const { digest } = await snapshots.captureSnapshot(name.repeat(20_000));
      await spoil(digest, gzipSync(Buffer.alloc(50_000_000)), said);
      await expect(snapshots.read(digest)).rejects.toThrow(SnapshotCorruptError);
      await expect(snapshots.read(digest)).rejects.toThrow(`larger than ${said} bytes`);
    });
  });

  it('is compared with another: added, modified, removed, and how much is the same', async () => {
    const before = { key: 'A', properties: { heading: { type: 'string' }, teaser: { type: 'string' } } };
    const after = { key: 'A', properties: { heading: { type: 'url' }, constructor: { type: 'string' } } };
    const [{ digest: from }, { digest: to }] = [
      await snapshots.captureSnapshot(before),
      await snapshots.captureSnapshot(after),
    ];
    expect(await snapshots.compareSnapshots(from, to)).toEqual({
      added: [{ path: '/properties/constructor', value: { type: 'string' } }],
      modified: [{ path: '/properties/heading/type', before: 'string', after: 'url' }],
      removed: [{ path: '/properties/teaser', value: { type: 'string' } }],
      unchanged: 1,
    });
    expect(await snapshots.compareSnapshots(from, from)).toMatchObject({ added: [], modified: [], removed: [] });
  });
});
