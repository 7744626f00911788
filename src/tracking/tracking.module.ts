import { type Constructor, EntityManager, MikroORM } from '@mikro-orm/core';
import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { recordingMigrations } from '#migrations';
import { migrate } from '#database';
import { TextFiles } from '#http';
import { PlatformModule } from '#platform';
import { Snapshot } from '#snapshot';
import { ContentTypeVersion, VersioningModule } from '#versioning';
import { Admission } from './admission.ts';
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from './backoff.ts';
import { CircuitBreakers } from './circuit-breakers.ts';
import { EventController } from './event.controller.ts';
import { EventFeed } from './event.feed.ts';
import { EventSequencer } from './event.sequencer.ts';
import { EventStreams } from './event.streams.ts';
import { LiveVersions } from './live-versions.ts';
import { ReplayController } from './replay.controller.ts';
import { Retention } from './retention.ts';
import { SyncDetails } from './sync.details.ts';
import { SyncHistoryController } from './sync-history.controller.ts';
import { SyncHistoryExport } from './sync-history.export.ts';
import { SyncHistoryQueries } from './sync-history.queries.ts';
import { SyncReplayer } from './sync.replayer.ts';
import { Heartbeat } from './heartbeat.ts';
import { IdempotencyService } from './idempotency.service.ts';
import { OutsideController } from './outside.controller.ts';
import { OutsideService } from './outside.service.ts';
import { besideSyncTrail } from './own-tables.ts';
import { PulledVersions } from './pulled-versions.ts';
import { SyncComparison } from './sync.comparison.ts';
import { SyncController } from './sync.controller.ts';
import { SyncEvent } from './sync-event.entity.ts';
import { SyncExplorer } from './sync.explorer.ts';
import { SyncHistoryService } from './sync-history.service.ts';
import { SyncRecord } from './sync-record.entity.ts';
import { SyncReader } from './sync.reader.ts';
import { SyncWriter } from './sync.writer.ts';
import { SyncRecorder } from './sync.recorder.ts';
import { SyncSweeper } from './sync.sweeper.ts';
import { SyncTracker } from './sync.tracker.ts';
import { DEFAULT_TRACKING_OPTIONS, TRACKING_OPTIONS, type TrackingOptions } from './tracking.options.ts';

/** The entities of recording, for an application that lists its own. */
export const trackingEntities: Constructor[] = [Snapshot, ContentTypeVersion, SyncRecord, SyncEvent];

const CONTROLLERS = [EventController, OutsideController, ReplayController, SyncController, SyncHistoryController];

/** Recording for a whole application. Needs a MikroORM connection to PostgreSQL, and nothing else of ours. */
@Global()
@Module({})
export class TrackingModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    private readonly orm: MikroORM,
    private readonly em: EntityManager,
    private readonly tracker: SyncTracker,
    private readonly sweeper: SyncSweeper,
    private readonly sequencer: EventSequencer,
    private readonly heartbeat: Heartbeat,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  static forRoot(
    given: Partial<Omit<TrackingOptions, 'retry'>> & { retry?: Partial<RetryPolicy> } = {},
  ): DynamicModule {
    const options: TrackingOptions = {
      ...DEFAULT_TRACKING_OPTIONS,
      ...given,
      retry: { ...DEFAULT_RETRY_POLICY, ...given.retry },
    };
    return {
      module: TrackingModule,
      imports: [DiscoveryModule, PlatformModule, VersioningModule],
      controllers: options.http ? CONTROLLERS : [],
      providers: [
        { provide: TRACKING_OPTIONS, useValue: options },
        Admission,
        CircuitBreakers,
        EventSequencer,
        Heartbeat,
        IdempotencyService,
        OutsideService,
        EventFeed,
        EventStreams,
        LiveVersions,
        PulledVersions,
        Retention,
        SyncComparison,
        SyncDetails,
        SyncExplorer,
        SyncHistoryExport,
        SyncHistoryQueries,
        SyncHistoryService,
        SyncReader,
        SyncRecorder,
        SyncReplayer,
        SyncSweeper,
        SyncTracker,
        SyncWriter,
        TextFiles,
      ],
      exports: [
        PlatformModule,
        VersioningModule,
        Admission,
        CircuitBreakers,
        EventStreams,
        Heartbeat,
        IdempotencyService,
        Retention,
        SyncHistoryExport,
        SyncHistoryQueries,
        SyncHistoryService,
        SyncReader,
        SyncRecorder,
        SyncSweeper,
        SyncTracker,
        SyncWriter,
      ],
    };
  }

  /** While the database is still there: calls end, what died before is settled, events get their places, and we sign off. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.tracker.drained();
    await this.sweeper.stop();
    await this.sequencer.stop();
    await this.heartbeat.stop();
  }

  async onModuleInit(): Promise<void> {
    const missing = trackingEntities.filter((entity) => !this.orm.getMetadata().has(entity));
    if (missing.length > 0) this.orm.discoverEntity(missing);
    const schemaTool = this.orm.config.get('schemaGenerator');
    Object.assign(schemaTool, besideSyncTrail(schemaTool));
    if (this.options.migrate) await migrate(this.em, recordingMigrations);
  }
}
