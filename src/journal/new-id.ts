import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const ID_BYTES = 16;
/** Random bytes for some hundred ids at once: asking the system for those of each would cost most of an id. */
const random = Buffer.alloc(4_096);
let used = random.length;

/** Of the id before. */
let msecs = 0;
let sequence = 0;

/** A new UUIDv7: with the time of its past, or after all that this process has made. */
export function newId(past?: Date): string {
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const bytes = random.subarray(used, (used += ID_BYTES));
  if (past) return v7({ random: bytes, msecs: past.getTime() });
  const now = Date.now();
  if (now > msecs) {
    msecs = now;
    // Half of the range is left for the ids of the same millisecond.
    sequence = bytes.readUInt32BE(0) >>> 1;
  } else {
    sequence = (sequence + 1) >>> 0;
    if (sequence === 0) msecs += 1;
  }
  return v7({ random: bytes, msecs, seq: sequence });
}
