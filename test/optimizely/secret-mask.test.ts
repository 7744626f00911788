import { randomBytes } from 'node:crypto';
import { secretMask } from '../../src/optimizely/secret-mask.ts';

const SECRETS = [
  'demo-secret',
  's3cr3t/with+signs=="&<\'\\x',
  'пароль-日本-😀',
  'spaces and % signs 100%',
  'a'.repeat(40),
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
];

const base64 = (text: string) => Buffer.from(text).toString('base64');
const everyByte = (text: string) => Buffer.from(text).toString('hex').replaceAll(/../g, '%$&');
const escaped = (text: string) =>
  [...Array(text.length).keys()].map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

const FORMS: Record<string, (secret: string) => string> = {
  itself: (secret) => secret,
  JSON: (secret) => JSON.stringify({ secret }),
  'JSON in JSON': (secret) => JSON.stringify(JSON.stringify({ secret })),
  'JSON with every character escaped': escaped,
  'JSON with every character escaped in capitals': (secret) => escaped(secret).toUpperCase().replaceAll('\\U', '\\u'),
  'JSON with escaped slashes': (secret) => JSON.stringify(secret).replaceAll('/', '\\/'),
  'a query': (secret) => encodeURIComponent(secret),
  'a query in small letters': (secret) => encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase()),
  'a form': (secret) => new URLSearchParams({ secret }).toString(),
  'a query in a query': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'a query with every byte': everyByte,
  'an address': (secret) => encodeURI(secret),
  HTML: (secret) =>
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
  'HTML by numbers': (secret) => [...secret].map((character) => `&#${character.codePointAt(0)};`).join(''),
  base64: base64,
  'base64 of credentials': (secret) => base64(`demo-client:${secret}`),
  'base64 of other credentials': (secret) => base64(`demo-clients:${secret}`),
  'base64 of third credentials, with more behind': (secret) => base64(`a-client-id:${secret}:and more`),
  base64url: (secret) => Buffer.from(`ab${secret}c`).toString('base64url'),
  'base64 in a query': (secret) => encodeURIComponent(base64(`x${secret}`)),
  'base64 in JSON with escaped slashes': (secret) => base64(secret).replaceAll('/', '\\/'),
  hex: (secret) => Buffer.from(secret).toString('hex'),
  HEX: (secret) => Buffer.from(secret).toString('hex').toUpperCase(),
};

/** What somebody who has the text makes of it again. */
function readable(text: string): string {
  const plain = [text];
  for (const read of [
    (said: string) =>
      said.replaceAll(/\\+u([0-9a-f]{4})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    (said: string) =>
      said.replaceAll(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
    (said: string) => said.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
    (said: string) => Buffer.from(said, 'hex').toString(),
    ...[0, 1, 2, 3].map((start) => (said: string) => Buffer.from(said.slice(start), 'base64').toString()),
  ])
    plain.push(read(plain[0]!));
  return plain.join('\n');
}

describe('a secret of ours', () => {
  for (const [form, write] of Object.entries(FORMS)) {
    it.each(SECRETS)(`is masked as ${form}: %s`, (secret) => {
      const mask = secretMask([secret]);
      const masked = mask(`before ${write(secret)} after`);
      expect(masked).toContain('***');
      expect(masked).toMatch(/^before .* after$/s);
      expect(readable(masked)).not.toContain(secret);
      expect(masked).not.toContain(write(secret));
    });
  }

  it('is masked among others, and as often as it comes', () => {
    const mask = secretMask(['first-secret', 'second-secret', 'short']);
    expect(mask('first-secret, second%2Dsecret, short, first-secret')).toBe('***, ***, short, ***');
  });

  it('garbles nothing else', () => {
    const mask = secretMask(SECRETS);
    for (const text of [
      '',
      'demo',
      'ZGVtbw==',
      '100% of \\ and & and \\u0041',
      randomBytes(3_000).toString('base64'),
    ]) {
      expect(mask(text)).toBe(text);
    }
  });

  it.each([
    ['of percent signs', '%'],
    ['of backslashes', '\\'],
    ['of beginnings', 'demo-secre'],
    ['of encoded beginnings', '%64emo-secre'],
    ['of beginnings that repeat', 'aaaaaaa%61'],
    ['of entities', '&#97;'],
    ['of nothing', 'xy z'],
  ])('is looked for in a long text %s in linear time', (_name, part) => {
    const mask = secretMask(SECRETS);
    const timed = (characters: number) => {
      const text = part.repeat(characters / part.length);
      const start = performance.now();
      mask(text);
      return performance.now() - start;
    };
    timed(20_000);
    expect(timed(400_000)).toBeLessThan(2_000);
  });
});
