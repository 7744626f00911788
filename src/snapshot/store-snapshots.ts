import type { Transaction } from '#database';
import type { PreparedSnapshot } from './pack.ts';

/** What one statement takes at most; one snapshot may be larger. */
const MAX_ROWS = 500;
const MAX_BYTES = 4_000_000;

const INSERT = `
  insert into snapshot (digest, original_size, stored_size, encoding, content)
  select digest, original_size, stored_size, encoding, substr($6::bytea, start, stored_size)
  from unnest($1::text[], $2::integer[], $3::integer[], $4::text[], $5::integer[])
    as s (digest, original_size, stored_size, encoding, start)
  where not exists (select from packed_snapshot p where p.digest = s.digest)
  on conflict do nothing`;

/** Stores each once under its digest, by digest: writers in one order never wait for each other in a circle. */
export async function storeSnapshots(transaction: Transaction, prepared: PreparedSnapshot[]): Promise<void> {
  const once = new Map(prepared.map((snapshot) => [snapshot.digest, snapshot]));
  const sorted = [...once.values()].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  for (const chunk of chunks(sorted)) {
    let end = 1;
    // Their contents travel as one value: as elements of an array each would be hexadecimal text.
    await transaction.query(INSERT, [
      chunk.map(({ digest }) => digest),
      chunk.map(({ originalSize }) => originalSize),
      chunk.map(({ storedSize }) => storedSize),
      chunk.map(({ encoding }) => encoding),
      chunk.map(({ storedSize }) => (end += storedSize) - storedSize),
      Buffer.concat(chunk.map(({ content }) => content)),
    ]);
  }
}

function* chunks(snapshots: PreparedSnapshot[]): Generator<PreparedSnapshot[], void> {
  let chunk: PreparedSnapshot[] = [];
  let bytes = 0;
  for (const snapshot of snapshots) {
    if (chunk.length === MAX_ROWS || (chunk.length > 0 && bytes + snapshot.storedSize > MAX_BYTES)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(snapshot);
    bytes += snapshot.storedSize;
  }
  if (chunk.length > 0) yield chunk;
}
