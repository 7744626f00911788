import type { RedactedNames } from '../tracking-options.ts';
import { mayHaveSecrets } from './may-have-secrets.ts';

/** `many` is a list of secrets, or a number of them. */
export type Secrecy = 'none' | 'one' | 'many';

/** What is known of a name. */
interface NameKind {
  secrecy: Secrecy;
  /** Of the name itself. */
  mayHaveSecrets: boolean;
}

const LONGEST_NAME = 200;
const MAX_REMEMBERED = 20_000;

/** Where words begin: `clientSecret`, `CLIENT_SECRET`, `APIKey`, `client-secret`. */
const BETWEEN_WORDS = /(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+/;
/** What comes after a name and says nothing of what it names: `password2`, `tokenValue`, `passwordHash`. */
const AFTERWARDS = /^(?:\d+|v\d+|value|raw|plain|plaintext|base64|b64|hash)$/;
const ENDS_ONE = /(?:passw(?:or)?d|passphrase|passcode|secret|token|apikey|jwt|cookie|credential|authorization)$/;
const ENDS_MANY = /(?:passw(?:or)?ds|passphrases|secrets|tokens|apikeys|cookies|credentials)$/;
/** Names that are no words, or written in one. */
const WHOLE = new Set([
  ...['authorization', 'proxyauthorization', 'xauth', 'bearer', 'pwd', 'userpwd', 'password', 'passwd', 'passphrase'],
  ...['secret', 'clientsecret', 'token', 'accesstoken', 'refreshtoken', 'idtoken', 'authtoken', 'apikey', 'xapikey'],
  ...['cookie', 'setcookie', 'credential', 'credentials', 'jwt', 'sessionid', 'phpsessid', 'jsessionid'],
  ...['connectionstring', 'accesskey', 'secretkey', 'privatekey', 'signingkey', 'encryptionkey', 'accountkey'],
]);
/** Words before `key` that make it one that opens something. */
const KEYS = new Set([
  ...['api', 'access', 'private', 'secret', 'signing', 'signature', 'encryption', 'decryption', 'account', 'shared'],
  ...['master', 'subscription', 'ssh', 'deploy', 'hmac', 'auth', 'webhook'],
]);
/** Words before `token` that make it a place in a list, or a name of a design. */
const NO_TOKENS = new Set([
  ...['page', 'next', 'continuation', 'continue', 'cursor', 'cancellation', 'resume', 'sync'],
  ...['design', 'color', 'colour', 'theme', 'spacing', 'font', 'size'],
]);
/** First words of what says something about a secret. */
const ABOUT = new Set([
  ...[
    'is',
    'has',
    'show',
    'hide',
    'require',
    'requires',
    'required',
    'allow',
    'allows',
    'allowed',
    'enable',
    'enabled',
  ],
  ...['use', 'uses', 'forgot', 'min', 'max', 'num', 'number', 'count', 'total', 'no', 'with', 'without', 'accept'],
]);
const PUBLIC = new Set(['public', 'publishable']);

/** Tells by the name of a member whether its value is secret. */
export class SecretNames {
  private readonly remembered = new Map<string, NameKind>();
  private readonly keys: string[][];
  private readonly except: ReadonlySet<string>;

  constructor({ keys = [], except = [] }: RedactedNames = {}) {
    this.keys = keys.map(wordsOf).filter(({ length }) => length > 0);
    this.except = new Set(except.map((name) => wordsOf(name).join('')));
  }

  of(name: string): Secrecy {
    return this.kindOf(name).secrecy;
  }

  kindOf(name: string): NameKind {
    const known = this.remembered.get(name);
    if (known) return known;
    const kind = { secrecy: this.judge(name), mayHaveSecrets: mayHaveSecrets(name) };
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.clear();
    // Data may stand where names do.
    if (name.length <= LONGEST_NAME && !kind.mayHaveSecrets) this.remembered.set(name, kind);
    return kind;
  }

  private judge(name: string): Secrecy {
    const words = wordsOf(name);
    if (words.length === 0 || this.except.has(words.join(''))) return 'none';
    if (this.keys.some((key) => endsWith(words, key))) return 'one';
    return secrecyOf(words);
  }
}

/** The words of a name, in lower case. */
function wordsOf(name: string): string[] {
  const words = name.slice(-LONGEST_NAME).split(BETWEEN_WORDS);
  return words.filter((word) => word !== '').map((word) => word.toLowerCase());
}

function secrecyOf(words: string[]): Secrecy {
  while (words.length > 1 && AFTERWARDS.test(words.at(-1)!)) words.pop();
  if (WHOLE.has(words.join(''))) return 'one';
  const [last, before = ''] = words.toReversed() as [string, ...string[]];
  if ((words.length > 1 && ABOUT.has(words[0]!)) || words.some((word) => PUBLIC.has(word))) return 'none';
  if (last === 'key') return KEYS.has(before) ? 'one' : 'none';
  if (last === 'keys') return KEYS.has(before) ? 'many' : 'none';
  if (last === 'id') return before === 'session' ? 'one' : 'none';
  if (last === 'string') return before === 'connection' ? 'one' : 'none';
  if (/^tokens?$/.test(last) && NO_TOKENS.has(before)) return 'none';
  // Cut first: a name has 200 characters.
  const word = last.replace(/\d+$/, '');
  if (ENDS_ONE.test(word) || WHOLE.has(word)) return 'one';
  return ENDS_MANY.test(word) ? 'many' : 'none';
}

function endsWith(words: string[], end: string[]): boolean {
  if (words.join('') === end.join('')) return true;
  return words.length >= end.length && end.every((word, index) => words[words.length - end.length + index] === word);
}

/** Values that say what stands somewhere, and are no secret: a type, a choice, the name of a scheme. */
const WORDS = new Set([
  ...['string', 'text', 'number', 'integer', 'int', 'boolean', 'bool', 'object', 'array', 'list', 'date', 'datetime'],
  ...['any', 'unknown', 'undefined', 'null', 'none', 'nil', 'true', 'false', 'yes', 'no', 'on', 'off', 'url', 'uri'],
  ...['json', 'uuid', 'binary', 'bytes', 'enum', 'reference', 'link', 'html', 'richtext', 'shorttext', 'longtext'],
  ...['required', 'optional', 'hidden', 'nullable', 'readonly', 'default', 'disabled', 'enabled', 'empty', 'auto'],
  ...['bearer', 'basic', 'digest', 'oauth', 'oauth2', 'apikey', 'password', 'secret', 'token', 'cookie', 'jwt'],
  ...['authorization', 'credential', 'credentials', 'header', 'query', 'body', 'include', 'omit', 'same-origin'],
]);
/** What stands for a value, or was masked by somebody else. */
const PLACEHOLDER = /^(?:\$\{[^}]*\}|\{\{?[^}]*\}\}?|<[^>]*>|%[A-Z_]+%|\$[A-Z_]+|\*+|x{3,}|\.{3}|…|\[redacted\])$/i;
const LONGEST_PLACEHOLDER = 100;

/** Whether a text under a secret name is none: too short, a word of a schema, or the name itself. */
export function isHarmless(text: string, name: string): boolean {
  if (text.length < 2) return true;
  if (text.length > LONGEST_PLACEHOLDER) return false;
  const word = text.toLowerCase();
  return WORDS.has(word) || PLACEHOLDER.test(text) || wordsOf(text).join('') === wordsOf(name).join('');
}
