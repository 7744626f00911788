import { generateKeyPairSync } from 'node:crypto';
import * as fc from 'fast-check';
import type { Json, JsonObject } from '#json';
import { marksIn, Redactor } from '#redaction';
import { anyJson } from '../support/arbitrary-json.ts';
import { runs } from '../support/properties.ts';

const redactor = new Redactor(() => Buffer.alloc(32, 7));
const other = new Redactor(() => Buffer.alloc(32, 8));
const MARK = /^\[redacted: \d+ characters, #[0-9a-f]{12}\]$/;

const random = fc.stringMatching(/^[A-Za-z0-9]{40}$/).filter((text) => /\d/.test(text) && /[A-Za-z]/.test(text));
const jwt = fc
  .tuple(fc.string(), random, random)
  .map(([sub, id, signature]) => `eyJhbGciOiJIUzI1NiJ9.${base64(JSON.stringify({ sub, id }))}.${signature}`);
const { privateKey: pem } = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
/** Secrets by their shape, and the part of each that must not be left. */
const shaped = fc.oneof(
  jwt.map((token) => [token, token] as const),
  random.map((token) => [`Bearer ${token}`, token] as const),
  random.map((password) => [`Basic ${base64(`jane:${password}`)}`, base64(`jane:${password}`)] as const),
  random.map((password) => [`https://jane:${password}@cms.example/a`, password] as const),
  random.map((token) => [`https://${token}@cms.example/a`, token] as const),
  random.map((token) => [`postgres://jane:${token}@db.example/a`, token] as const),
  random.map((token) => [`/x?a=1&access_token=${token}#top`, token] as const),
  random.map((token) => [JSON.stringify({ a: 1, client_secret: token }), token] as const),
  random.map((token) => [JSON.stringify(JSON.stringify({ password: `a"${token}` })), token] as const),
  random.map((token) => [`Cookie: theme=dark; sid=${token}`, token] as const),
  random.map((token) => [`X-Api-Key: ${token}`, token] as const),
  random.map((token) => [`Server=db;User Id=sa;Password=${token};Encrypt=true`, token] as const),
  fc.constant([pem, pem.split('\n')[1]!] as const),
  fc.constant([pem.replaceAll('\n', '\\n'), pem.split('\n')[1]!] as const),
  fc
    .tuple(
      fc.constantFrom('ghp_', 'glpat-', 'xoxb-', 'sk_live_', 'sk-proj-', 'AIza', 'npm_', 'hf_', 'whsec_', 'dp.st.'),
      random,
    )
    .map(([prefix, id]) => [prefix + id, prefix + id] as const),
  random.map((id) => [`AKIA${id.slice(0, 16).toUpperCase()}`, `AKIA${id.slice(0, 16).toUpperCase()}`] as const),
);
/** Words that a sentence has before and behind a secret. */
const words = fc.constantFrom('', 'see ', 'It failed: ', '"', '\n', '(', 'é ', '😀 ');

function base64(text: string): string {
  return Buffer.from(text).toString('base64').replaceAll('=', '');
}

const secretName = fc
  .tuple(
    fc.constantFrom('', 'x-', 'client_', 'my', 'db.', 'OPTIMIZELY_CMS_'),
    fc.constantFrom(
      'password',
      'secret',
      'token',
      'apiKey',
      'api_key',
      'cookie',
      'authorization',
      'private-key',
      'credential',
    ),
    fc.constantFrom(
      (name: string) => name,
      (name: string) => name.toUpperCase(),
      (name: string) => name[0]!.toUpperCase() + name.slice(1),
    ),
  )
  .map(([before, name, written]) =>
    before === 'my' ? before + name[0]!.toUpperCase() + name.slice(1) : written(before + name),
  );

/** The secret somewhere in JSON: under a secret name, or in a text. */
const placed = fc
  .tuple(random, secretName, shaped, words, words, anyJson, fc.integer({ min: 0, max: 3 }))
  .map(([secret, name, [text, part], before, behind, beside, depth]) => {
    let value: Json = {
      [name]: secret,
      list: { [name]: [secret] },
      text: `${before}${text}${before ? behind : ''}`,
      beside,
    };
    for (let level = 0; level < depth; level += 1) value = level % 2 ? { deeper: value } : [value, beside];
    return { value, secrets: [secret, part] };
  });

describe('redaction', () => {
  it('leaves no secret of a secret name or a known shape, at any depth', () => {
    fc.assert(
      fc.property(placed, ({ value, secrets }) => {
        const { value: kept, count, marks } = redactor.json(value);
        for (const secret of secrets) expect(JSON.stringify(kept)).not.toContain(secret);
        expect(count).toBeGreaterThanOrEqual(3);
        expect(marks.length).toBeLessThanOrEqual(20);
      }),
      { numRuns: runs(500) },
    );
  });

  it('takes no part of a file in base64 for a key, wherever it stands', () => {
    const beginning = fc.constantFrom('/EAA', '+EAA', '-sk-', '-npm_', '/hf_', '/AKIAABCDEFGHIJKL', '-synctrail_');
    const place = fc.integer({ min: 0, max: 199_960 });
    fc.assert(
      fc.property(beginning, place, fc.constantFrom('', 'data:image/png;base64,'), (key, at, before) => {
        const file = 'aB3d'.repeat(50_000);
        const text = before + file.slice(0, at) + key + file.slice(at);
        for (const sent of [text, `file=${encodeURIComponent(text)}&of=x`])
          expect(redactor.json({ text: sent })).toEqual({ value: { text: sent }, count: 0, marks: [] });
      }),
      { numRuns: runs(50) },
    );
    const key = `EAA${'aB3d'.repeat(20)}`;
    for (const text of [key, `https://hooks.example/v1/${key}/send`, `a=%2F${key}`, `${'aB3d'.repeat(200_000)} ${key}`])
      expect(JSON.stringify(redactor.json({ text }).value)).not.toContain(key);
  });

  it('changes nothing the second time, and says the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          placed.map(({ value }) => value),
          anyJson,
        ),
        (value) => {
          const once = redactor.json(value);
          const twice = redactor.json(once.value);
          expect(twice).toEqual(once);
          expect(twice.value).toBe(once.value);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('gives the same secret the same mark, another one another mark, and so does another key', () => {
    fc.assert(
      fc.property(random, random, (one, two) => {
        fc.pre(one !== two);
        const of = (secret: string, by = redactor) => by.json({ apiKey: secret }).value.apiKey;
        expect(of(one)).toMatch(MARK);
        expect(of(one)).toBe(of(one));
        expect(of(one)).toContain('redacted: 40 characters');
        expect(of(one)).not.toBe(of(two));
        expect(of(one)).not.toBe(of(one, other));
      }),
    );
  });

  it('gives content without secrets back as it is, the very same value', () => {
    const plain = fc.letrec<{ json: Json }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<Json[]>('A title', 'Enter your password', 'bearer of news', 'Basic settings', 3, true, null),
        fc.stringMatching(/^[a-z ]{0,30}$/),
        fc.array(tie('json'), { maxLength: 4 }),
        fc.dictionary(
          fc.constantFrom('title', 'secretary', 'tokenType', 'passwordPolicy', 'typeKey', 'publicKey'),
          tie('json'),
        ),
      ),
    })).json;
    fc.assert(fc.property(plain, (value) => expect(redactor.json(value)).toEqual({ value, count: 0, marks: [] })));
  });

  it.each<[string, Json]>([
    [
      'a property named password',
      { properties: { password: { type: 'string', format: 'password' }, token: { type: 'url' } } },
    ],
    [
      'names of properties',
      { required: ['password', 'token'], name: 'password', key: 'token', items: [{ key: 'secret' }] },
    ],
    ['a type in short', { properties: { password: 'string', secret: 'Text', apiKey: 'required' } }],
    [
      'a choice of an option',
      [
        { name: 'password', value: 'Password' },
        { key: 'token', value: 'token' },
      ],
    ],
    [
      'labels that name the field',
      { labels: { password: 'Password', apiKey: 'API key', clientSecret: 'Client Secret' } },
    ],
    [
      'what says something about a secret',
      { hasPassword: 'maybe', maxTokens: 5_000, tokens: 128_000, tokenType: 'bearer' },
    ],
    ['flags and nothing', { password: true, secret: null, token: '', cookie: false }],
    [
      'words that contain one',
      { secretary: 'Jane Doe', passwordPolicy: 'strong', cookieBanner: 'on', tokenizer: 'bpe-v2' },
    ],
    [
      'tokens of a design and marks in a list',
      { colorToken: 'blue-500', nextPageToken: 'CAUQAA12', designTokens: 'a,b' },
    ],
    [
      'public keys',
      { publicKey: 'MIIBIjANBgkqhkiG9w0BAQEFAAOC', pem: '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQ\n' },
    ],
    ['keys of content', { typeKey: 'Article12345', key: 'Article', sortKey: 'a1b2c3d4e5', foreignKey: 'author_id_12' }],
    ['placeholders', { password: '${PASSWORD}', token: '{{token}}', secret: '********', apiKey: '<your key>' }],
    [
      'sentences',
      'Unexpected token: abc123def. The password: at least 12 characters. Bearer authentication is a basic scheme.',
    ],
    ['addresses', 'https://a.example/x?token={token}&key=value, mailto:jane@a.example, ssh://git@a.example/x'],
    [
      'hashes and ids',
      { versionHash: 'a3f5'.repeat(16), id: '019aa0b2-7c3d-7e4f-8a1b-2c3d4e5f6a7b', digest: 'b'.repeat(64) },
    ],
    ['what only speaks of a key', 'It begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----'],
  ])('does not alter %s', (_what, value) => {
    const text = JSON.stringify(value);
    const { value: kept, count } = redactor.json(value);
    expect(kept).toBe(value);
    expect(JSON.stringify(kept)).toBe(text);
    expect(count).toBe(0);
  });

  it.each<[string, JsonObject]>([
    ['any case', { PassWord: 'x9', 'X-API-KEY': 'x9', aUTHORIZATION: 'x9', cLiEnTsEcReT: 'x9' }],
    ['words run together', { accesstoken: 'x9', dbpassword: 'x9', PGPASSWORD: 'x9', setcookie: 'x9' }],
    ['separators', { 'spring.datasource.password': 'x9', 'user[password]': 'x9', AWS_SECRET_ACCESS_KEY: 'x9' }],
    ['numbers behind a name', { password2: 'x9', token_v2: 'x9', secretValue: 'x9', passwordHash: 'x9' }],
    ['numbers as values', { password: 48_213, pin: { passcode: 4821 } }],
    ['lists', { 'set-cookie': ['a=1', 'b=2'], tokens: ['one', 'two'], apiKeys: [['three']] }],
    [
      'a header and its value',
      {
        headers: [
          { name: 'Authorization', value: 'x9 y8' },
          { key: 'X-Token', value: 'x9' },
        ],
      },
    ],
  ])('leaves out by name: %s', (_what, value) => {
    const leaves: unknown[] = [];
    JSON.stringify(redactor.json(value).value, (name, leaf: unknown) => {
      if (typeof leaf !== 'object' && name !== 'name' && name !== 'key') leaves.push(leaf);
      return leaf;
    });
    for (const leaf of leaves) expect(leaf).toMatch(MARK);
  });

  it('keeps what stands around a secret in a text', () => {
    expect(
      redactor
        .text('GET https://jane:pa55word@cms.example/v1?a=1&api_key=k3y9k3y9&b=2 failed')
        .replaceAll(/\[.*?\]/g, '…'),
    ).toBe('GET https://…@cms.example/v1?a=1&api_key=…&b=2 failed');
  });

  it('names where something was left out, with the pointer, the length and the hash of the mark', () => {
    const { value, count, marks } = redactor.json({ 'a/b': [{ apiKey: 'k3y9k3y9' }], t: `ghp_${'a1'.repeat(18)}` });
    const [mark] = marksIn(value['a/b'][0]!.apiKey);
    expect(count).toBe(2);
    expect(marks[0]).toEqual({ pointer: '/a~1b/0/apiKey', length: 8, hash: mark!.hash });
    expect(marks[1]).toMatchObject({ pointer: '/t', length: 40 });
  });

  it('leaves out secrets in names of members, and keeps their order', () => {
    const token = `ghp_${'a1'.repeat(18)}`;
    const { value, marks } = redactor.json({ a: 1, [token]: 2, b: 3 });
    const names = Object.keys(value);
    expect([names[0], names[2]]).toEqual(['a', 'b']);
    expect(names[1]).toMatch(MARK);
    expect(marks[0]!.pointer).toBe(`/${names[1]}`);
  });

  it('keeps `__proto__` a member, and goes on where a value contains itself', () => {
    const value = JSON.parse('{"__proto__":{"password":"x9"},"b":1}') as JsonObject;
    expect(Object.keys(redactor.json(value).value)).toEqual(['__proto__', 'b']);
    expect(JSON.stringify(redactor.json(value).value)).not.toContain('x9');
    const circle: Record<string, unknown> = { password: 'x9' };
    circle.self = circle;
    expect(redactor.json(circle).count).toBe(1);
  });

  it('takes additional names and exceptions', () => {
    const own = new Redactor(() => Buffer.alloc(32), { keys: ['iban', 'card-number'], except: ['token'] });
    const value = {
      iban: 'DE12',
      customerIban: 'DE12',
      cardNumber: '4111',
      ibanCountry: 'DE',
      token: 'x9',
      accessToken: 'y8',
    };
    const kept = own.json(value).value;
    for (const name of ['iban', 'customerIban', 'cardNumber', 'accessToken'] as const) expect(kept[name]).toMatch(MARK);
    expect(kept).toMatchObject({ ibanCountry: 'DE', token: 'x9' });
  });

  it('finds what stands in a text of several megabytes, in steps that are short', () => {
    const token = `ghp_${'a1'.repeat(18)}`;
    const value = { text: `${'word '.repeat(500_000)}${token}${' word'.repeat(500_000)}`, deep: nested(20_000, token) };
    const steps = redactor.steps(value);
    let longest = 0;
    for (let from = performance.now(); ; from = performance.now()) {
      const step = steps.next();
      longest = Math.max(longest, performance.now() - from);
      if (!step.done) continue;
      expect(step.value.value.text).not.toContain(token);
      expect(step.value.count).toBe(2);
      break;
    }
    expect(longest).toBeLessThan(500);
  });

  it('takes time in proportion to a text, whatever stands in it', () => {
    const nasty = [
      'eyJ-',
      'a=',
      'token=',
      'a.',
      'bearer ',
      '://',
      'sk-',
      'Basic a',
      '-----BEGIN PRIVATE KEY-----',
      '\\"',
      'password":',
      '%74',
    ];
    for (const part of nasty) {
      const startedAt = performance.now();
      redactor.json({ text: part.repeat(1_000_000 / part.length), password: part.repeat(100) });
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
  });
});

function nested(depth: number, token: string): Json {
  let value: Json = token;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}
