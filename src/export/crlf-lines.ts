import { Transform, type TransformCallback } from 'node:stream';

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CRLF = Buffer.from('\r\n');

/** Ends the rows of a CSV as RFC 4180 says, which PostgreSQL does not; what stands within quotes stays as it is. */
export class CrlfLines extends Transform {
  private quoted = false;

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    const parts: Buffer[] = [];
    let start = 0;
    let at = 0;
    let quote = chunk.indexOf(QUOTE);
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, at)) {
      for (; quote !== -1 && quote < end; quote = chunk.indexOf(QUOTE, quote + 1)) this.quoted = !this.quoted;
      at = end + 1;
      if (this.quoted) continue;
      parts.push(chunk.subarray(start, end), CRLF);
      start = at;
    }
    for (; quote !== -1; quote = chunk.indexOf(QUOTE, quote + 1)) this.quoted = !this.quoted;
    parts.push(chunk.subarray(start));
    done(null, Buffer.concat(parts));
  }
}
