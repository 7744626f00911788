import { Readable } from 'node:stream';
import { TimeSlice } from '#pace';

const CHUNK = 16_384;

/** Text that is made as fast as it is read, in slices between which others have their turn. */
export function textInSlices(pieces: Iterable<string> | AsyncIterable<string>): Readable {
  return Readable.from(chunks(pieces), { objectMode: false });
}

async function* chunks(pieces: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string, void> {
  const slice = new TimeSlice();
  let text = '';
  for await (const piece of pieces) {
    text += piece;
    if (text.length > CHUNK) {
      yield text;
      text = '';
    }
    if (slice.isOver) await slice.giveWay();
  }
  if (text !== '') yield text;
}
