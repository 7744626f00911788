import type { SyncCall } from '#platform';
import { NotTrackedYetError } from './sync.errors.ts';

/** How many recorded calls are under way with an object: nobody keeps a caller from using one twice at a time. */
const recorded = new WeakMap<SyncCall, number>();

/** Lets a tracked method run with this call; only what stands in the record gets here. */
export async function asRecorded<T>(call: SyncCall, run: () => Promise<T>): Promise<T> {
  recorded.set(call, (recorded.get(call) ?? 0) + 1);
  try {
    return await run();
  } finally {
    recorded.set(call, recorded.get(call)! - 1);
  }
}

/** Throws {@link NotTrackedYetError} for a call that nobody recorded, whatever way it came. */
export function assertRecorded(call: SyncCall, method: string): void {
  if (!recorded.get(call)) throw new NotTrackedYetError(method);
}
