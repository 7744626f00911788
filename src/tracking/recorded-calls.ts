import type { SyncCall } from '#platform';
import { NotTrackedYetError } from './sync.errors.ts';

const recorded = new WeakSet<SyncCall>();

/** Lets a tracked method run with this call; only what stands in the record gets here. */
export async function asRecorded<T>(call: SyncCall, run: () => Promise<T>): Promise<T> {
  recorded.add(call);
  try {
    return await run();
  } finally {
    recorded.delete(call);
  }
}

/** Throws {@link NotTrackedYetError} for a call that nobody recorded, whatever way it came. */
export function assertRecorded(call: SyncCall, method: string): void {
  if (!recorded.has(call)) throw new NotTrackedYetError(method);
}
