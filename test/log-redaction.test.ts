import { Writable } from 'node:stream';
import pino from 'pino';
import { pinoHttp } from 'pino-http';
import { redactedLine, redactedText } from '../src/log-redaction.ts';

const CANARY = 'CANARYq1w2e3r4';

/** A logger with what it has written. */
function logger() {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  });
  return { log: pino({ hooks: { streamWrite: redactedLine } }, stream), lines, stream };
}

describe('a line of the log', () => {
  const cause = new Error(`https://api.example/v1?access_token=${CANARY}`);
  it.each<[string, object | string]>([
    ['a member', { password: CANARY }],
    ['a member deep in lists', { a: [{ b: [[{ c: { clientSecret: CANARY } }]] }] }],
    ['a list and an object under a secret name', { tokens: [CANARY], credentials: { user: { name: CANARY } } }],
    ['names in other cases', { 'X-API-KEY': CANARY, ApiKey: CANARY, refresh_token: CANARY, PASSWD: CANARY }],
    ['headers', { headers: { 'set-cookie': [CANARY], 'proxy-authorization': `Basic ${CANARY}`, 'x-auth': CANARY } }],
    ['raw headers', { rawHeaders: ['Host', 'a', 'X-Api-Key', CANARY, 'cookie', `a=${CANARY}`] }],
    ['a query', { url: `/api/v1/x?a=1&token=${CANARY}&b=2` }],
    ['a query with a percent-encoded name', { url: `/x?%74oken=${CANARY}`, again: `/x?acc%65ss_token=${CANARY}#a` }],
    ['the user of an address', { target: `https://jane:${CANARY}@cms.example/a`, db: `postgres://u:${CANARY}@h/d` }],
    ['an error', { err: new Error(`refused: Authorization: Bearer ${CANARY}`, { cause }) }],
    ['the members of an error', { err: Object.assign(new Error('x'), { config: { headers: { cookie: CANARY } } }) }],
    ['JSON in a text', { body: `{"grant_type":"x","client_secret":"${CANARY}","a":1}` }],
    ['JSON twice in a text', { body: JSON.stringify(JSON.stringify({ password: `a"${CANARY}` })) }],
    ['a form in a text', { body: `a=1&client_secret=${CANARY}` }],
    ['a cookie in a text', { said: `Cookie: a=1; session=${CANARY}; b=2\nHost: x` }],
    ['a token by its looks', { said: `it was eyJhbGciOiJIUzI1NiJ9.${CANARY}AAAAAAAA.sig-${CANARY}` }],
    ['the message', `no answer from https://h/x?api_key=${CANARY}`],
  ])('has no secret of %s', (_name, what) => {
    const { log, lines } = logger();
    log.warn(what as object);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain(CANARY);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 40 });
  });

  it('has no secret of a child, and none of a request', () => {
    const { log, lines, stream } = logger();
    log.child({ session: { accessToken: CANARY } }).info('x');
    const http = pinoHttp({ hooks: { streamWrite: redactedLine } }, stream);
    http.logger.info({ req: { url: `/x?token=${CANARY}`, headers: { authorization: CANARY }, socket: {} } });
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain(CANARY);
  });

  it('keeps what is none', () => {
    const { log, lines } = logger();
    const said = {
      req: { method: 'GET', url: '/api/v1/sync/history?typeKey=Article&last=24h', headers: { host: 'a:1' } },
      token: null,
      hasSecret: true,
      said: {
        type: 'TokenError',
        message: 'TokenError: The answer (it is "x") cannot be used',
        stack: 'at a (b.ts:1:2)',
      },
      'idempotency-key': 'nightly-1',
      at: '2026-11-29T00:00:00Z',
    };
    log.info(said, 'It is said: check OPTIMIZELY_CMS_CLIENT_SECRET and the API key');
    expect(JSON.parse(lines[0]!)).toMatchObject({
      ...said,
      msg: 'It is said: check OPTIMIZELY_CMS_CLIENT_SECRET and the API key',
    });
  });

  it('is bounded, and quickly read, however long, wide or deep what is logged is', () => {
    const { log, lines } = logger();
    let deep: object = { password: CANARY };
    for (let level = 0; level < 2_000; level += 1) deep = { deep };
    const wide = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`k${n}`, n]));
    const texts = ['a=', '"', 'token:', 'Bearer ', 'https://', 'eyJ', '\\', 'a.b-', '=&;', 'x@'].map((part) =>
      part.repeat(400_000 / part.length),
    );
    const start = performance.now();
    log.info({ deep, wide, texts });
    for (const text of texts) redactedText(text);
    expect(performance.now() - start).toBeLessThan(3_000);
    expect(lines[0]!.length).toBeLessThan(1_000_000);
    expect(lines[0]).not.toContain(CANARY);
  });
});
