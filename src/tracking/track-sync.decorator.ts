import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { RecordedCall, SyncAnswer, SyncCall } from '#platform';
import { SyncInterceptor } from './sync.interceptor.ts';
import { NO_SYNC_RECORD, TRACK_SYNC, type TrackedKind } from './sync-metadata.ts';
import { recordedCall } from './tracked-call.ts';

type TrackedMethod = (call: RecordedCall) => Promise<SyncAnswer>;

/**
 * Records every call of this adapter method as syncs: before it leaves, each attempt, and the outcome. With `removes` they
 * are removals: the method deletes its items. The method gets the call as it stands in the record. A call that was not recorded, because the application has not started yet or has no
 * TrackingModule, is refused.
 */
export const TrackSync =
  ({ direction, removes = false }: TrackedKind) =>
  (target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<TrackedMethod>): void => {
    const method = descriptor.value!;
    const place = `${target.constructor.name}.${String(name)}`;
    descriptor.value = async function (this: unknown, call: SyncCall) {
      return method.call(this, recordedCall(call, place));
    };
    applyDecorators(SetMetadata(TRACK_SYNC, { direction, removes }), UseInterceptors(SyncInterceptor))(
      target,
      name,
      descriptor,
    );
  };

/** Leaves this adapter method unrecorded; the reason is for the reader. */
export const NoSyncRecord = (reason: string): MethodDecorator => SetMetadata(NO_SYNC_RECORD, reason);
