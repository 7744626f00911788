import type { IncomingHttpHeaders } from 'node:http';
import { MIMEType } from 'node:util';
import { cut } from '../quoted.ts';
import { BodyError } from './body.errors.ts';

const JSON_TYPE = /^application\/(?:json|[^;]+\+json)$/;

export function hasBody(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

/** Refuses by its headers what would be no JSON in UTF-8, or too long. */
export function checkBodyHeaders(headers: IncomingHttpHeaders, limit: number): void {
  checkEncoding('Content-Encoding', headers['content-encoding'] ?? 'identity', 'identity');
  checkEncoding('Transfer-Encoding', headers['transfer-encoding'] ?? 'chunked', 'chunked');
  checkType(headers['content-type']);
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
}

export function tooLarge(limit: number): BodyError {
  return new BodyError('PAYLOAD_TOO_LARGE', `The body has more than ${limit} bytes, the limit of this address.`, {
    limit,
  });
}

function checkEncoding(header: string, encoding: string, taken: string): void {
  if (encoding.toLowerCase() === taken) return;
  throw new BodyError(
    'UNSUPPORTED_ENCODING',
    `A body with ${header}: ${cut(encoding)} is not accepted. Send it without compression.`,
  );
}

function checkType(header: string | undefined): void {
  if (header === undefined) {
    throw new BodyError('UNSUPPORTED_MEDIA_TYPE', 'The body has no Content-Type. Send JSON as application/json.');
  }
  const type = parsed(header);
  // A form or a plain text can be sent by any web page to any address; JSON cannot.
  if (!type || !JSON_TYPE.test(type.essence)) {
    const message = `A body of type ${cut(header)} is not accepted. Send JSON as application/json.`;
    throw new BodyError('UNSUPPORTED_MEDIA_TYPE', message);
  }
  const charset = type.params.get('charset');
  if (charset !== null && !/^utf-?8$/i.test(charset)) {
    throw new BodyError('UNSUPPORTED_CHARSET', `A body in ${cut(charset)} is not accepted. Send JSON in UTF-8.`);
  }
}

function parsed(header: string): MIMEType | undefined {
  try {
    return new MIMEType(header);
  } catch {
    return undefined;
  }
}
