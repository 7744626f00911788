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
import { ACCESS_OPTIONS, AccessGuard, type AccessOptions, type FindPrincipal, Routes } from '#access';
import { AccessLog, AccessLogController, AccessLogReader, Denials, LoggedRouteCheck, OLD_EVENTS } from '#access-log';
import { migrate } from '#database';
import { AcceptedDrift, DriftController, DriftRules } from '#drift';
import { RowExports } from '#export';
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
import { LiveController, LiveProjector, LiveReader, TargetExport, TargetModel } from '#live';
import { ObservedVersions, PulledVersions, PullObservations } from '#observation';
import { PlatformModule } from '#platform';
import { PROBLEM_OBSERVER } from '#problems';
import { RedactionModule } from '#redaction';
import { HistoryRebuilder, Projector } from '#projection';
import { Admission, Heartbeat, SyncEvent, SyncReader, SyncRecord, SyncRecorder, SyncWriter } from '#recording';
import { ReplayController, ReplayPlanner, SyncReplayer } from '#replay';
import { Retention } from '#retention';
import { Schedule, ScheduleModule } from '#schedule';
import { Snapshot, SnapshotPacker } from '#snapshot';
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
  REDACTION_OPTIONS,
  type RetryPolicy,
  TRACKING_OPTIONS,
  type TrackingOptions,
} from '../tracking-options.ts';
import { besideSyncTrail } from './own-tables.ts';

/** The entities of recording, for an application that lists its own. */
export const trackingEntities: Constructor[] = [Snapshot, ContentTypeVersion, SyncRecord, SyncEvent];

const CONTROLLERS = [
  AccessLogController,
  DriftController,
  EventController,
  ExternalSyncController,
  LiveController,
  ReplayController,
  SyncController,
  SyncHistoryController,
];

/** What the application of others says; everything has a default. */
interface GivenOptions extends Partial<Omit<TrackingOptions, 'retry'>> {
  retry?: Partial<RetryPolicy>;
  /**
   * Finds who makes a request to these routes, such as the user that a guard of the application has found. Scopes are then
   * asked, and the principal is the actor. Without it, the application alone decides who may call them.
   */
  principal?: FindPrincipal;
}

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
    retention: Retention,
  ) {
    retention.add('accessEvents', OLD_EVENTS);
  }

  static forRoot({ principal, ...given }: GivenOptions = {}): DynamicModule {
    const options: TrackingOptions = {
      ...DEFAULT_TRACKING_OPTIONS,
      ...given,
      retry: { ...DEFAULT_RETRY_POLICY, ...given.retry },
    };
    return {
      module: TrackingModule,
      imports: [DiscoveryModule, PlatformModule, RedactionModule, ScheduleModule, VersioningModule],
      controllers: options.http ? CONTROLLERS : [],
      providers: [
        { provide: TRACKING_OPTIONS, useValue: options },
        { provide: ACCESS_OPTIONS, useValue: { findPrincipal: principal } satisfies AccessOptions },
        AccessGuard,
        { provide: REDACTION_OPTIONS, useValue: options.redaction },
        { provide: PROBLEM_OBSERVER, useExisting: Denials },
        AccessLog,
        AccessLogReader,
        AcceptedDrift,
        Admission,
        CircuitBreakers,
        Denials,
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
        LoggedRouteCheck,
        OpenOutcomes,
        PendingSyncs,
        PullObservations,
        PulledVersions,
        PushTurns,
        ReadBack,
        Retention,
        Routes,
        RowExports,
        SnapshotPacker,
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
        TargetExport,
        TargetModel,
        TargetReader,
        TextFiles,
      ],
      exports: [
        TRACKING_OPTIONS,
        ACCESS_OPTIONS,
        AccessGuard,
        REDACTION_OPTIONS,
        PlatformModule,
        RedactionModule,
        ScheduleModule,
        VersioningModule,
        PROBLEM_OBSERVER,
        AccessLog,
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
        TargetReader,
        Retention,
        Routes,
        RowExports,
        SnapshotPacker,
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
