import { ScheduleModule } from '@nestjs/schedule';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { Test, type TestingModule } from '@nestjs/testing';
import { v7 as uuidv7 } from 'uuid';
import { ormOptions } from '#database';
import { SyncReader, TrackingModule } from '#embedding';
import type { ItemRef, PlatformAdapter, RecordedItem, SyncAnswer, SyncContext, SyncItem } from '#platform';
import { SnapshotService } from '#snapshot';
import { TargetReader } from '#tracking';
import { VersioningModule } from '#versioning';
import { type HostilePlatform, startHostilePlatform } from '../support/hostile-platform.ts';
import { connectSql, type Sql } from '../support/sql.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import type { OurItem, PlatformHarness } from './platform-harness.ts';

/** A sync as it stands in the database. */
export interface RecordedRow extends ItemRef {
  id: string;
  removal: boolean | null;
  status: string;
  outcome: string | null;
  code: string | null;
  message: string | null;
  statusCode: number | null;
  retryCount: number;
  pushedDigest: string | null;
  versionHash: string | null;
  targetAddress: string | null;
  targetAccount: string | null;
  /** The platform does not have the item. */
  absent: boolean;
}

/** What came of one call: it answered or threw, and left rows. */
export interface Made {
  answer?: SyncAnswer;
  error?: unknown;
  rows: RecordedRow[];
}

const ROWS = `
  select id, kind, type_key as "typeKey", removal, sync_status as status, outcome, error_code as code, error_message as message,
    status_code as "statusCode", retry_count as "retryCount", pushed_digest as "pushedDigest", version_hash as "versionHash",
    target_address as "targetAddress", target_account as "targetAccount",
    coalesce(sync_metadata->>'absent' = 'true', false) as absent
  from sync_history where call_id = $1 order by id`;

const unread = () => Promise.resolve(undefined);

export const MAX_ATTEMPTS = 2;
export const MAX_DELAY_MS = 60;

/** An application that has installed the adapter, the platform that it speaks to, and the database of its record. */
export class ConformanceApp {
  private constructor(
    readonly harness: PlatformHarness,
    readonly platform: HostilePlatform,
    readonly database: TestDatabase,
    readonly sql: Sql,
    private readonly app: TestingModule,
  ) {}

  static async start(harness: PlatformHarness): Promise<ConformanceApp> {
    const database = await createTestDatabase();
    const platform = await startHostilePlatform();
    const { imports = [], providers = [] } = harness.install(platform.url);
    const app = await Test.createTestingModule({
      imports: [
        ScheduleModule.forRoot(),
        MikroOrmModule.forRoot({ driver: PostgreSqlDriver, ...ormOptions(database.url) }),
        TrackingModule.forRoot({
          readBackMs: 0,
          retry: { maxAttempts: MAX_ATTEMPTS, initialDelayMs: 1, maxDelayMs: MAX_DELAY_MS },
          circuit: { failures: 1_000_000, resetMs: 1 },
        }),
        VersioningModule,
        ...imports,
      ],
      providers,
    })
      // Reads of the service itself would be counted among the requests of the calls.
      .overrideProvider(TargetReader)
      .useValue({ read: unread, readInTime: unread })
      .compile();
    await app.init();
    return new ConformanceApp(harness, platform, database, await connectSql(database.url), app);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.sql.close();
    await this.platform.close();
    await this.database.drop();
  }

  get adapter(): PlatformAdapter {
    return this.app.get(this.harness.adapter);
  }

  get snapshots(): SnapshotService {
    return this.app.get(SnapshotService, { strict: false });
  }

  get syncs(): SyncReader {
    return this.app.get(SyncReader, { strict: false });
  }

  push(items: OurItem[], context: Partial<SyncContext> = {}): Promise<Made> {
    const sent = items.map(({ kind, typeKey, definition }) => ({ kind, typeKey, data: definition }));
    return this.made('push', sent, context);
  }

  pull(items: ItemRef[], context: Partial<SyncContext> = {}): Promise<Made> {
    return this.made(
      'pull',
      items.map(({ kind, typeKey }) => ({ kind, typeKey })),
      context,
    );
  }

  remove(items: ItemRef[], context: Partial<SyncContext> = {}): Promise<Made> {
    return this.made(
      'remove',
      items.map(({ kind, typeKey }) => ({ kind, typeKey })),
      context,
    );
  }

  /** How many requests brought definitions: those of read-backs bring none. */
  get pushed(): number {
    return this.platform.received.filter(({ body }) => body !== '').length;
  }

  contextOf(context: Partial<SyncContext> = {}): SyncContext {
    return { environment: this.harness.environment, actor: 'conformance', trigger: 'API', ...context };
  }

  /** The item as it would stand in the record. */
  recorded({ kind, typeKey, definition }: OurItem): RecordedItem {
    return { kind, typeKey, data: definition, payload: this.adapter.toPlatform(definition, kind) };
  }

  private async made(
    method: 'push' | 'pull' | 'remove',
    items: SyncItem[],
    context: Partial<SyncContext>,
  ): Promise<Made> {
    const callId = uuidv7();
    this.platform.received.length = 0;
    const outcome = await this.adapter[method]!({ items, context: { ...this.contextOf(context), callId } }).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    return { ...outcome, rows: await this.sql<RecordedRow & Record<string, unknown>>(ROWS, [callId]) };
  }
}
