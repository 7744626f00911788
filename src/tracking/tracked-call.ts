import type { RecordedCall, SyncCall, SyncContext, SyncItem } from '#platform';
import { NotTrackedYetError } from './tracking.errors.ts';

/** A call on its way through the interceptors; the tracker gives it the call that stands in the record. */
export class TrackedCall implements SyncCall {
  readonly items: SyncItem[];
  readonly context: SyncContext;
  recorded: RecordedCall | undefined;

  constructor({ items, context }: SyncCall) {
    this.items = items;
    this.context = context;
  }
}

/** The call that stands in the record. Throws {@link NotTrackedYetError} when there is none, whatever way a call came. */
export function recordedCall(call: SyncCall, method: string): RecordedCall {
  if (call instanceof TrackedCall && call.recorded) return call.recorded;
  throw new NotTrackedYetError(method);
}
