import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { answerWithStored, StoredJson } from '../../src/http/stored-json.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

const SENT = { text: 'größer \u{1f600}', list: Array.from({ length: 90_000 }, (_, index) => `element ${index}`) };

describe('an answer with stored JSON', () => {
  const written = (answer: object) => buffer(answerWithStored(answer).getStream());

  it('is the JSON of the rest with the stored bytes in it', async () => {
    const stored = Buffer.from(JSON.stringify({ 10: 'ß', 9: ['\u{1f600}'.repeat(100_000)] }));
    const at = new Date('2026-01-02T03:04:05.006Z');
    const answer = {
      at,
      none: undefined,
      null: null,
      'a"b': [1, at],
      inside: { stored: new StoredJson(stored) },
      empty: {},
    };
    const bytes = await written(answer);
    const expected = { ...answer, inside: { stored: JSON.parse(stored.toString()) as unknown } };
    expect(bytes.toString()).toBe(JSON.stringify(expected));
    expect(answerWithStored(answer).getHeaders()).toMatchObject({ length: bytes.length });
  });

  it('takes an object without members', async () => {
    expect((await written({})).toString()).toBe('{}');
  });
});

describe('the snapshot of a sync', () => {
  let service: TestApp;
  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  it('is what was sent, whatever its size, with its length and type', async () => {
    const sync = { platform: 'contentful', direction: 'PUSH', typeKey: 'Large', actor: 'jane', data: SENT };
    const recorded = await service.api('POST', '/sync', {
      ...sync,
      result: { status: 'SUCCESS', response: { ok: true } },
    });
    const url = `${service.url}/api/v1/sync/${(recorded.body as { id: string }).id}/snapshot`;
    const answer = await fetch(url);
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    const { sent, received } = JSON.parse(text) as Record<string, { digest: string; content: unknown }>;
    expect(sent!.content).toEqual(SENT);
    expect(received!.content).toEqual({ ok: true });
    const start = text.indexOf('{"list"');
    const stored = text.slice(start, text.indexOf('},"received"'));
    expect(createHash('sha256').update(stored).digest('hex')).toBe(sent!.digest);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });
});
