import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { SyncAnswer, SyncCall } from '#platform';
import type { Direction } from '#recording';
import { assertRecorded } from './recorded-calls.ts';
import { SyncInterceptor } from './sync.interceptor.ts';

type TrackedMethod = (call: SyncCall) => Promise<SyncAnswer>;

/** Metadata of a method that is recorded: its direction. */
export const TRACK_SYNC = Symbol('track-sync');
/** Metadata of a method that is not recorded: why. */
export const NO_SYNC_RECORD = Symbol('no-sync-record');

/**
 * Records every call of this adapter method as syncs: before it leaves, each attempt, and what came of it. A call that
 * was not recorded, because the application has not started yet or knows no TrackingModule, is refused.
 */
export const TrackSync =
  ({ direction }: { direction: Direction }) =>
  (target: object, name: string | symbol, descriptor: TypedPropertyDescriptor<TrackedMethod>): void => {
    const method = descriptor.value!;
    const place = `${target.constructor.name}.${String(name)}`;
    descriptor.value = async function (this: unknown, call) {
      assertRecorded(call, place);
      return method.call(this, call);
    };
    applyDecorators(SetMetadata(TRACK_SYNC, direction), UseInterceptors(SyncInterceptor))(target, name, descriptor);
  };

/** Leaves this adapter method unrecorded; the reason is for the reader. */
export const NoSyncRecord = (reason: string): MethodDecorator => SetMetadata(NO_SYNC_RECORD, reason);
