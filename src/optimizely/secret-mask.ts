import { Escapes, type Range } from './escapes.ts';

/** Shorter secrets are not masked: they would garble ordinary words. */
const MIN_LENGTH = 6;
/** Escapes within escapes that are read. */
const MAX_LEVELS = 4;

interface Form {
  text: string;
  /** Base64 shares its first and last character with what stands beside the secret. */
  isBase64: boolean;
}

/**
 * Replaces every occurrence of the secrets by `***`: as they are, in hex and base64, in whole or as part of something longer
 * such as the credentials of `Basic`; and all of these as JSON, addresses, forms and HTML write them, in each other too.
 */
export function secretMask(secrets: string[]): (text: string) => string {
  const forms = [...new Set(secrets)].filter(({ length }) => length >= MIN_LENGTH).flatMap(formsOf);
  return (text) => {
    const ranges = found(text, forms);
    const levels: Escapes[] = [];
    for (let read = text; levels.length < MAX_LEVELS && Escapes.mayBeIn(read); read = levels.at(-1)!.text) {
      const level = new Escapes(read);
      if (level.text === read) break;
      levels.push(level);
      const before = levels.toReversed();
      ranges.push(...found(level.text, forms).map((range) => before.reduce((at, one) => one.origin(at), range)));
    }
    return ranges.length === 0 ? text : masked(text, ranges);
  };
}

function formsOf(secret: string): Form[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const plain = [secret, secret.replaceAll(' ', '+'), hex, hex.toUpperCase()];
  const encoded = [0, 1, 2].flatMap((offset) => {
    const core = base64Core(bytes, offset);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
  return [
    ...[...new Set(plain)].map((text) => ({ text, isBase64: false })),
    ...[...new Set(encoded)].map((text) => ({ text, isBase64: true })),
  ];
}

/** The base64 of the bytes after so many others: the characters that depend on them alone. */
function base64Core(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

function found(text: string, forms: Form[]): Range[] {
  const ranges: Range[] = [];
  for (const form of forms) {
    for (let at = text.indexOf(form.text); at !== -1; at = text.indexOf(form.text, at + form.text.length)) {
      const end = at + form.text.length;
      ranges.push(form.isBase64 ? [at - isShared(text[at - 1]), end + isShared(text[end])] : [at, end]);
    }
  }
  return ranges;
}

function isShared(character = ''): 0 | 1 {
  return /[\w+/-]/.test(character) ? 1 : 0;
}

function masked(text: string, ranges: Range[]): string {
  const parts: string[] = [];
  let from = 0;
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    if (start >= from) parts.push(text.slice(from, start), '***');
    from = Math.max(from, end);
  }
  return parts.join('') + text.slice(from);
}
