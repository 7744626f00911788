import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/** Bytes that are given to the connection at once. */
const CHUNK = 65_536;

/** JSON, as text or in UTF-8, that goes into an answer as it is stored: neither read nor written again. */
export class StoredJson {
  constructor(readonly json: Buffer | string) {}
}

/** The type of an answer that is JSON already. */
export const JSON_TYPE = 'application/json; charset=utf-8';

/** The same as {@link answerWithStored} for what is small: all of it is text, and the route says its {@link JSON_TYPE}. */
export function textWithStored(answer: object): string {
  return [...partsOf(answer)].join('');
}

/** An answer in JSON, in whose objects some members are {@link StoredJson}. */
export function answerWithStored(answer: object): StreamableFile {
  const parts = [...partsOf(answer)].map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return new StreamableFile(Readable.from(chunks(parts), { objectMode: false }), { type: JSON_TYPE, length });
}

function* partsOf(value: unknown): Generator<Buffer | string, void> {
  if (value instanceof StoredJson) {
    yield value.json;
  } else if (isPlain(value)) {
    let before = '{';
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield `${before}${JSON.stringify(key)}:`;
      yield* partsOf(member);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  } else {
    yield JSON.stringify(value);
  }
}

/** What has a class, such as a time, writes itself. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function* chunks(parts: Buffer[]): Generator<Buffer, void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += CHUNK) yield part.subarray(at, at + CHUNK);
  }
}
