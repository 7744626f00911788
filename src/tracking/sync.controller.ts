import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { SnapshotService } from '#snapshot';
import {
  HistoryQuery,
  type SnapshotDto,
  SyncDetailDto,
  SyncDiffDto,
  SyncDiffQuery,
  SyncDto,
  SyncEventDto,
  SyncPageDto,
  SyncParams,
  SyncSnapshotDto,
  SyncStatusDto,
  TypeHistoryQuery,
  TypeKeyParams,
} from './sync.dto.ts';
import { SyncComparison } from './sync.comparison.ts';
import type { SyncEvent } from './sync-event.entity.ts';
import { SyncHistoryService } from './sync-history.service.ts';
import type { SyncRecord } from './sync-record.entity.ts';

@ApiTags('history')
@Controller('sync')
export class SyncController {
  constructor(
    private readonly history: SyncHistoryService,
    private readonly snapshots: SnapshotService,
    private readonly comparison: SyncComparison,
  ) {}

  /** Lists syncs under a filter, newest first. */
  @Get('history')
  async list(@Query() { limit, cursor, ...filter }: HistoryQuery): Promise<SyncPageDto> {
    const { items, next } = await this.history.getSyncHistory(filter, limit, cursor);
    return { items: items.map(syncDto), next, prev: null };
  }

  /** Shows a sync with its timeline. */
  @Get(':syncId')
  async get(@Param() { syncId }: SyncParams): Promise<SyncDetailDto> {
    const sync = await this.history.getSync(syncId);
    return { ...syncDto(sync), events: (await this.history.getEvents(syncId)).map(eventDto) };
  }

  /** Shows the status of a sync: small, for polling every 2 s. */
  @Get(':syncId/status')
  async status(@Param() { syncId }: SyncParams): Promise<SyncStatusDto> {
    const sync = await this.history.getSync(syncId);
    const waiting = sync.syncStatus === 'IN_PROGRESS' && sync.retryCount > 0;
    const last = waiting
      ? (await this.history.getEvents(syncId)).findLast(({ type }) => type === 'attempt.failed')
      : null;
    const waitMs = last?.data.waitMs;
    return {
      id: sync.id,
      status: sync.syncStatus,
      attempt: sync.retryCount + 1,
      nextAttemptAt: last && typeof waitMs === 'number' ? new Date(last.createdAt.getTime() + waitMs) : null,
      errorCode: sync.errorCode ?? null,
      completedAt: sync.completedAt ?? null,
    };
  }

  /** Lists the timeline of a sync, oldest first. */
  @Get(':syncId/events')
  async events(@Param() { syncId }: SyncParams): Promise<SyncEventDto[]> {
    await this.history.getSync(syncId);
    return (await this.history.getEvents(syncId)).map(eventDto);
  }

  /** Shows what exactly was sent, and what came back. */
  @Get(':syncId/snapshot')
  async snapshot(@Param() { syncId }: SyncParams): Promise<SyncSnapshotDto> {
    const { pushedDigest, responseDigest } = await this.history.getSync(syncId);
    const digests = [pushedDigest, responseDigest].filter((digest) => typeof digest === 'string');
    const contents = await this.snapshots.readMany(digests);
    const shown = (digest?: string | null): SnapshotDto | null =>
      digest ? { digest, content: contents.get(digest)! } : null;
    return { sent: shown(pushedDigest), received: shown(responseDigest) };
  }

  /** Shows how the content of a sync differs from that of the sync before, of another sync, or from a version. */
  @Get(':syncId/diff')
  async diff(@Param() { syncId }: SyncParams, @Query() { against }: SyncDiffQuery): Promise<SyncDiffDto> {
    return { syncId, ...(await this.comparison.compare(await this.history.getSync(syncId), against)) };
  }

  /** Lists the syncs of one content type across platforms, newest first. */
  @Get(':typeKey/history')
  ofType(@Param() { typeKey }: TypeKeyParams, @Query() query: TypeHistoryQuery): Promise<SyncPageDto> {
    return this.list({ ...query, typeKey });
  }
}

function syncDto(sync: SyncRecord): SyncDto {
  return {
    id: sync.id,
    callId: sync.callId,
    kind: sync.kind,
    typeKey: sync.typeKey,
    versionHash: sync.versionHash ?? null,
    platform: sync.targetPlatform,
    environment: sync.environment,
    direction: sync.syncDirection,
    status: sync.syncStatus,
    pushedDigest: sync.pushedDigest ?? null,
    responseDigest: sync.responseDigest ?? null,
    statusCode: sync.statusCode ?? null,
    requestId: sync.requestId ?? null,
    errorCode: sync.errorCode ?? null,
    errorMessage: sync.errorMessage ?? null,
    retryCount: sync.retryCount,
    metadata: sync.syncMetadata ?? null,
    deploymentId: sync.deploymentId ?? null,
    replayOf: sync.replayOf ?? null,
    actor: sync.actor,
    trigger: sync.trigger,
    reason: sync.reason ?? null,
    forced: sync.forced,
    startedAt: sync.startedAt,
    completedAt: sync.completedAt ?? null,
    durationMs: sync.durationMs ?? null,
  };
}

function eventDto({ id, type, data, createdAt }: SyncEvent): SyncEventDto {
  return { id, type, data, createdAt };
}
