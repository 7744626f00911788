import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import limit from 'p-limit';
import { exchange, type HttpAnswer } from '../../src/optimizely/http-exchange.ts';
import { readManifestAnswer } from '../../src/optimizely/manifest-answer.ts';
import type { SentItem } from '../../src/optimizely/manifest.ts';
import { secretMask } from '../../src/optimizely/secret-mask.ts';
import { longestBlock } from '../bench/longest-block.ts';

const SECRET = 'a-secret-of-ours';
/** In one piece, each of these took 10 to 40 s. */
const MAX_BLOCK_MS = 1_500;
const PIECE = 65_536;

describe('an answer of a platform', () => {
  let server: Server;
  let url: string;
  let answer: (response: ServerResponse) => void;
  const mask = secretMask([SECRET]);
  const largeAnswers = limit(1);

  beforeAll(async () => {
    server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const asked = (timeoutMs = 120_000): Promise<HttpAnswer> =>
    exchange({ method: 'GET', url, headers: {}, timeoutMs, largeAnswers, mask });
  /** In pieces, because the server is in this process too: its work must not be taken for that of the reader. */
  const answered = (body: string | Buffer) => {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(body);
    const pieces = function* () {
      for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
    };
    answer = (response) => void Readable.from(pieces()).pipe(response);
    return asked();
  };

  it.each([
    ['of 47 MB of empty objects', `[${'{},'.repeat(15_600_000)}{}]`, 'it has a list with more than 100000 elements'],
    ['of many lists', `[${`[${'[],'.repeat(99_000)}1],`.repeat(31)}1]`, 'it has more than 3000000 values'],
    ['with a key of 20 MB', `{"${'k'.repeat(20_000_000)}":1}`, 'it has a key of more than 1000 characters'],
    ['with a number of 20 MB', `[1${'0'.repeat(20_000_000)}1]`, 'it has a number of more than 400 characters'],
    ['with a text of 20 MB', `["${'%41'.repeat(7_000_000)}"]`, 'it has a text of more than 1000000 characters'],
    ['that is nested 10 million deep', '['.repeat(10_000_000), 'it is nested deeper than 200 levels'],
    ['that is 40 MB of no JSON', `<p>${'%41&amp;\\u0041'.repeat(3_000_000)}`, 'it is no JSON'],
  ])(
    '%s is refused while others have their turn',
    async (_name, body, unreadable) => {
      let got: HttpAnswer | undefined;
      const bytes = Buffer.from(body);
      const { blockMs } = await longestBlock(async () => (got = await answered(bytes)));
      expect(got).toMatchObject({ status: 200, unreadable });
      expect(got!.text!.length).toBeLessThanOrEqual(20_000);
      expect(blockMs).toBeLessThan(MAX_BLOCK_MS);
    },
    120_000,
  );

  it('of 300,000 values is read while others have their turn, and no secret stays in it', async () => {
    const items = Array.from({ length: 60_000 }, (_, index) => ({ key: `k${index}`, n: index, on: true }));
    items[7]!.key = `Basic ${SECRET}`;
    let got: HttpAnswer | undefined;
    const { blockMs } = await longestBlock(async () => (got = await answered(JSON.stringify({ items }))));
    const read = got!.json as { items: typeof items };
    expect(read.items.length).toBe(60_000);
    expect(read.items.slice(6, 9).map(({ key }) => key)).toEqual(['k6', 'Basic ***', 'k8']);
    expect(blockMs).toBeLessThan(MAX_BLOCK_MS);
  }, 60_000);

  it('keeps own keys, rounds numbers as JSON does, and mends lone surrogates', async () => {
    const text = String.raw`{"__proto__":{"a":1},"constructor":2,"a":1,"a":2,"n":0.1000000000000000055,"s":"\ud800x"}`;
    const { json } = await answered(text);
    expect(JSON.stringify(json)).toBe('{"__proto__":{"a":1},"constructor":2,"a":2,"n":0.1,"s":"\ufffdx"}');
    expect(await answered('[1e999]')).toMatchObject({ unreadable: 'it holds a number that is too large' });
  });

  it('shows no part of a secret that stands where its beginning ends', async () => {
    for (const before of [19_990, 99_990]) {
      const { text } = await answered(`<p>${' '.repeat(before)}${SECRET}${' '.repeat(200_000)}`);
      expect(text).not.toContain('a-sec');
    }
  });

  it('in pieces of one byte takes no more memory than its bytes', async () => {
    answer = (response) => {
      const piece = Buffer.from(`1\r\n"\r\n${'1\r\nx\r\n'.repeat(200_000)}`);
      response.socket!.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      response.socket!.write(Buffer.concat([piece, Buffer.from('1\r\n"\r\n0\r\n\r\n')]));
    };
    expect((await asked()).json).toBe('x'.repeat(200_000));
  }, 60_000);

  it('that waits for its turn to be read waits no longer than it has', async () => {
    const busy = Promise.withResolvers<void>();
    const turn = largeAnswers(() => busy.promise);
    answer = (response) => response.end(`"${'x'.repeat(1_500_000)}"`);
    await expect(asked(500)).rejects.toMatchObject({ code: 'TIMEOUT' });
    busy.resolve();
    await turn;
  });

  it('to a manifest is read in a time that grows with its length, however many it names', () => {
    const items = Array.from({ length: 4_000 }, (_, index): SentItem => ({
      typeKey: `T${index}`,
      kind: 'contentType',
    }));
    const errors = Array.from({ length: 100_000 }, (_, index) => ({
      section: 'contentTypes',
      resource: `T${index % 5_000}`,
      message: `No ${index}`,
    }));
    const start = performance.now();
    const [first] = readManifestAnswer(items, { outcomes: errors, errors });
    expect(first).toMatchObject({ status: 'PARTIAL', error: { code: 'REFUSED' } });
    expect(first!.error!.message).toMatch(/^"T0": No 0\..* And \d+ more\.$/);
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
