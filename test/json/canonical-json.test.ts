import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import canonicalize from 'canonicalize';
import * as fc from 'fast-check';
import { canonicalDigest, canonicalDigestAsync, canonicalJson } from '#json';
import { anyJson, reversed } from '../support/arbitrary-json.ts';
import { turnsDuring } from '../support/event-loop.ts';
import { runs } from '../support/properties.ts';

describe('canonical JSON', () => {
  it('is what the reference implementation of RFC 8785 writes', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: runs(1000) },
    );
  });

  it.each([1_000, 1_001, 2_000, 4_999])('sorts the %i keys of an object as it sorts few', (count) => {
    const key = fc.string({ unit: 'binary', minLength: 1, maxLength: 6 });
    const keys = fc.uniqueArray(key, { minLength: count, maxLength: count, size: 'max' });
    fc.assert(
      fc.property(keys, (names) => {
        const value = Object.fromEntries(names.map((name, index) => [name, index]));
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: runs(5) },
    );
  });

  it.each(['a', 'ß', '\u{1f600}', 'a\u{1f600}', '"\\\n'])(
    'writes a long text of %j as it writes a short one',
    (unit) => {
      for (const length of [16_383, 16_384, 16_385, 32_768, 100_001]) {
        const value = { text: unit.repeat(length), after: [unit] };
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }
    },
  );

  it('names the place of half a character in a long text', async () => {
    const text = `${'\u{1f600}'.repeat(20_000)}\ud83d${'a'.repeat(20_000)}`;
    expect(() => canonicalJson({ list: [{ text }] })).toThrow(/list\/0\/text/);
    expect(() => canonicalJson(text)).toThrow('a string with a lone surrogate');
    const written = createHash('sha256')
      .update(JSON.stringify([text]))
      .digest('hex');
    expect(await canonicalDigestAsync([text], { loneSurrogates: true })).toBe(written);
  });

  it('lets others go on while a long text is written', async () => {
    expect(await turnsDuring(() => canonicalDigestAsync(['a"ß'.repeat(2_000_000)]))).toBeGreaterThan(3);
  });

  it('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(anyJson, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('writes numbers and sorts keys as the examples of RFC 8785 do', () => {
    expect(canonicalJson([1e21, -0, 5e-324, 1e-7, 333333333.3333333, 1e30, 4.5, 2e-3])).toBe(
      '[1e+21,0,5e-324,1e-7,333333333.3333333,1e+30,4.5,0.002]',
    );
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalJson(keys)).toBe('{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}');
  });

  it('keeps own members that objects also inherit', () => {
    const text = '{"__proto__":{"a":1},"constructor":2,"toString":3}';
    expect(canonicalJson(JSON.parse(text))).toBe(text);
  });

  it('leaves out a member that is undefined, as JSON does', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  it('takes objects of another realm and objects without a prototype', () => {
    const foreign: unknown = runInNewContext('({ list: [1], object: { a: 1 } })');
    expect(canonicalJson(foreign)).toBe('{"list":[1],"object":{"a":1}}');
    expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}');
  });

  it('may hold the same object twice', () => {
    const shared = { a: 1 };
    expect(canonicalJson([shared, shared])).toBe('[{"a":1},{"a":1}]');
  });

  it('goes as deep as the content does', () => {
    const depth = 100_000;
    let value: unknown = 1;
    for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
    expect(canonicalJson(value)).toHaveLength(1 + depth * 4);
  });
});

async function expectDigestOfBytes(value: unknown): Promise<void> {
  const digest = createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
  expect(canonicalDigest(value)).toBe(digest);
  expect(await canonicalDigestAsync(value)).toBe(digest);
}

describe('the digest', () => {
  it('is the SHA-256 of the bytes, which are the canonical JSON in UTF-8', async () => {
    await fc.assert(fc.asyncProperty(anyJson, expectDigestOfBytes));
    await expectDigestOfBytes(Array.from({ length: 30_000 }, (_, index) => `${index} \u{1f600}`));
  });

  it('of a large value gives way to other work', async () => {
    let turns = 0;
    const other = setInterval(() => turns++, 1);
    await canonicalDigestAsync(Array.from({ length: 200_000 }, (_, index) => ({ index, name: `name ${index}` })));
    clearInterval(other);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('what JSON cannot hold', () => {
  class Version {}
  const loop: Record<string, unknown> = {};
  loop['self'] = [loop];

  it.each<[string, unknown, string, string]>([
    ['NaN', { a: [1, Number.NaN] }, '/a/1', 'NaN'],
    ['an infinite number', [-Infinity], '/0', '-Infinity'],
    ['a lone surrogate', { a: 'x\ud800' }, '/a', 'lone surrogate'],
    ['a lone surrogate in a key', { a: { '\udc00': 1 } }, '/a/\udc00', 'lone surrogate'],
    ['a bigint', { a: { b: 1n } }, '/a/b', 'bigint'],
    ['a function', { a: () => 1 }, '/a', 'function'],
    ['a symbol', [Symbol('s')], '/0', 'symbol'],
    ['undefined', undefined, '/', 'undefined'],
    ['undefined in a list', [1, undefined], '/1', 'undefined'],
    ['a hole in a list', Array(2), '/0', 'undefined'],
    ['a date', { at: new Date(0) }, '/at', 'an instance of Date'],
    ['a map', [new Map()], '/0', 'an instance of Map'],
    [
      'an instance whose constructor is data',
      [Object.assign(new Version(), { constructor: 1 })],
      '/0',
      'an instance of Version',
    ],
    ['bytes', { a: Buffer.from('x') }, '/a', 'an instance of Buffer'],
    ['a value that contains itself', { loop }, '/loop/self/0', 'contains itself'],
    ['a value under a key with slash and tilde', { 'a/b': { '~': 1n } }, '/a~1b/~0', 'bigint'],
  ])('is refused with its place: %s', async (_, value, path, found) => {
    const refusal = expect.objectContaining({
      code: 'NOT_JSON',
      details: { path },
      message: expect.stringContaining(found),
    });
    expect(() => canonicalJson(value)).toThrow(refusal);
    expect(() => canonicalDigest(value)).toThrow(refusal);
    await expect(canonicalDigestAsync(value)).rejects.toThrow(refusal);
  });
});
