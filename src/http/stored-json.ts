import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';

/** Bytes that are given to the connection at once. */
const CHUNK = 65_536;

/** JSON in UTF-8 that goes into an answer as it is stored: neither read nor written again. */
export class StoredJson {
  constructor(readonly bytes: Buffer) {}
}

/** An answer in JSON, in whose objects some members are {@link StoredJson}. */
export function answerWithStored(answer: object): StreamableFile {
  const parts = [...partsOf(answer)];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const type = 'application/json; charset=utf-8';
  return new StreamableFile(Readable.from(chunks(parts), { objectMode: false }), { type, length });
}

function* partsOf(value: unknown): Generator<Buffer, void> {
  if (value instanceof StoredJson) {
    yield value.bytes;
  } else if (isPlain(value)) {
    let before = '{';
    for (const [key, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield Buffer.from(`${before}${JSON.stringify(key)}:`);
      yield* partsOf(member);
      before = ',';
    }
    yield Buffer.from(before === '{' ? '{}' : '}');
  } else {
    yield Buffer.from(JSON.stringify(value));
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
