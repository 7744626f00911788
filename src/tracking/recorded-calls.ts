import type { SyncCall } from '#platform';
import { NotTrackedYetError } from './tracking.errors.ts';

type MayLeave = () => Promise<void>;

/** The calls that stand in the record, and what each must ask before it leaves: one may be under way more than once. */
const recorded = new WeakMap<SyncCall, Set<MayLeave>>();

/** Lets a tracked method run with this call; only what stands in the record gets here. */
export async function asRecorded<T>(call: SyncCall, mayLeave: MayLeave, run: () => Promise<T>): Promise<T> {
  const underWay = recorded.get(call) ?? new Set();
  recorded.set(call, underWay.add(mayLeave));
  try {
    return await run();
  } finally {
    underWay.delete(mayLeave);
  }
}

/** Throws {@link NotTrackedYetError} for a call that nobody recorded, whatever way it came. */
export function assertRecorded(call: SyncCall, method: string): void {
  if (!recorded.get(call)?.size) throw new NotTrackedYetError(method);
}

/**
 * For an adapter whose calls wait for their turn: asked right before the bytes leave. Throws `InterruptedError` when others
 * have settled the syncs meanwhile, and a `PlatformError` with code CIRCUIT_OPEN when the platform has failed meanwhile.
 */
export async function assertMayLeave(call: SyncCall): Promise<void> {
  for (const mayLeave of recorded.get(call) ?? []) await mayLeave();
}
