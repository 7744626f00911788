import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { assert, constantFrom, integer, nat, pre, property } from 'fast-check';
import { type Json, JSON_LIMITS, JsonReader, MAX_VALUES } from '#json';
import { parseBody } from '#request-body';
import { ByteCollector } from '../../src/request-body/byte-collector.ts';
import { FairTurns } from '../../src/request-body/fair-turns.ts';
import { parseInSlices } from '../../src/request-body/json-body.ts';
import { turnsDuring } from '../support/event-loop.ts';
import { blanks, jsonTexts } from '../support/json-texts.ts';
import { runs } from '../support/properties.ts';

const LIMITS = { ...JSON_LIMITS, values: MAX_VALUES };

const bytes = (text: string) => Buffer.from(text);

/** With a pause every `chunk` characters, so that a small text is built in runs too. */
function readInRuns(text: string, chunk: number): Json {
  const steps = new JsonReader(bytes(text), LIMITS, chunk).read();
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function refusalOf(text: string | Uint8Array): object {
  try {
    return { taken: parseBody(typeof text === 'string' ? bytes(text) : text) };
  } catch (error) {
    const { code, message, details } = error as { code: string; message: string; details: object };
    return { code, message, ...details };
  }
}

describe('a JSON text', () => {
  it('is read as JSON.parse reads it, whole or in runs of any length', () => {
    assert(
      property(blanks, jsonTexts, integer({ min: 1, max: 40 }), (blank, json, chunk) => {
        const text = blank + json + blank;
        const expected = JSON.parse(text) as Json;
        for (const value of [parseBody(bytes(text)), readInRuns(text, chunk)]) {
          // Jest takes an own key "constructor" or "__proto__" for something else.
          expect([text, isDeepStrictEqual(value, expected)]).toEqual([text, true]);
          expect(JSON.stringify(value)).toBe(JSON.stringify(expected));
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('that JSON.parse refuses is refused', () => {
    const changes = constantFrom('', ',', '"', '}', ']', ':', '\\', 'x', '0', '\u0001', String.raw`\ud800`);
    assert(
      property(jsonTexts, nat(), changes, integer({ min: 1, max: 40 }), (json, at, change, chunk) => {
        const from = at % json.length;
        const text = json.slice(0, from) + change + json.slice(from + 1);
        pre(!isJson(text));
        const code = /^(INVALID_JSON|LONE_SURROGATE|DUPLICATE_MEMBER|INEXACT_NUMBER|EMPTY_BODY)$/;
        expect(refusalOf(text)).toMatchObject({ code: expect.stringMatching(code) });
        expect(() => readInRuns(text, chunk)).toThrow(/^The (body|request)/);
      }),
      { numRuns: runs(300) },
    );
  });

  it('that begins with a byte order mark is read without it', () => {
    expect(parseBody(new Uint8Array([0xef, 0xbb, 0xbf, ...bytes('{"a":1}')]))).toEqual({ a: 1 });
    expect(refusalOf('\ufeff\ufeff1')).toMatchObject({ code: 'INVALID_JSON' });
  });

  it('whose characters of several bytes lie across the end of a run is read whole', () => {
    const text = JSON.stringify({ 'aé日😀': 'x'.repeat(65_530) + 'é日😀'.repeat(400_000), b: ['日'.repeat(30_000)] });
    expect(JSON.stringify(parseBody(bytes(text)))).toBe(text);
    for (let chunk = 1; chunk < 8; chunk += 1) expect(readInRuns('["é日😀é日😀"]', chunk)).toEqual(['é日😀é日😀']);
  });

  it('in pieces of any length is put together as it was', () => {
    const whole = randomBytes(3_000_000);
    for (const [length, announced] of [
      [7_000, 0],
      [65_536, 3_000_000],
      [999_999, 0],
      [999_999, 9],
      [3_000_000, 0],
    ] as const) {
      const collector = new ByteCollector(announced);
      for (let at = 0; at < whole.length; at += length) collector.add(whole.subarray(at, at + length));
      expect(collector.whole().equals(whole)).toBe(true);
    }
  });
});

describe('a JSON text is refused that', () => {
  it.each<[string, string | Uint8Array, object]>([
    ['has a member twice', '{"a":1,"b":2,"a":1}', { code: 'DUPLICATE_MEMBER', pointer: '/a' }],
    ['has a member twice, written in two ways', String.raw`{"a":1,"\u0061":2}`, { code: 'DUPLICATE_MEMBER' }],
    ['has a member twice, deep', '[0,{"x~/y":{"z":[{"k":{},"k":{}}]}}]', { pointer: '/1/x~0~1y/z/0/k' }],
    ['has the member __proto__ twice', '{"__proto__":1,"__proto__":1}', { code: 'DUPLICATE_MEMBER' }],
    ['has an empty key twice', '{"":1,"":1}', { code: 'DUPLICATE_MEMBER' }],
    ['has a lone high surrogate', String.raw`["a\ud800"]`, { code: 'LONE_SURROGATE', pointer: '/0' }],
    ['has a lone low surrogate', String.raw`"\uDFFF"`, { code: 'LONE_SURROGATE' }],
    ['has a pair of surrogates the wrong way round', String.raw`"\udc00\ud800"`, { code: 'LONE_SURROGATE' }],
    ['has a high surrogate before another character', String.raw`"\ud83d\u0041"`, { code: 'LONE_SURROGATE' }],
    ['has a high surrogate before an escaped backslash', String.raw`"\ud83d\\udc00"`, { code: 'LONE_SURROGATE' }],
    ['has a lone surrogate in a key', String.raw`{"a":{"\ud800":1}}`, { code: 'LONE_SURROGATE', pointer: '/a' }],
    ['has a lone surrogate in its bytes', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), { code: 'INVALID_ENCODING' }],
    ['is Latin-1', new Uint8Array([0x22, 0xe9, 0x22]), { code: 'INVALID_ENCODING' }],
    ['is UTF-16', new Uint8Array([0xff, 0xfe, 0x31, 0x00]), { code: 'INVALID_ENCODING' }],
    ['ends within a character', new Uint8Array([0x22, 0xe6, 0x97]), { code: 'INVALID_ENCODING' }],
    [
      'has characters of more than one byte than needed',
      new Uint8Array([0x22, 0xc0, 0xaf]),
      { code: 'INVALID_ENCODING' },
    ],
    ['is nested too deep', '['.repeat(201), { code: 'BODY_TOO_COMPLEX', bound: 'depth', limit: 200 }],
    ['is nested a million deep', '{"a":['.repeat(500_000), { code: 'BODY_TOO_COMPLEX', bound: 'depth' }],
    [
      'has a long list',
      `{"l":[${'0,'.repeat(100_000)}0]}`,
      { bound: 'elements', limit: 100_000, pointer: '/l/100000' },
    ],
    ['has a large object', members(20_001), { bound: 'members', limit: 20_000 }],
    ['has many values', `[${`[${'0,'.repeat(99_999)}0],`.repeat(10)}0]`, { bound: 'values', limit: MAX_VALUES }],
    ['has a long key', `{"a":{"${'k'.repeat(1_001)}":1}}`, { bound: 'key', limit: 1_000, pointer: '/a' }],
    ['has a very long key', `{"${'k'.repeat(1_000_000)}":1}`, { bound: 'key' }],
    ['has a long number', `[1${'0'.repeat(100_000)}1]`, { bound: 'number', limit: 400, pointer: '/0' }],
    ['has a long fraction', `0.${'0'.repeat(100_000)}1`, { bound: 'number' }],
    ['has a long exponent', `1e${'0'.repeat(100_000)}1`, { bound: 'number' }],
    ['has many blanks', `[${' '.repeat(70_000)}1]`, { code: 'BODY_TOO_COMPLEX', bound: 'blanks' }],
    ['has a number that would be rounded', '{"a":[9007199254740993]}', { code: 'INEXACT_NUMBER', pointer: '/a/0' }],
    ['has a number that would be zero', '1e-400', { code: 'INEXACT_NUMBER' }],
    ['is blank', ' \n\t', { code: 'EMPTY_BODY' }],
    ['ends too early', '{"a":[1,', { code: 'INVALID_JSON', pointer: '/a/1', byte: 9 }],
    ['has more after its end', '{} {}', { code: 'INVALID_JSON', byte: 4 }],
    ['has a leading zero', '[01]', { code: 'INVALID_JSON' }],
    ['has no digits after its point', '1.', { code: 'INVALID_JSON' }],
    ['has NaN', '[NaN]', { code: 'INVALID_JSON' }],
    ['has a control character in a text', '["a\nb"]', { code: 'INVALID_JSON' }],
  ])('%s', (_name, text, refusal) => {
    expect(refusalOf(text)).toMatchObject(refusal);
  });

  it('is told in a few words, however long the place is', () => {
    const text = `{"${'k'.repeat(999)}":`.repeat(199) + '1e400';
    const { message, pointer } = refusalOf(text) as { message: string; pointer: string };
    expect(pointer).toHaveLength(201);
    expect(message.length).toBeLessThan(500);
  });
});

describe('the limits leave room for', () => {
  it.each<[string, string]>([
    ['200 levels', '['.repeat(200) + ']'.repeat(200)],
    ['100,000 elements', `[${'{},'.repeat(99_999)}{}]`],
    ['20,000 members', members(20_000)],
    ['a key of 1,000 escaped characters', `{"${String.raw`\u00e9`.repeat(1_000)}":1}`],
    ['a number of 301 digits', `[1${'0'.repeat(300)}]`],
    ['the same member in two objects', '[{"a":1},{"a":{"a":1}}]'],
    ['keys that differ in form alone', '{"e\u0301":1,"\u00e9":2}'],
  ])('%s', (_name, text) => {
    expect(JSON.stringify(parseBody(bytes(text)))).toBe(JSON.stringify(JSON.parse(text)));
  });
});

describe('the work of reading', () => {
  const quarter = (unit: string) => unit.repeat(Math.ceil(250_000 / unit.length));

  it.each<[string, (times: number) => string]>([
    ['one number', (times) => `1${'0'.repeat(200_000 * times)}1`],
    ['many numbers', (times) => `[${quarter(`1${'0'.repeat(300)},`).repeat(times)}1]`],
    ['backslashes', (times) => `"${quarter('\\\\').repeat(times)}"`],
    ['escaped quotes', (times) => `"${quarter('\\"').repeat(times)}"`],
    ['a key', (times) => `{"${quarter('\\"').repeat(times)}":1}`],
    ['members', (times) => members(5_000 * times)],
    ['empty lists', (times) => `[${'[],'.repeat(12_000 * times)}[]]`],
    ['open lists', (times) => quarter('[').repeat(times)],
  ])('grows with the length of %s, and not with its square', (_name, text) => {
    const [short, long] = [bytes(text(1)), bytes(text(4))];
    // Four times the text: the square would be 16, and seconds.
    expect(fastest(long)).toBeLessThan(10 * fastest(short) + 300);
  });

  it.each<[string, string]>([
    ['many objects', `[${'{"key":"Article","value":12},'.repeat(99_999)}{}]`],
    ['one long text', `"${String.raw`\u00e9`.repeat(5_000_000)}"`],
    ['texts in a list in an object', `{"a":{"b":[${`"${'x'.repeat(100_000)}",`.repeat(240)}1]},"c":[]}`],
  ])('on %s gives way to others again and again', async (_name, text) => {
    const turns = new FairTurns();
    let value: Json = null;
    const others = await turnsDuring(async () => {
      value = await parseInSlices(bytes(text), LIMITS, { onValues: () => undefined, nextTurn: () => turns.next() });
    });
    expect(others).toBeGreaterThan(4);
    expect(isDeepStrictEqual(value, JSON.parse(text))).toBe(true);
  });

  it('on many texts at once takes one slice in a turn', async () => {
    const turns = new FairTurns();
    const order: string[] = [];
    const take = async (name: string) => {
      for (let slice = 0; slice < 3; slice += 1) {
        await turns.next();
        order.push(name);
      }
    };
    const done = Promise.all([take('a'), take('b'), take('c')]);
    const others = await turnsDuring(() => done);
    expect(order.join('')).toBe('abcabcabc');
    expect(others).toBeGreaterThan(6);
  });
});

function members(count: number): string {
  return `{${Array.from({ length: count }, (_, index) => `"${index}":${index}`).join(',')}}`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Milliseconds of CPU of the fastest of three, refused or not. */
function fastest(text: Uint8Array): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const before = process.cpuUsage();
      refusalOf(text);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    }),
  );
}
