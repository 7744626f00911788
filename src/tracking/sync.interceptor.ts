import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { defer, lastValueFrom, type Observable } from 'rxjs';
import { PLATFORM, type SyncAnswer, type SyncCall } from '#platform';
import type { Direction } from '#recording';
import { SyncTracker } from './sync.tracker.ts';
import { TRACK_SYNC } from './track-sync.decorator.ts';

/** Nest's way to the tracker; each attempt runs the rest of the interceptor chain again. */
@Injectable()
export class SyncInterceptor implements NestInterceptor<SyncAnswer, SyncAnswer> {
  constructor(
    private readonly tracker: SyncTracker,
    private readonly reflector: Reflector,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler<SyncAnswer>): Observable<SyncAnswer> {
    const [call] = context.getArgs<[SyncCall]>();
    const route = {
      platform: this.reflector.get<string>(PLATFORM, context.getClass()),
      direction: this.reflector.get<Direction>(TRACK_SYNC, context.getHandler()),
    };
    return defer(() => this.tracker.track(route, call, () => lastValueFrom(next.handle())));
  }
}
