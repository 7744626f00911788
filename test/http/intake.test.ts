import { createHash, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { BodyBudget } from '../../src/request-body/body-budget.ts';
import { answerIn, RawConnection } from '../support/raw-http.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const KIBIBYTE = 1024;
const BUDGET = { small: 256 * KIBIBYTE, large: 1024 * KIBIBYTE, values: 20_000 };
const SYNC = { platform: 'h', direction: 'PUSH', typeKey: 'H', actor: 'a' };

let service: TestApp;
let bodies: BodyBudget;

beforeAll(async () => {
  bodies = new BodyBudget(BUDGET);
  service = await startTestApp({ REQUEST_TIMEOUT_MS: '2000' }, { bodies });
});
afterAll(() => service?.close());
/** Also of what was aborted. */
const isGivenBack = () => until('all is given back', () => bodies.isEmpty);
afterEach(isGivenBack);

interface Sent {
  method?: string;
  path?: string;
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

/** An answer that must be a whole problem document, or no error. */
async function send({ method = 'POST', path = '/api/v1/sync', body, headers }: Sent) {
  const response = await fetch(service.url + path, {
    method,
    body: body ?? null,
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await response.text();
  const type = response.status < 400 ? 'application/json' : 'application/problem+json';
  expect(response.headers.get('content-type')).toMatch(type);
  return { status: response.status, headers: response.headers, body: JSON.parse(text) as Record<string, unknown> };
}

/** A request said by hand, up to the first byte of its body. */
function head(method: string, path: string, headers: Record<string, string | number>): string {
  const { host } = new URL(service.url);
  const lines = Object.entries({ host, 'content-type': 'application/json', ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

describe('a body', () => {
  it.each<[string, string | Uint8Array<ArrayBuffer>, object]>([
    ['a member twice', '{"platform":"a","platform":"b"}', { code: 'DUPLICATE_MEMBER', pointer: '/platform' }],
    ['a member twice in its data', JSON.stringify(SYNC).replace('}', ',"data":{"a":1,"a":2}}'), { pointer: '/data/a' }],
    ['a lone surrogate', JSON.stringify({ ...SYNC, typeKey: '\ud800' }), { code: 'LONE_SURROGATE' }],
    ['a lone surrogate in a key of its data', `{"data":{"\\udfff":1}}`, { code: 'LONE_SURROGATE', pointer: '/data' }],
    ['a number that is long', `{"actor":1${'0'.repeat(100_000)}1}`, { code: 'BODY_TOO_COMPLEX', bound: 'number' }],
    ['more values than its address takes', `[${'{},'.repeat(10_000)}{}]`, { bound: 'values', limit: 10_000 }],
  ])('with %s is a 400 that says where', async (_name, body, refusal) => {
    // A recording takes half a character, and mends it; nothing else does.
    const isRecording = typeof body === 'string' && body.length <= 20_000 && !/\\u?d[89a-f]/i.test(body);
    const path = isRecording ? '/api/v1/sync' : '/api/v1/alerts/test';
    expect((await send({ path, body })).body).toMatchObject({ status: 400, ...refusal });
  });

  it.each<[string, Record<string, string>, string]>([
    ['in UTF-7', { 'content-type': 'application/json; charset=utf-7' }, 'UNSUPPORTED_CHARSET'],
    ['in Latin-1', { 'content-type': 'application/json; charset="iso-8859-1"' }, 'UNSUPPORTED_CHARSET'],
    ['in UTF-16, as another JSON', { 'content-type': 'application/x+json;charset=UTF-16' }, 'UNSUPPORTED_CHARSET'],
    ['with an unknown encoding', { 'content-encoding': 'x' }, 'UNSUPPORTED_ENCODING'],
    ['compressed', { 'content-encoding': 'gzip' }, 'UNSUPPORTED_ENCODING'],
    ['compressed twice', { 'content-encoding': 'identity, br' }, 'UNSUPPORTED_ENCODING'],
    ['that is a text', { 'content-type': 'text/plain' }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['that is a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['that is a list of JSON texts', { 'content-type': 'application/json-seq' }, 'UNSUPPORTED_MEDIA_TYPE'],
    ['of a type that is none', { 'content-type': 'json' }, 'UNSUPPORTED_MEDIA_TYPE'],
  ])('%s is a 415', async (_name, headers, code) => {
    const body = headers['content-encoding'] === 'gzip' ? new Uint8Array(gzipSync('{}')) : '{}';
    expect((await send({ body, headers })).body).toMatchObject({ status: 415, code });
    // What comes after it on the same address is read as ever.
    expect((await send({ body: JSON.stringify(SYNC) })).status).toBe(201);
  });

  it.each(['application/json;charset=UTF-8', 'application/JSON; charset="utf8"', 'application/vnd.a.b+json'])(
    'that says it is %s is read',
    async (contentType) => {
      const headers = { 'content-type': contentType, 'content-encoding': 'identity' };
      expect((await send({ body: JSON.stringify(SYNC), headers })).status).toBe(201);
    },
  );

  it('in many pieces, cut within its characters, is read as it was sent', async () => {
    const data = { a: 'é日😀'.repeat(50), [randomBytes(4).toString('hex')]: 1 };
    const bytes = Buffer.from(JSON.stringify({ ...SYNC, data }));
    const connection = RawConnection.to(service.url);
    connection.write(head('POST', '/api/v1/sync', { 'transfer-encoding': 'chunked' }));
    for (let at = 0; at < bytes.length; at += 7) {
      const piece = bytes.subarray(at, at + 7);
      connection.socket.write(`${piece.length.toString(16)}\r\n`);
      connection.socket.write(Buffer.concat([piece, Buffer.from('\r\n')]));
    }
    connection.write('0\r\n\r\n');
    const { status, headers } = answerIn(await connection.said(/\r\n\r\n\{.*\}/));
    expect(status).toBe(201);
    connection.destroy();
    const { body } = await service.api('GET', `${headers.location!.slice('/api/v1'.length)}/snapshot`);
    expect((body as { sent: { content: object } }).sent.content).toEqual(data);
  });

  it('longer than was announced by chunks is a 413 as soon as it is', async () => {
    const connection = RawConnection.to(service.url);
    connection.write(head('POST', '/api/v1/alerts/test', { 'transfer-encoding': 'chunked' }));
    for (let chunk = 0; chunk < 5; chunk += 1) connection.write(`10000\r\n${'a'.repeat(0x1_00_00)}\r\n`);
    const { status, body } = answerIn(await connection.said(/\r\n\r\n\{.*\}/));
    expect([status, JSON.parse(body)]).toMatchObject([413, { code: 'PAYLOAD_TOO_LARGE', limit: 256 * KIBIBYTE }]);
    connection.destroy();
  });
});

describe('nothing of a body is asked for, or read', () => {
  it.each<[string, string, string, Record<string, string>, number]>([
    ['at an unknown address', 'POST', '/api/v1/nowhere', {}, 404],
    ['with a wrong method', 'PATCH', '/api/v1/deployments', {}, 405],
    ['under a foreign host', 'POST', '/api/v1/sync', { host: 'attacker.example' }, 403],
    ['from a foreign page', 'POST', '/api/v1/sync', { origin: 'https://attacker.example' }, 403],
    ['in a foreign encoding', 'POST', '/api/v1/sync', { 'content-encoding': 'br' }, 415],
    ['that is too long', 'POST', '/api/v1/alerts/test', { 'content-length': '1000000' }, 413],
  ])('%s', async (_name, method, path, headers, status) => {
    const connection = RawConnection.to(service.url);
    connection.write(head(method, path, { 'content-length': '1000', expect: '100-continue', ...headers }));
    const answer = answerIn(await connection.said(/\r\n\r\n\{.*\}/));
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(answer.status).toBe(status);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    connection.destroy();
  });

  it('but of one that is taken it is', async () => {
    const body = JSON.stringify(SYNC);
    const connection = RawConnection.to(service.url);
    connection.write(head('POST', '/api/v1/sync', { 'content-length': body.length, expect: '100-continue' }));
    await connection.said(/^HTTP\/1.1 100 Continue\r\n\r\n/);
    connection.write(body);
    expect(await connection.said(/ 201 /)).toMatch('HTTP/1.1 201 Created');
    connection.destroy();
  });

  it('and whoever goes on sending it hears the answer before the connection ends', async () => {
    const connection = RawConnection.to(service.url);
    connection.write(head('POST', '/api/v1/nowhere', { 'content-length': 50_000_000 }));
    const sending = setInterval(() => connection.write('a'.repeat(10_000)), 5);
    const text = await connection.closed();
    clearInterval(sending);
    expect(answerIn(text).status).toBe(404);
  });
});

describe('the bodies of all requests together', () => {
  /** So many bytes of a body that does not end. */
  const hold = (bytes: number) => {
    const connection = RawConnection.to(service.url);
    connection.write(head('POST', '/api/v1/sync', { 'content-length': 2 * bytes }) + ' '.repeat(bytes));
    return connection;
  };
  const large = JSON.stringify({ ...SYNC, data: { a: 'x'.repeat(300 * KIBIBYTE) } });

  it('have a limit, beyond which a large one is a 503 that says when to come again, and a small one is read', async () => {
    const holding = [hold(500 * KIBIBYTE), hold(500 * KIBIBYTE)];
    await until('it is held', () => bodies.held.large >= 870 * KIBIBYTE);
    const refused = await send({ body: large });
    expect(refused.body).toMatchObject({ status: 503, code: 'SERVER_BUSY' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await send({ body: JSON.stringify(SYNC) })).status).toBe(201);
    // A reader who goes away gives back what it held.
    for (const connection of holding) connection.destroy();
    await isGivenBack();
    expect((await send({ body: large })).status).toBe(201);
  });

  it('are counted by what came of them, and not by what was announced', async () => {
    const announced = Array.from({ length: 5 }, () => {
      const connection = RawConnection.to(service.url);
      connection.write(head('POST', '/api/v1/sync', { 'content-length': 10_000_000 }));
      return connection;
    });
    expect((await send({ body: large })).status).toBe(201);
    for (const connection of announced) connection.destroy();
  });

  it('are given back by a sender that stops, when its time is over', async () => {
    const held = hold(500 * KIBIBYTE);
    await until('it is held', () => bodies.held.large > 0);
    const answer = answerIn(await held.closed());
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([408, { code: 'REQUEST_TIMEOUT' }]);
    await isGivenBack();
  });

  it('are given back after a refusal, and when answers wait behind one another on a connection that breaks', async () => {
    expect((await send({ body: `${large}x` })).status).toBe(400);
    await isGivenBack();
    const connection = RawConnection.to(service.url);
    const body = JSON.stringify(SYNC);
    connection.write(`${head('POST', '/api/v1/sync', { 'content-length': body.length })}${body}`.repeat(20));
    await connection.said(/201 Created/);
    connection.destroy();
  });

  it('have a limit of their values too', async () => {
    const values = JSON.stringify({ ...SYNC, data: { a: Array.from({ length: 60_000 }, () => 0) } });
    expect((await send({ body: values })).body).toMatchObject({ status: 503, code: 'SERVER_BUSY' });
  });
});

describe('a slow request', () => {
  it('whose body comes byte by byte ends with a 408', async () => {
    const connection = RawConnection.to(service.url);
    connection.write(`${head('POST', '/api/v1/sync', { 'content-length': 10_000 })}{`);
    const dripping = setInterval(() => connection.write(' '), 200);
    const answer = answerIn(await connection.closed());
    clearInterval(dripping);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect([answer.status, JSON.parse(answer.body)]).toMatchObject([408, { status: 408, code: 'REQUEST_TIMEOUT' }]);
  });

  it('whose headers come byte by byte ends with a 408', async () => {
    const connection = RawConnection.to(service.url);
    connection.write('GET /health/live HTTP/1.1\r\nx: ');
    const dripping = setInterval(() => connection.write('x'), 200);
    expect(answerIn(await connection.closed()).status).toBe(408);
    clearInterval(dripping);
  });

  it('is none whose answer takes longer', async () => {
    const connection = RawConnection.to(service.url);
    connection.write(head('GET', '/api/v1/sync/events', { accept: 'text/event-stream' }));
    const { status, headers } = answerIn(await connection.said(/\r\n\r\n/));
    expect([status, headers['content-type']]).toEqual([200, expect.stringMatching('text/event-stream')]);
    await new Promise((resolve) => setTimeout(resolve, 2_600));
    expect(connection.socket.closed).toBe(false);
    connection.destroy();
  });
});

describe('what is no HTTP as we speak it', () => {
  it.each<[string, string, number, string]>([
    ['is no request', 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
    ['has no host', 'GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'has two lengths',
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
      'BAD_REQUEST',
    ],
    [
      'has long headers',
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
    ['has a long address', `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431, 'HEADERS_TOO_LARGE'],
    [
      'expects something',
      'GET / HTTP/1.1\r\nHost: localhost\r\nExpect: luck\r\nConnection: close\r\n\r\n',
      417,
      'EXPECTATION_FAILED',
    ],
    [
      'has a broken chunk',
      'POST /api/v1/sync HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nz\r\n',
      400,
      'BAD_REQUEST',
    ],
  ])('is a problem document when it %s', async (_name, text, status, code) => {
    const connection = RawConnection.to(service.url);
    connection.write(text);
    const answer = answerIn(await connection.closed());
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'x-content-type-options': 'nosniff',
    });
    const problem = JSON.parse(answer.body.slice(answer.body.indexOf('{'), answer.body.lastIndexOf('}') + 1)) as object;
    expect([answer.status, problem]).toMatchObject([status, { type: 'about:blank', status, code }]);
  });

  it('has no second answer after one that has begun', async () => {
    const connection = RawConnection.to(service.url);
    connection.write(head('GET', '/api/v1/sync/events', { accept: 'text/event-stream' }));
    await connection.said(/200 OK/);
    connection.write('nonsense\r\n\r\n');
    expect((await connection.closed()).match(/HTTP\/1.1 /g)).toHaveLength(1);
  });
});

describe('ordinary large work', () => {
  it('is taken: 1,000 syncs in a batch', async () => {
    const free = await startTestApp();
    try {
      const syncs = Array.from({ length: 1_000 }, (_, index) => ({
        ...SYNC,
        typeKey: `T${index}`,
        data: { a: [1, 2, 3] },
      }));
      expect((await free.api('POST', '/sync/batch', { syncs })).status).toBe(201);
      const rows = Array.from({ length: 30_000 }, (_, index) => ({
        id: index,
        name: createHash('md5').update(`${index}`).digest('hex'),
      }));
      const data = { rows: [rows.slice(0, 15_000), rows.slice(15_000)], text: 'x'.repeat(4_000_000) };
      expect(JSON.stringify(data).length).toBeGreaterThan(5_000_000);
      expect(
        (await free.api('POST', '/sync', { ...SYNC, data, result: { status: 'SUCCESS', response: { ok: true } } }))
          .status,
      ).toBe(201);
    } finally {
      await free.close();
    }
  });
});
