import type { RecordedCall, SyncCall } from '#platform';

/** The same as `call.permit()`, for adapters that are written for a plain call: asked right before bytes leave. */
export async function assertMayLeave(call: SyncCall): Promise<void> {
  await (call as RecordedCall).permit();
}
