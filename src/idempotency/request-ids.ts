import { createHash } from 'node:crypto';
import { parse, stringify } from 'uuid';

/** Of one sync: its own id, that of its call, and those of its first and last event. */
export interface SyncIds {
  id: string;
  callId: string;
  eventIds: { recorded: string; finished: string };
}

/** The ids of what one request makes, from its seed: made again, it has the same ids, and so is there once. */
export class RequestIds {
  /** Whether anything has got an id. */
  wereTaken = false;

  /** @param seed a UUIDv7 */
  constructor(private readonly seed: string) {}

  /** The id number `index`, a UUIDv7; ids ascend with their number, of which there are 4,096. */
  at(index: number): string {
    this.wereTaken = true;
    const bytes = parse(this.seed);
    bytes.set(createHash('sha256').update(`${this.seed} ${index}`).digest().subarray(0, 8), 8);
    bytes[6] = 0x70 | (index >> 8);
    bytes[7] = index & 0xff;
    bytes[8] = 0x80 | (bytes[8]! & 0x3f);
    return stringify(bytes);
  }

  /** The ids of the sync number `index`, of which there are 1,024. The id of a sync of the past has the time of its start. */
  ofSync(index: number, startedAt?: Date): SyncIds {
    const [id, recorded, finished, callId] = [0, 1, 2, 3].map((offset) => this.at(4 * index + offset)) as [
      string,
      string,
      string,
      string,
    ];
    return { id: startedAt ? atTime(id, startedAt) : id, callId, eventIds: { recorded, finished } };
  }
}

/** The UUIDv7 with another time in its first 48 bits; they begin with 1970. */
function atTime(id: string, time: Date): string {
  const bytes = parse(id);
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).writeUIntBE(Math.max(time.getTime(), 0), 0, 6);
  return stringify(bytes);
}
