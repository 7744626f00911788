import jsonPatch, { type Operation } from 'fast-json-patch';
import * as fc from 'fast-check';
import { text } from 'node:stream/consumers';
import { canonicalJson, type Json, jsonPatchOf, textInSlices } from '#json';
import { compareInSlices, compareJson } from '#snapshot';
import { SyncHistoryService } from '#tracking';
import { VersionDiff } from '#versioning';
import { longestBlock } from '../bench/longest-block.ts';
import { anyJson } from '../support/arbitrary-json.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

/** Lists of so many numbers, every one of which differs. */
const numbers = (count: number, first: number) => Array.from({ length: count }, (_, index) => index + first);

/** One key within another, and a few values at the bottom: each path is as long as all the keys. */
function deep(keyLength: number, depth: number, leaves: number, value: number): Json {
  let content: Json = Object.fromEntries(Array.from({ length: leaves }, (_, index) => [`leaf${index}`, value]));
  for (let level = 0; level < depth; level += 1) content = { ['k'.repeat(keyLength)]: content };
  return content;
}

describe('a comparison in slices', () => {
  it('finds what the comparison in one piece finds', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, anyJson, async (before, after) => {
        expect(await compareInSlices(before, after)).toEqual({ ...compareJson(before, after), omitted: 0 });
      }),
    );
  });

  it('shows no more than fits, and counts the rest', async () => {
    const shown = await compareInSlices({}, Object.fromEntries(numbers(5_000, 0).map((n) => [`k${n}`, n])), {
      changes: 100,
      characters: 1_000_000,
    });
    expect([shown.added.length, shown.omitted]).toEqual([100, 4_900]);
    const long = await compareInSlices(
      { a: 1, b: 'x' },
      { a: 2, b: 'y'.repeat(2_000) },
      { changes: 9, characters: 1_000 },
    );
    expect([long.modified.map(({ path }) => path), long.omitted]).toEqual([['/a'], 1]);
  });

  it('leaves others their turn while it reads many numbers', async () => {
    const [before, after] = [numbers(200_000, 0), numbers(200_000, 100_000)];
    const limits = { changes: 1_000, characters: 500_000 };
    const { blockMs } = await longestBlock(async () => {
      const { added, removed, omitted } = await compareInSlices(before, after, limits);
      expect(added.length + removed.length + omitted).toBe(200_000);
    });
    // The growth of a map, and the collection of garbage, cannot be sliced.
    expect(blockMs).toBeLessThan(1_000);
  }, 60_000);

  it('of deep content with long keys takes no more memory than what it shows', async () => {
    // Paths of 2 MB: all of them are 40 GB.
    const [before, after] = [deep(10_000, 199, 20_000, 1), deep(10_000, 199, 20_000, 2)];
    const { modified, omitted } = await compareInSlices(before, after, { changes: 1_000, characters: 500_000 });
    expect([modified.length, omitted]).toEqual([0, 20_000]);
    const diff = await VersionDiff.inSlices({ properties: before }, { properties: after });
    expect([diff.changes.length, diff.count, diff.impact]).toEqual([0, 20_000, 'breaking']);
  }, 60_000);
});

describe('a JSON Patch', () => {
  it('turns the one content into the other', async () => {
    await fc.assert(
      fc.asyncProperty(anyJson, anyJson, async (before, after) => {
        const patch = JSON.parse(await text(textInSlices(jsonPatchOf(before, after)))) as Operation[];
        // The library refuses to touch such a key.
        fc.pre(!canonicalJson([before, after]).includes('__proto__'));
        const document = jsonPatch.applyPatch({ root: structuredClone(before) }, patch.map(rooted)).newDocument;
        expect(canonicalJson(document)).toBe(canonicalJson({ root: after }));
      }),
    );
  });
});

function rooted(operation: Operation): Operation {
  return { ...operation, path: `/root${operation.path}` };
}

describe('the differences of large contents', () => {
  let service: TestApp;
  let ids: { numbers: string; deep: string };

  beforeAll(async () => {
    service = await startTestApp();
    ids = {
      numbers: await recordedTwice('Numbers', { n: numbers(50_000, 0) }, { n: numbers(50_000, 50_000) }),
      deep: await recordedTwice('Deep', deep(5_000, 150, 3_000, 1), deep(5_000, 150, 3_000, 2)),
    };
  }, 60_000);
  afterAll(() => service?.close());

  const recordedTwice = async (typeKey: string, before: Json, after: Json): Promise<string> => {
    const history = service.app.get(SyncHistoryService);
    let id = '';
    for (const data of [before, after]) {
      const sync = await history.recordSyncAttempt({
        ...{ typeKey, platform: 'optimizely', direction: 'PUSH', data },
        context: { environment: 'default', actor: 'jane', trigger: 'API' },
      });
      await history.updateSyncStatus(sync.id, { status: 'SUCCESS' });
      id = sync.id;
    }
    return id;
  };
  const fetchDiff = (id: string, query: string) => fetch(`${service.url}/api/v1/sync/${id}/diff?${query}`);

  it.each(['numbers', 'deep'] as const)(
    'are answered in less than 1 MB: %s',
    async (name) => {
      const answer = await (await fetchDiff(ids[name], 'format=changes')).text();
      expect(answer.length).toBeLessThan(1_000_000);
      const { added, removed, modified, omitted } = JSON.parse(answer) as Record<string, unknown[]> & {
        omitted: number;
      };
      expect(omitted).toBeGreaterThan(0);
      expect(added!.length + removed!.length + modified!.length + omitted).toBe(name === 'numbers' ? 100_000 : 3_000);
    },
    60_000,
  );

  it('come whole as a file, in lines and as text', async () => {
    const lines = await fetchDiff(ids.numbers, 'format=ndjson');
    expect(lines.headers.get('content-disposition')).toContain('.ndjson"');
    let count = 0;
    for (const line of (await lines.text()).trimEnd().split('\n')) count += JSON.parse(line).path ? 1 : 0;
    expect(count).toBe(100_000);
    const asText = (await (await fetchDiff(ids.numbers, 'format=text')).text()).trimEnd().split('\n');
    expect(asText.at(-1)).toBe('50000 added, 50000 removed, 0 modified, 0 unchanged');
  }, 60_000);

  it('come whole from a stream that its reader may leave', async () => {
    const stop = new AbortController();
    const response = await fetch(`${service.url}/api/v1/sync/${ids.deep}/diff?format=text`, { signal: stop.signal });
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value).slice(0, 2)).toBe('~ ');
    stop.abort();
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
  }, 60_000);

  it('between versions are bounded, and come whole as lines', async () => {
    const versions = [1, 2].map((value) => ({ key: 'Wide', properties: deep(900, 100, 3_000, value) }));
    for (const version of versions) {
      expect((await service.api('PUT', '/content-types/Wide', version)).status).toBe(201);
    }
    const { body } = await service.api('GET', '/content-types/Wide/diff?from=1&to=2');
    const { changes, omitted, impact } = body as { changes: unknown[]; omitted: number; impact: string };
    expect([changes.length + omitted, impact]).toEqual([3_000, 'breaking']);
    expect(JSON.stringify(changes).length).toBeLessThan(1_000_000);
    const stop = new AbortController();
    const file = await fetch(`${service.url}/api/v1/content-types/Wide/diff?from=1&to=2&format=ndjson`, {
      signal: stop.signal,
    });
    expect(file.headers.get('content-type')).toBe('application/x-ndjson');
    await file.body!.getReader().read();
    stop.abort();
  }, 60_000);
});
