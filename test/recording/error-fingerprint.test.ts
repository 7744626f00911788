import * as fc from 'fast-check';
import { errorFingerprint, maskedMessage } from '../../src/recording/error-fingerprint.ts';
import { runs } from '../support/properties.ts';

const of = (errorMessage: string, over: Partial<Parameters<typeof errorFingerprint>[0]> = {}) =>
  errorFingerprint({
    ...{ status: 'FAILED', errorCode: 'INVALID_REQUEST', statusCode: 400, typeKey: 'Bread', errorMessage },
    ...over,
  });

const hex = (length: number) =>
  fc.array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length }).map((all) => all.join(''));
/** Text that can stand in quotes: without the quotes themselves. */
const quotable = fc.string({ unit: fc.constantFrom(...'abc XYZ 0189 äß-_/.:€'), minLength: 1, maxLength: 80 });

/** What may stand in the place of another of its line, or of any other line. */
const naming = fc.oneof(
  fc.uuid(),
  fc.nat().map(String),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: 0, max: 1e6 }).map((number) => number.toFixed(3)),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') }).map((date) => date.toISOString()),
  hex(40),
  hex(64),
  quotable.map((text) => `"${text}"`),
  quotable.map((text) => `“${text}”`),
  fc.tuple(quotable, fc.constantFrom("'", '`')).map(([text, quote]) => `${quote}x${text}x${quote}`),
  fc
    .webUrl({ withQueryParameters: true })
    .map((url) => url.replaceAll(/['`"<>()[\]{},;]/g, '').replace(/[.:!?]+$/, '')),
  fc.ipV4(),
  fc.constantFrom('heroTitle', 'ArticlePage', 'properties.hero.title', 'someone@example.com', 'Bread', 'item-17'),
);

const word = fc.constantFrom(
  'the',
  'property',
  'of',
  'is',
  'refused',
  'because',
  'it',
  'reserved',
  'ECONNREFUSED',
  'was',
);
const templates = fc.array(fc.record({ words: fc.array(word, { minLength: 1, maxLength: 4 }) }), {
  minLength: 1,
  maxLength: 6,
});
/** The same sentence twice, with other names in its gaps. */
const twice = templates.chain((parts) =>
  fc
    .tuple(...['a', 'b'].map(() => fc.array(naming, { minLength: parts.length, maxLength: parts.length })))
    .map((sides) => sides.map((names) => parts.map(({ words }, i) => `${words.join(' ')} ${names[i]}`).join(' '))),
);

describe('the fingerprint of an error', () => {
  it('is the same whatever ids, numbers, dates, hashes, addresses, names and quotes it has', () => {
    fc.assert(
      fc.property(twice, ([one, other]) => {
        expect(maskedMessage(one!, 'Bread')).toBe(maskedMessage(other!, 'Bread'));
        expect(of(one!)).toBe(of(other!));
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('differs where code, HTTP status or wording do', () => {
    const error = fc.record({
      errorCode: fc.constantFrom('TIMEOUT', 'UNAVAILABLE', 'INVALID_REQUEST', null),
      statusCode: fc.constantFrom(null, 400, 429, 503),
      errorMessage: fc.array(word, { maxLength: 5 }).map((words) => words.join(' ')),
    });
    fc.assert(
      fc.property(error, error, ({ errorMessage: one, ...a }, { errorMessage: other, ...b }) => {
        const isSame = a.errorCode === b.errorCode && a.statusCode === b.statusCode && one === other;
        expect(of(one, a) === of(other, b)).toBe(isSame);
      }),
      { numRuns: runs(1_000) },
    );
  });

  it('is the same for each type that is named in it, whatever its key', () => {
    const message = (key: string) => `Content type <${key}> is locked`;
    // A key that stands elsewhere in the sentence, too, such as "is" or "<", is masked there as well, or instead.
    const keys = fc.string({ minLength: 1, maxLength: 30 }).map((key) => key.trim() || 'x');
    const own = keys.filter((key) => !key.startsWith('<') && !message('').includes(key));
    fc.assert(
      fc.property(own, (key) => {
        expect(of(message(key), { typeKey: key })).toBe(of(message('Bread')));
      }),
      { numRuns: runs(100) },
    );
  });

  it('is none for a success, and one for a failure that says nothing', () => {
    expect(of('', { status: 'SUCCESS' })).toBeNull();
    expect(of('', { status: 'IN_PROGRESS' })).toBeNull();
    expect(of('', { status: 'PARTIAL', errorCode: null, statusCode: null })).toMatch(/^[0-9a-f]{16}$/);
  });

  // An upgrade that changes these makes every known error a new one: then VERSION has to change as well.
  it.each([
    [
      'POST /_cms/v1/manifest (Optimizely "default") was answered 429. Try again later.',
      'POST /_cms/…/manifest (Optimizely …) was answered …. Try again later.',
      'cd',
    ],
    [
      "Property 'heroTitle' of Bread can't be a string: it's reserved",
      "Property … of … can't be a string: it's reserved",
      '',
    ],
    ['The properties "a", "b" and "c" are unknown', 'The properties … are unknown', ''],
    ['connect ECONNREFUSED 10.0.0.1:443 (see https://example.com/a?b=1).', 'connect ECONNREFUSED … (see …).', ''],
    ['TypeError: read-back of 019a-7c 5 failed', 'TypeError: read-back of … failed', ''],
  ])('hides of %j all that names a case', (message, masked) => {
    expect(maskedMessage(message, 'Bread')).toBe(masked);
  });

  it('stays what it was', () => {
    expect(of('The property "a" of Bread is reserved, see 17')).toBe('18ed84029078e4bb');
  });

  it('takes no longer for hostile messages than for plain ones', () => {
    const plain = cost('the property is refused because it is reserved. '.repeat(209));
    const hostile = [
      ...'"\'`“‘«a1.-:@/é'.split('').map((character) => character.repeat(10_000)),
      ..." '| “a| \"|a:|a.|a1-|http://|'a'a|``'|a+.|@a|x' "
        .split('|')
        .map((piece) => piece.repeat(10_000 / piece.length)),
      `${'a'.repeat(9_990)}://`,
      `${'a.'.repeat(4_999)}!`,
      `'${'a '.repeat(4_999)}`,
      '😀'.repeat(5_000),
      '\u0301'.repeat(10_000),
    ];
    const slow = hostile.filter((message) => cost(message) > 100 * plain + 50);
    expect(slow.map((message) => message.slice(0, 20))).toEqual([]);
    expect(hostile.map((message) => maskedMessage(message).length).filter((length) => length > 300)).toEqual([]);
  });
});

/** The least of three times, in milliseconds. */
function cost(message: string): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const begun = performance.now();
      of(message);
      return performance.now() - begun;
    }),
  );
}
