import { isMark, markInPassing, marksIn, redactedInPassing } from '#redaction';

/** Characters of one text, values of one line, and levels: what is beyond is left out. */
const MAX_TEXT = 20_000;
const MAX_VALUES = 5_000;
const MAX_DEPTH = 30;

const WORDS =
  'authorization|authentication|cookies?|passwords?|passwd|passphrase|pwd|secrets?|tokens?|api[-_]?keys?|' +
  'access[-_]?keys?|private[-_]?keys?|credentials?|signatures?|jwt|session[-_]?id';
// Cut first: a member's name is part of a text of MAX_TEXT characters, and nothing repeats in it.
/** The name of a member whose value is nobody's business. */
const SECRET_NAME = new RegExp(`${WORDS}|^x-auth|^auth$`, 'i');
/** Names that are secret in an address alone; a cursor is opaque, so it may hold anything. */
const SECRET_PARAMETER = /^(?:key|sig|code|auth|cursor)$/i;
// Cut first: each repetition has at most 40 characters.
const SECRET_HEADER = new RegExp(`^[\\w-]{0,40}(?:${WORDS})[\\w-]{0,40}$`, 'i');

/** Each finds a secret in a text of MAX_TEXT characters. */
const SCHEME = /\b(bearer|basic|digest|negotiate)([ \t]{1,5})([\w.~+/=-]{6,})/gi;
// Cut first: each of the starts looks at 500 characters.
const USER = /\b([a-z][a-z0-9+.-]{1,20}:\/\/)([^\s/@"'<>]{1,500})@/gi;
// Cut first: each of the starts looks at 1,000 characters, which the head of a token has at most.
const JWT = /\beyJ[\w-]{8,1000}\.[\w-]+(?:\.[\w-]*)?/g;
// Cut first: each of the starts looks at 100 characters.
const PARAMETER = /([\w.~%[\]-]{1,100})=([^&;\s"'<>#\\]+)/g;
// Cut first: nothing before the value is longer than some twenty characters.
const HEADER_LINE =
  /\b(authorization|proxy-authorization|cookie|set-cookie)(\\{0,4}["']?[ \t]{0,5}:[ \t]{0,5})([^\r\n"'\\]+)/gi;
// Cut first: each match goes on where the last has ended.
const MEMBER = new RegExp(
  `((?:${WORDS})(\\\\{0,4}["'])?[ \\t]{0,5}:[ \\t]{0,5})(?:(\\\\{0,4}["'])((?:(?!(?<!\\\\)\\3)[^])*)|([^\\s,;&}"'\\\\]+))`,
  'gi',
);

/** A line of the log, as JSON, without what authorises anybody: by the names of its members, and in its texts. */
export function redactedLine(line: string): string {
  try {
    return `${JSON.stringify(new Redaction().of(JSON.parse(line)))}\n`;
  } catch {
    return `${JSON.stringify({ level: 50, time: Date.now(), msg: 'A line of the log could not be read, and is left out' })}\n`;
  }
}

/** A text without what authorises anybody, as far as its looks tell; in its place its length and a hash. */
export function redactedText(text: string): string {
  const kept = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length - MAX_TEXT} more)` : text;
  const known = redactedInPassing(kept);
  const parts: string[] = [];
  let from = 0;
  for (const { start, end } of marksIn(known)) {
    parts.push(withoutLookalikes(known.slice(from, start)), known.slice(start, end));
    from = end;
  }
  return parts.join('') + withoutLookalikes(known.slice(from));
}

/** A log may lose what only looks like a secret; a record may not. */
function withoutLookalikes(text: string): string {
  return text
    .replace(HEADER_LINE, (_all, name: string, gap: string, secret: string) => name + gap + keptMarks(secret))
    .replace(
      MEMBER,
      (_all, head: string, _quote: string, opened: string | undefined, quoted?: string, bare?: string) => {
        return `${head}${opened ?? ''}${keptMarks(quoted ?? bare ?? '')}`;
      },
    )
    .replace(PARAMETER, (pair, name: string, secret: string) =>
      isSecretParameter(name) ? `${name}=${keptMarks(secret)}` : pair,
    )
    .replace(USER, (_all, scheme: string, user: string) => `${scheme}${markInPassing(user)}@`)
    .replace(JWT, (token) => markInPassing(token))
    .replace(SCHEME, (_all, scheme: string, gap: string, secret: string) => scheme + gap + markInPassing(secret));
}

/** What an earlier look has left out stays as it is. */
function keptMarks(secret: string): string {
  return secret.includes('[redacted:') ? secret : markInPassing(secret);
}

class Redaction {
  private left = MAX_VALUES;

  of(value: unknown, depth = 0): unknown {
    this.left -= 1;
    if (typeof value === 'string') return redactedText(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > MAX_DEPTH) return '[too deep to show]';
    if (Array.isArray(value)) return this.list(value, depth);
    const members: [string, unknown][] = [];
    for (const [name, member] of Object.entries(value)) {
      if (this.left <= 0) break;
      members.push([name, isSecret(name, member) ? leftOut(member) : this.of(member, depth + 1)]);
    }
    return Object.fromEntries(members);
  }

  /** Raw headers are a list, in which values follow names. */
  private list(items: unknown[], depth: number): unknown[] {
    return items
      .slice(0, Math.max(0, this.left))
      .map((item, index) =>
        typeof item === 'string' && isHeader(items[index - 1]) ? leftOut(item) : this.of(item, depth + 1),
      );
  }
}

function leftOut(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return isMark(text) ? text : markInPassing(text);
}

function isSecret(name: string, value: unknown): boolean {
  return (SECRET_NAME.test(name) || name === 'cursor') && value !== null && typeof value !== 'boolean';
}

function isHeader(item: unknown): boolean {
  return typeof item === 'string' && item.length < 100 && SECRET_HEADER.test(item);
}

function isSecretParameter(name: string): boolean {
  const plain = decoded(name);
  return SECRET_NAME.test(plain) || SECRET_PARAMETER.test(plain);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
