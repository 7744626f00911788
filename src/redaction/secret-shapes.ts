import { MARK_START } from './mark.ts';
import { mayHaveSecrets } from './may-have-secrets.ts';
import { isHarmless, type SecretNames } from './secret-names.ts';

/** From one character of a text up to another. */
export type Range = [start: number, end: number];

/** Characters that are looked at together, and how many of them again with the next: a secret has less. */
const STRETCH = 64_000;
const AGAIN = 16_000;
/** Characters of base64 without a break that are an image or another file. Chance alone makes beginnings of keys in it. */
const FILE = 1_000;
/** How often an address may be encoded in another. */
const MAX_LEVELS = 2;

// Cut first: each of the starts looks at 2,000 characters, which the head of a token has at most.
/** A JWT or JWE, as far as it goes. */
const JWT = /\bey[JA][\w-]{6,2000}\.[\w-]{4,}(?:\.[\w-]*)*/g;
/** A private key in PEM, up to its end or that of the text. */
const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const PEM_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
// Cut first: each of the starts looks at 20 characters, and then as far as the next slash.
/** What stands before the `@` of an address. */
const USER = /\b([a-z][a-z0-9+.-]{1,20}):\/\/([^\s/?#@"'<>]+)@/gi;
const SCHEME = /\b(bearer|basic|digest|negotiate|token|apikey)[ \t]+([\w.~+/-]+={0,2})/gi;
// Cut first: in a stretch, each match goes on where the last has ended.
/** Keys that services give out, by their beginnings. */
const PREFIXED = [
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}/g,
  /\b(?:gh[pousr]_[A-Za-z0-9]{10,}|github_pat_\w{10,}|npm_[A-Za-z0-9]{20,}|hf_[A-Za-z0-9]{20,}|ntn_[A-Za-z0-9]{20,})/g,
  /\b(?:gl(?:pat|dt|rt|rtr|ptt|cbt|ft|imt|oas|soat|agent|ffct)|xapp|pypi|GOCSPX|PMAK|NRAK|CFPAT)-[\w-]{10,}/g,
  /\b(?:xox[a-z](?:\.xox[a-z])?-[\w-]{8,}|[srp]k_(?:live|test)_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{10,})/g,
  /\bsk-[\w-]{16,}/g,
  // A key of this service; what lists show of one is shorter.
  /\bsynctrail_[\w-]{20,}/g,
  /\b(?:AIza[\w-]{20,}|ATATT3[\w=-]{16,}|EAA[A-Za-z0-9]{30,}|AGE-SECRET-KEY-1[A-Z0-9]{16,}|dapi[a-f0-9]{20,})/g,
  /\b(?:ya29|hv[sbr])\.[\w-]{10,}/g,
  /\b(?:SG|dp)\.[\w-]{2,200}\.[\w-]{10,}/g,
  /\b(?:do[opr]_v1_[a-f0-9]{16,}|shp(?:at|ca|pa|ss|tka)_[A-Fa-f0-9]{16,}|lin_api_[A-Za-z0-9]{16,})/g,
  /\b(?:gl(?:sa|c)|sntr[a-z]{1,2})_[\w=+/-]{16,}/g,
];
const SLACK_HOOK = /hooks\.slack\.com\/(?:services|workflows)\/([\w/]+)/g;
// Cut first: each of the starts looks at 2,000 characters.
/** A part of an address that hides characters. */
const ENCODED = /(?<![\w.~%+!*()-])(?=[\w.~+!*()-]{0,2000}%[0-9A-Fa-f]{2})[\w.~%+!*()-]+/g;
/** A name and its value, in an address, a form, JSON, a header or a list of settings. */
const PAIR = /(?<![\w.%\][-])([\w.%\][-]{2,120})((?:\\{0,8}["'])?)(\s{0,5}[:=][ \t]{0,5})((?:\\{0,8}["'])?)/g;
/** Characters of one line that may be the value of a header. */
const LONGEST_LINE = 8_000;

/** Finds what is secret in a text by its shape, in no order; gives way after each stretch of a long one. */
export function* secretsIn(text: string, names: SecretNames): Generator<undefined, Range[]> {
  const found: Range[] = [];
  for (let from = 0; from < text.length; from += STRETCH - AGAIN) {
    const isWhole = from === 0 && text.length <= STRETCH;
    const stretch = isWhole ? text : text.slice(from, from + STRETCH);
    if (mayHaveSecrets(stretch)) {
      for (const [start, end] of inStretch(stretch, names)) found.push([from + start, from + end]);
      found.push(...keysIn(text, from, from + stretch.length));
    }
    if (isWhole || from + STRETCH >= text.length) break;
    yield;
  }
  return found;
}

function* inStretch(text: string, names: SecretNames, levels = MAX_LEVELS): Generator<Range> {
  yield* matches(text, JWT);
  yield* privateKeys(text);
  for (const { index, 0: all, 1: scheme, 2: user } of text.matchAll(USER)) {
    // A name alone is a secret only where a token may stand as one.
    if (!user!.includes(':') && !/^(?:https?|wss?)$/i.test(scheme!)) continue;
    if (isPlaceholderUser(user!)) continue;
    const end = index + all.length - 1;
    yield [end - user!.length, end];
  }
  for (const { index, 0: all, 1: scheme, 2: credentials } of text.matchAll(SCHEME)) {
    if (isCredentials(scheme!.toLowerCase(), credentials!))
      yield [index + all.length - credentials!.length, index + all.length];
  }
  for (const { index, 0: all, 1: path } of text.matchAll(SLACK_HOOK)) {
    if (/\d/.test(path!)) yield [index + all.length - path!.length, index + all.length];
  }
  yield* pairs(text, names);
  for (const { index, 0: token } of text.matchAll(ENCODED)) {
    const plain = decoded(token.replaceAll('+', ' '));
    const isHidden = levels > 0 && plain !== token && mayHaveSecrets(plain);
    const found = isHidden && (keysIn(plain).length > 0 || !inStretch(plain, names, levels - 1).next().done);
    if (found) yield [index, index + token.length];
  }
}

/** Keys that begin as services give them out, in a part of a text. */
function keysIn(text: string, from = 0, to = text.length): Range[] {
  const part = text.slice(from, to);
  return PREFIXED.flatMap((pattern) => [...matches(part, pattern)])
    .map(([start, end]): Range => [from + start, from + end])
    .filter(([start, end]) => !isInFile(text, start, end));
}

/** Whether this stands within a file in base64. */
function isInFile(text: string, start: number, end: number): boolean {
  const [least, most] = [Math.max(0, end - FILE), Math.min(text.length, start + FILE)];
  let [first, last] = [start, end];
  while (first > least && isBase64(text.charCodeAt(first - 1))) first -= 1;
  while (last < most && isBase64(text.charCodeAt(last))) last += 1;
  return last - first >= FILE;
}

/** Of either alphabet. */
function isBase64(code: number): boolean {
  const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
  return isLetter || (code >= 47 && code <= 57) || code === 43 || code === 45 || code === 95;
}

function* matches(text: string, pattern: RegExp): Generator<Range> {
  for (const { index, 0: match } of text.matchAll(pattern)) yield [index, index + match.length];
}

function* privateKeys(text: string): Generator<Range> {
  let from = 0;
  for (const { index, 0: begin } of text.matchAll(PEM_BEGIN)) {
    if (index < from) continue;
    const start = index + begin.length;
    PEM_END.lastIndex = start;
    from = PEM_END.exec(text)?.index ?? text.length;
    // Of a text that only speaks of it, nothing is left out.
    if (/[A-Za-z0-9+/=]{16}/.test(text.slice(start, from))) yield [start, from];
  }
}

/** `https://${USER}@host`, `https://<token>@host`. */
function isPlaceholderUser(user: string): boolean {
  return /^[$%{[*]/.test(user) || user.includes(MARK_START.trim());
}

/** Whether this stands behind the name of a scheme as what authorises, and not as a word of a sentence. */
function isCredentials(scheme: string, text: string): boolean {
  if (text.length < 8) return false;
  if (scheme === 'basic') return isUserAndPassword(text);
  return /\d/.test(text) || (scheme === 'bearer' && text.length >= 32);
}

function isUserAndPassword(base64: string): boolean {
  return /^[\w+/-]+={0,2}$/.test(base64) && /^[\x20-\x7e]*:/.test(Buffer.from(base64, 'base64').toString('latin1'));
}

/** Names of headers whose value is the rest of the line. */
const HEADER = /^(?:proxy-)?authorization$|^x-[\w-]+$/i;
/** Parameters of an address that are a secret there alone. */
const PARAMETER = /^(?:sig|signature|x-amz-signature|x-goog-signature)$/i;

function* pairs(text: string, names: SecretNames): Generator<Range> {
  PAIR.lastIndex = 0;
  for (let match = PAIR.exec(text); match; match = PAIR.exec(text)) {
    const [all, written, quoted, between, opened] = match as unknown as [string, string, string, string, string];
    const name = decoded(written);
    const start = match.index + all.length;
    const isEqual = between.includes('=');
    const isParameter = isEqual && PARAMETER.test(name);
    if (!isParameter && names.of(name) === 'none') continue;
    const isQuoted = opened !== '' && (quoted !== '' || isEqual);
    const value = isQuoted
      ? quotedValue(text, start, opened)
      : isEqual
        ? bareValue(text, start)
        : lineValue(text, start, name);
    if (value === '' || isHarmless(value, name) || value.startsWith(MARK_START)) continue;
    if (isParameter && value.length < 16) continue;
    PAIR.lastIndex = start + value.length;
    yield [start, start + value.length];
  }
}

/** Up to the quote that closes what another with as many backslashes has opened. */
function quotedValue(text: string, start: number, opened: string): string {
  const quote = opened.at(-1)!;
  for (let end = text.indexOf(quote, start); end !== -1; end = text.indexOf(quote, end + 1)) {
    let escapes = 0;
    while (escapes < end - start && text[end - escapes - 1] === '\\') escapes += 1;
    if (escapes < opened.length) return text.slice(start, end - escapes);
  }
  return text.slice(start);
}

/** In an address, a form or a list of settings. */
function bareValue(text: string, start: number): string {
  BARE.lastIndex = start;
  return BARE.exec(text)![0];
}

const BARE = /[^\s&;,#)}\]"'<>\\]*/y;

/** After a colon: of a header the line, in a sentence only what nobody would write as a word. */
function lineValue(text: string, start: number, name: string): string {
  const line = /^[^\r\n"'\\<>]*/.exec(text.slice(start, start + LONGEST_LINE))![0].trimEnd();
  if (/cookie2?$/i.test(name)) return /^[^\s=;]+=./.test(line) ? line : '';
  if (HEADER.test(name)) {
    const [first = '', second = ''] = line.split(/[ \t]/, 2);
    return isRandom(first) || (/^[a-z][\w-]*$/i.test(first) && isRandom(second)) ? line : '';
  }
  // "Unexpected token: …" is no secret.
  if (/^token$/i.test(name)) return '';
  const [word] = /^[^\s&;,)}\]]*/.exec(line)!;
  return isRandom(word) ? word : '';
}

/** Letters and digits, long enough, as keys and passwords have them. */
function isRandom(text: string): boolean {
  return text.length >= 8 && /\d/.test(text) && /[A-Za-z]/.test(text) && !/^\d{4}-\d\d/.test(text);
}

function decoded(name: string): string {
  if (!name.includes('%')) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
