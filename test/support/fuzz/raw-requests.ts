import { array, type Arbitrary, constant, constantFrom, nat, oneof, record } from 'fast-check';
import { RawConnection } from '../raw-http.ts';
import type { RawRequest } from './fuzz-request.ts';

const BODY = '{"actor":1}';
const chunked = (...chunks: string[]) => ['Transfer-Encoding: chunked', chunks.join('')] as const;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

const LINES = [
  ...['POST /api/v1/freezes HTTP/1.1', 'GET /api/v1/plans HTTP/1.1', 'PUT /api/v1/content-types/A?a=1 HTTP/1.1'],
  ...['POST /api/v1/freezes HTTP/1.0', 'GET /api/v1/plans', 'GET  /api/v1/plans  HTTP/1.1'],
  ...['GET\t/api/v1/plans\tHTTP/1.1'],
  ...['get /api/v1/plans HTTP/1.1', 'G\0T /api/v1/plans HTTP/1.1', 'GET /api/v1/plans\0 HTTP/1.1'],
  ...['GET /api/v1/plans HTTP/9.9'],
  ...['GET /api/v1/plans HTTP/2.0', 'PRI * HTTP/2.0', 'OPTIONS * HTTP/1.1', 'CONNECT elsewhere.example:443 HTTP/1.1'],
  ...['GET http://elsewhere.example/api/v1/plans HTTP/1.1', 'GET elsewhere HTTP/1.1', 'GET ? HTTP/1.1'],
  ...['GET  HTTP/1.1'],
  ...['GET /api/v1/plans?\xff\xfe HTTP/1.1', 'GET /api/v1/pl\xe4ns HTTP/1.1', 'GET /\r/api HTTP/1.1'],
  ...[' GET / HTTP/1.1', ''],
  ...['POST /api/v1/freezes HTTP/1.1 ', '\x16\x03\x01\x02\0\x01', `GET /${'a'.repeat(20_000)} HTTP/1.1`, '{"a":1}'],
  ...['A'.repeat(300)],
];

const HEADERS = [
  ...['Host: 127.0.0.1', 'Host: elsewhere.example', 'Host:', 'Host : 127.0.0.1', 'Content-Type: application/json'],
  ...['Nonsense', ' folded: a', ': a', 'a', 'a b: c', 'X-A: \0', 'X-A: a\rb', 'X-A: \xff\xfe', 'X-A\0: a'],
  ...['Connection: close, upgrade'],
  ...['Upgrade: websocket', 'Upgrade: h2c', 'Expect: 100-continue', 'Expect: 200-ok', 'Content-Length: 5'],
  ...['Content-Length: 0', 'Content-Length: +5', 'Content-Length: 5, 5', 'Content-Length: -1', 'Content-Length: 1e1'],
  ...['Content-Length: 99999999999999999999'],
  ...['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity'],
  ...['Transfer-Encoding:\x0bchunked'],
  ...['Transfer-Encoding: gzip, chunked', 'Transfer-Encoding : chunked', 'Trailer: Host', `X-A: ${'a'.repeat(9_000)}`],
  ...['X-A: a\r\n'.repeat(500).trimEnd(), 'X-A: a\r\n'.repeat(1_990).trimEnd(), `X-A: ${'a'.repeat(40_000)}`],
  ...['Cookie: a'],
];

const FRAMINGS: (readonly [header: string, body: string])[] = [
  ['X-B: none', ''],
  [`Content-Length: ${BODY.length}`, BODY],
  [`Content-Length: ${BODY.length + 5}`, BODY],
  [`Content-Length: ${BODY.length - 5}`, BODY],
  ['Content-Length: 300000', '{'],
  chunked(chunk(BODY), '0\r\n\r\n'),
  chunked(chunk('{"act'), chunk('or":1}'), '0\r\nHost: elsewhere.example\r\n\r\n'),
  chunked(chunk(BODY)),
  chunked(chunk(BODY), '0\r\n'),
  chunked('b\n{"actor":1}\n0\n\n'),
  chunked('0x0b\r\n{"actor":1}\r\n0\r\n\r\n'),
  chunked('-1\r\na\r\n0\r\n\r\n'),
  chunked('ffffffffffffffff\r\na\r\n0\r\n\r\n'),
  chunked('G\r\na\r\n'),
  chunked(`b;${'a'.repeat(20_000)}\r\n${BODY}\r\n0\r\n\r\n`),
  chunked('b;a="\r\n{"actor":1}\r\n0\r\n\r\n'),
  chunked('5\r\n{"actor":1}\r\n0\r\n\r\n'),
  chunked(chunk('{').repeat(2_000), '0\r\n\r\n'),
  chunked('0\r\n\r\n', 'GET /api/v1/plans HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'),
  chunked(chunk(BODY), '0\r\nX: \0\r\n\r\n'),
];

/** What no client would send: wrong lines, floods of headers, bodies that are cut, tricks with chunks. */
export const rawRequest: Arbitrary<RawRequest> = record({
  line: oneof({ weight: 1, arbitrary: constant(LINES[0]!) }, { weight: 1, arbitrary: constantFrom(...LINES) }),
  headers: array(constantFrom(...HEADERS), { maxLength: 4 }),
  framing: constantFrom(...FRAMINGS),
  lineEnd: oneof({ weight: 9, arbitrary: constant('\r\n') }, constantFrom('\n', '\r', '\n\r')),
  isRepeated: constantFrom(false, false, false, true),
  cutAt: oneof({ weight: 4, arbitrary: constant(0) }, nat(400)),
  isCut: constantFrom(false, false, false, true),
}).map(({ line, headers, framing: [header, body], lineEnd, isRepeated, cutAt, isCut }) => {
  const head = [line, 'Host: 127.0.0.1', 'Content-Type: application/json', header, ...headers].join(lineEnd);
  const whole = `${head}${lineEnd}${lineEnd}${body}`;
  const raw = (isRepeated ? whole + whole : whole).slice(0, cutAt === 0 ? undefined : cutAt);
  return { raw, isCut };
});

const MAX_MS = 2_000;

/** What the answers to it have that they may not. */
export async function rawFaults(url: string, { raw, isCut }: RawRequest): Promise<string[]> {
  const connection = RawConnection.to(url);
  const start = performance.now();
  connection.socket.write(Buffer.from(raw, 'latin1'));
  if (isCut) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    connection.destroy();
    return [];
  }
  connection.socket.end();
  const late = setTimeout(() => connection.destroy(), 2 * MAX_MS);
  const received = await connection.closed();
  clearTimeout(late);
  const ms = performance.now() - start;
  return [
    ...(ms > MAX_MS ? [`it was answered, or closed, after ${Math.round(ms)} ms`] : []),
    ...received.split(/^(?=HTTP\/1\.1 \d{3} )/m).flatMap(answerFaults),
  ];
}

function answerFaults(answer: string): string[] {
  if (answer === '') return [];
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  if (status === 0) return [`what came is no answer: ${answer.slice(0, 100)}`];
  if (status >= 500) return [`it answered ${status}`];
  if (status < 400) return [];
  const isProblem = /^content-type: application\/problem\+json/im.test(answer);
  const hasCode = /"code":"[A-Z][A-Z0-9_]+"/.test(answer) && /"detail":"[^"]/.test(answer);
  return isProblem && hasCode
    ? []
    : [`its error ${status} is no problem with code and detail: ${answer.slice(0, 300)}`];
}
