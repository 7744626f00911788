import {
  array,
  constantFrom,
  double,
  integer,
  letrec,
  oneof,
  string,
  stringMatching,
  tuple,
  uniqueArray,
} from 'fast-check';

export const blanks = stringMatching(/^[ \t\r\n]{0,3}$/);

const keys = oneof(string({ unit: 'grapheme' }), constantFrom('__proto__', 'constructor', 'toString', '1', '0'));
const texts = tuple(keys, integer({ min: 0, max: 2 })).map(([text, every]) => ({ text, json: escaped(text, every) }));
const scalars = oneof(
  texts.map(({ json }) => json),
  integer().map(String),
  double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  constantFrom('true', 'false', 'null', '-0', '1.50', '1E2', '0.0', '1e-7', '123456789012345680000'),
);

/** JSON as people and programs write it: blanks, escapes, every form of number, keys that objects inherit. */
export const { json: jsonTexts } = letrec<{ json: string; list: string; object: string }>((tie) => ({
  json: oneof({ depthSize: 'small', withCrossShrink: true }, scalars, tie('list'), tie('object')),
  list: tuple(array(tie('json'), { maxLength: 8 }), blanks).map(
    ([items, blank]) => `[${blank}${items.join(`${blank},${blank}`)}${blank}]`,
  ),
  object: tuple(uniqueArray(tuple(texts, tie('json')), { maxLength: 8, selector: ([{ text }]) => text }), blanks).map(
    ([members, blank]) =>
      `{${blank}${members.map(([{ json }, value]) => `${json}${blank}:${blank}${value}`).join(`${blank},${blank}`)}${blank}}`,
  ),
}));

/** As JSON; every other character as `\uXXXX`, from the first or the second on, or none. */
function escaped(text: string, from: number): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  // A pair of surrogates is written in one way.
  const isEscaped = (at: number) => from < 2 && (at - from) % 4 < 2 && !isHalf(units[at]!);
  return `"${units.map((unit, at) => (isEscaped(at) ? escape(unit) : JSON.stringify(text[at]).slice(1, -1))).join('')}"`.replaceAll(
    /\\u(d[89ab]..)\\u(d[c-f]..)/g,
    (pair, high: string, low: string) =>
      from === 0 ? pair : String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)),
  );
}

function isHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function escape(unit: number): string {
  return String.raw`\u${unit.toString(16).padStart(4, '0')}`;
}
