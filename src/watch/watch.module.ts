import { type DynamicModule, Module } from '@nestjs/common';
import { PullModule } from '#pull';
import type { ConfiguredWatch } from './configured-watches.ts';
import { WatchController } from './watch.controller.ts';
import { WatchQueue } from './watch.queue.ts';
import { CONFIGURED_WATCHES, WatchRunner } from './watch.runner.ts';
import { Watches } from './watches.ts';

/** Recurring pulls. Needs TrackingModule, and the migrations of the service. */
@Module({ imports: [PullModule], controllers: [WatchController], providers: [Watches, WatchQueue, WatchRunner] })
export class WatchModule {
  static forRoot(configured: ConfiguredWatch[]): DynamicModule {
    return { module: WatchModule, providers: [{ provide: CONFIGURED_WATCHES, useValue: configured }] };
  }
}
