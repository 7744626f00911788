import type { SyncCall } from '#platform';
import { NotTrackedYetError } from './sync.errors.ts';

/** The calls that stand in the record, and what each must ask before it leaves. */
const recorded = new WeakMap<SyncCall, () => Promise<void>>();

/** Lets a tracked method run with this call; only what stands in the record gets here. */
export async function asRecorded<T>(call: SyncCall, mayLeave: () => Promise<void>, run: () => Promise<T>): Promise<T> {
  recorded.set(call, mayLeave);
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

/**
 * For an adapter whose calls wait for their turn: asked right before the bytes leave. Throws `InterruptedError` when others
 * have settled the syncs meanwhile, and a `PlatformError` with code CIRCUIT_OPEN when the platform has failed meanwhile.
 */
export async function assertMayLeave(call: SyncCall): Promise<void> {
  await recorded.get(call)?.();
}
