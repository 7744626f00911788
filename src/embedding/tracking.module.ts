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
import { migrate } from '#database';
import { AcceptedDrift, DriftController, DriftRules } from '#drift';
import { EventController, EventFeed, EventStreams } from '#events';
import { ExternalReferences, ExternalSyncController, ExternalSyncService } from '#external';
import {
  SyncComparison,
  SyncController,
  SyncDetails,
  SyncHistoryController,
  SyncHistoryExport,
  SyncHistoryQueries,
} from '#history';
import { TextFiles } from '#http';
import { IdempotencyService } from '#idempotency';
import { recordingMigrations } from '#migrations';
import { Journal } from '#journal';
import { LiveController, LiveProjector, LiveReader, TargetModel } from '#live';
import { ObservedVersions, PulledVersions, PullObservations } from '#observation';
import { PlatformModule } from '#platform';
import { HistoryRebuilder, Projector } from '#projection';
import { Admission, Heartbeat, SyncEvent, SyncReader, SyncRecord, SyncRecorder, SyncWriter } from '#recording';
import { ReplayController, ReplayPlanner, SyncReplayer } from '#replay';
import { Retention } from '#retention';
import { Schedule, ScheduleModule } from '#schedule';
import { Snapshot } from '#snapshot';
import {
  CircuitBreakers,
  OpenOutcomes,
  PendingSyncs,
  PushTurns,
  ReadBack,
  SyncExplorer,
  SyncHistoryService,
  SyncSweeper,
  SyncTracker,
  TargetReader,
} from '#tracking';
import { ContentTypeVersion, VersioningModule } from '#versioning';
import {
  DEFAULT_RETRY_POLICY,
  DEFAULT_TRACKING_OPTIONS,
  type RetryPolicy,
  TRACKING_OPTIONS,
  type TrackingOptions,
} from '../tracking-options.ts';
import { besideSyncTrail } from './own-tables.ts';

/** The entities of recording, for an application that lists its own. */
export const trackingEntities: Constructor[] = [Snapshot, ContentTypeVersion, SyncRecord, SyncEvent];

const CONTROLLERS = [
  DriftController,
  EventController,
  ExternalSyncController,
  LiveController,
  ReplayController,
  SyncController,
  SyncHistoryController,
];

/** Recording for a whole application. Needs a MikroORM connection to PostgreSQL, and nothing else of ours. */
@Global()
@Module({})
export class TrackingModule implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    private readonly orm: MikroORM,
    private readonly em: EntityManager,
    private readonly tracker: SyncTracker,
    private readonly schedule: Schedule,
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
      imports: [DiscoveryModule, PlatformModule, ScheduleModule, VersioningModule],
      controllers: options.http ? CONTROLLERS : [],
      providers: [
        { provide: TRACKING_OPTIONS, useValue: options },
        AcceptedDrift,
        Admission,
        CircuitBreakers,
        DriftRules,
        Heartbeat,
        HistoryRebuilder,
        IdempotencyService,
        Journal,
        Projector,
        ExternalReferences,
        ExternalSyncService,
        EventFeed,
        EventStreams,
        ObservedVersions,
        LiveProjector,
        LiveReader,
        OpenOutcomes,
        PendingSyncs,
        PullObservations,
        PulledVersions,
        PushTurns,
        ReadBack,
        Retention,
        SyncComparison,
        SyncDetails,
        SyncExplorer,
        SyncHistoryExport,
        SyncHistoryQueries,
        SyncHistoryService,
        SyncReader,
        SyncRecorder,
        ReplayPlanner,
        SyncReplayer,
        SyncSweeper,
        SyncTracker,
        SyncWriter,
        TargetModel,
        TargetReader,
        TextFiles,
      ],
      exports: [
        TRACKING_OPTIONS,
        PlatformModule,
        ScheduleModule,
        VersioningModule,
        AcceptedDrift,
        Admission,
        CircuitBreakers,
        EventStreams,
        Heartbeat,
        HistoryRebuilder,
        IdempotencyService,
        Journal,
        LiveProjector,
        LiveReader,
        Projector,
        TargetModel,
        Retention,
        PendingSyncs,
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
    await this.schedule.stop();
  }

  async onModuleInit(): Promise<void> {
    const missing = trackingEntities.filter((entity) => !this.orm.getMetadata().has(entity));
    if (missing.length > 0) this.orm.discoverEntity(missing);
    const schemaTool = this.orm.config.get('schemaGenerator');
    Object.assign(schemaTool, besideSyncTrail(schemaTool));
    if (this.options.migrate) await migrate(this.em, recordingMigrations);
  }
}
