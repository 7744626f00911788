import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { defer, lastValueFrom, type Observable } from 'rxjs';
import { PLATFORM, type RecordedCall, type SyncAnswer } from '#platform';
import { SyncTracker } from './sync.tracker.ts';
import { TRACK_SYNC, type TrackedKind } from './sync-metadata.ts';
import type { TrackedCall } from './tracked-call.ts';

/** Nest's way to the tracker; each attempt runs the rest of the interceptor chain again. */
@Injectable()
export class SyncInterceptor implements NestInterceptor<SyncAnswer, SyncAnswer> {
  constructor(
    private readonly tracker: SyncTracker,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<SyncAnswer>): Observable<SyncAnswer> {
    const [call] = context.getArgs<[TrackedCall]>();
    const { direction, removes = false } = this.reflector.get<TrackedKind>(TRACK_SYNC, context.getHandler());
    const route = { platform: this.reflector.get<string>(PLATFORM, context.getClass()), direction, removes };
    const attempt = (recorded: RecordedCall) => {
      call.recorded = recorded;
      return lastValueFrom(next.handle());
    };
    return defer(() => this.tracker.track(route, call, attempt));
  }
}
