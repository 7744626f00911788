import { type Answer, json, raw, startHostilePlatform } from '../../support/hostile-platform.ts';
import { type ConformanceApp, MAX_ATTEMPTS } from '../conformance-app.ts';
import type { PlatformHarness } from '../platform-harness.ts';

/** Promises more bytes than it sends. */
const half: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"a":');
  setTimeout(() => response.destroy(), 20);
};

const ANSWERS: [string, Answer][] = [
  ['no body', raw(200)],
  ['a page', raw(200, '<html>All is well</html>', { 'content-type': 'text/html' })],
  ['half of a JSON text', raw(200, '{"a":')],
  ['half of its body', half],
  ['null', json(200, null)],
  ['a list', json(200, [])],
  ['a text', json(200, 'done')],
  ['a number', json(200, 1)],
  ['an object with nothing in it', json(200, {})],
  ['members that objects inherit', raw(200, '{"__proto__":{"a":1},"constructor":1,"toString":2}')],
  ['bytes that are no text', raw(200, new Uint8Array([0xff, 0xfe, 0x00, 0xc3]))],
  ['lists in lists, 100,000 deep', raw(200, `${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
  ['a 202', raw(202)],
  ['a 204', raw(204)],
];

export function hostileAnswerChecks(running: () => ConformanceApp, { items, answers }: PlatformHarness): void {
  const expectFailed = ({ rows }: Awaited<ReturnType<ConformanceApp['push']>>) => {
    expect(rows).toHaveLength(items.length);
    for (const row of rows) {
      expect(row).toMatchObject({ status: 'FAILED', message: expect.stringMatching(/\w/) });
      expect(row.code).not.toBe('ADAPTER_ERROR');
    }
    expect(running().platform.received.length).toBeLessThanOrEqual(MAX_ATTEMPTS);
  };

  describe('an answer that proves nothing', () => {
    it.each(ANSWERS)('is no success of a push: %s', async (_name, answer) => {
      running().platform.answers = [answer];
      expectFailed(await running().push(items));
    });

    it.each(ANSWERS)('is no success of a pull: %s', async (_name, answer) => {
      running().platform.answers = [answer];
      expectFailed(await running().pull(items));
    });
  });

  it('a redirect is not followed', async () => {
    const elsewhere = await startHostilePlatform();
    elsewhere.answers = [answers.accepted(items)];
    try {
      for (const status of [302, 307, 308]) {
        running().platform.answers = [raw(status, '', { location: `${elsewhere.url}/schemas` })];
        expectFailed(await running().push(items));
      }
      expect(elsewhere.received).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });
}
