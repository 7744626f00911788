import { answerIn, RawConnection } from '../raw-http.ts';
import type { Sql } from '../sql.ts';
import type { TestApp } from '../test-app.ts';

export interface Probed {
  status: number;
  contentType: string;
  body: { code?: string; errors?: { code: string }[] } & Record<string, unknown>;
}

/** Something of which the page says how much there may be. */
export interface Probe {
  what: string;
  limit: number;
  /** Sends a request with so much of it. */
  send(count: number): Promise<Probed>;
  /** Of what is accepted; 200 or 201 by default. */
  accepted?: number;
  /** The probe itself writes, as it makes what it asks for. */
  prepares?: true;
  /** What is accepted, and what is refused; by default one less than the limit and the limit itself, and one more. */
  counts?: [accepted: number[], refused: number];
}

export interface Probing {
  service: TestApp;
  sql: Sql;
}

/** For each row of the page, by its name: what to send, by the numbers of the row. */
export type Probes = Record<string, (numbers: number[], probing: Probing) => Probe[]>;

export async function send(
  { service }: Probing,
  method: string,
  path: string,
  body?: string | object,
  headers: Record<string, string> = {},
): Promise<Probed> {
  const text = typeof body === 'object' ? JSON.stringify(body) : body;
  const answer = await fetch(`${service.url}/api/v1${path}`, {
    method,
    headers: { ...(text !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(text !== undefined && { body: text }),
  });
  const said = await answer.text();
  const contentType = answer.headers.get('content-type') ?? '';
  return { status: answer.status, contentType, body: parsed(contentType, said) };
}

/** The answer to what is sent byte by byte. */
export async function sendRaw({ service }: Probing, text: string): Promise<Probed> {
  const connection = RawConnection.to(service.url);
  connection.write(text);
  const said = await connection.said(/\r\n\r\n/);
  const { status, headers } = answerIn(said);
  // An interim answer has no body, and leaves room for the last.
  const { body } = status === 100 ? { body: '' } : answerIn(await connection.said(bodyOf(headers['content-length'])));
  connection.destroy();
  const contentType = headers['content-type'] ?? '';
  return { status, contentType, body: parsed(contentType, body) };
}

const bodyOf = (length = '0') => new RegExp(String.raw`\r\n\r\n[^]{${length}}`);

function parsed(contentType: string, text: string): Probed['body'] {
  return /[/+]json/.test(contentType) ? (JSON.parse(text) as Probed['body']) : {};
}

export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
