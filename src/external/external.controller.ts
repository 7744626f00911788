import { Body, Controller, Param, Patch, Post, Res } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { assertAllowedAt, isBoundToTargets, NeedsAtTarget, recordedCaller } from '#access';
import { OwnRequests, type Reply } from '#http';
import { SyncParams } from '#history';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import type { Json, JsonObject } from '#json';
import { Refuses } from '#problems';
import type { SyncResult, SyncState } from '#recording';
import { BodyLimit, SNAPSHOT_BODY, SNAPSHOTS_BODY } from '#request-body';
import { readLink, readOutcome, readSync, readSyncs } from './external.body.ts';
import {
  ExternalSyncDto,
  RecordedSyncDto,
  RecordedSyncsDto,
  RecordSyncDto,
  RecordSyncsDto,
  SyncErrorDto,
  SyncExtensionDto,
  SyncResultDto,
  VersionLinkDto,
} from './external.dto.ts';
import { ExternalSyncService, type ExternalSync } from './external.service.ts';
import { SyncNotFoundError, SyncReader } from '#recording';

/** The record replaces half a character in a text of another system. */
const MENDED = { loneSurrogates: true };
const LOCATION = { Location: { description: 'Address of the recorded sync.', schema: { type: 'string' } } } as const;
const OUTCOME = {
  oneOf: [{ $ref: getSchemaPath(SyncResultDto) }, { $ref: getSchemaPath(SyncExtensionDto) }],
  example: { status: 'SUCCESS', statusCode: 200, durationMs: 840 },
};

/** For teams whose adapter is not ours: they run their syncs, and keep the record here. */
@ApiTags('history')
@ApiExtraModels(SyncResultDto, SyncExtensionDto, SyncErrorDto)
@OwnRequests()
@NeedsAtTarget('sync:write')
@Controller('sync')
export class ExternalSyncController {
  constructor(
    private readonly syncs: ExternalSyncService,
    private readonly reader: SyncReader,
  ) {}

  /** Records an external sync: a sync that another system runs. It may be running, or have ended. */
  @Post()
  @BodyLimit({ ...SNAPSHOTS_BODY, ...MENDED })
  @Idempotent()
  @ApiBody({ type: RecordSyncDto })
  @ApiResponse({ status: 201, type: RecordedSyncDto, headers: LOCATION, description: 'The sync is recorded.' })
  @Refuses(
    ['NOT_JSON', 'INVALID_DURATION', 'INVALID_NAME', 'INVALID_TIME', 'UNKNOWN_DEPLOYMENT', 'VERSION_NOT_FOUND'],
    ['DEPLOYMENT_OWNED', 'SNAPSHOT_TOO_LARGE', 'RECORDING_UNAVAILABLE'],
  )
  async recordSync(
    @Body() body: object,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<RecordedSyncDto> {
    const request = readSync(body);
    assertAllowedAt(request);
    const [recorded] = await this.syncs.record([newSync(request, ids, 0)]);
    const { id, callId, kind, typeKey, versionHash } = recorded!;
    reply.header('location', `/api/v1/sync/${id}`);
    return { id, callId, kind, typeKey, versionHash, status: request.result?.status ?? 'IN_PROGRESS' };
  }

  /** Records up to 1,000 external syncs of one call, all or none. */
  @Post('batch')
  @BodyLimit({ ...SNAPSHOTS_BODY, ...MENDED })
  @Idempotent()
  @ApiBody({ type: RecordSyncsDto })
  @ApiResponse({ status: 201, type: RecordedSyncsDto, description: 'All syncs are recorded.' })
  @Refuses(
    ['NOT_JSON', 'INVALID_DURATION', 'INVALID_NAME', 'INVALID_TIME', 'UNKNOWN_DEPLOYMENT', 'VERSION_NOT_FOUND'],
    ['DEPLOYMENT_OWNED', 'SNAPSHOT_TOO_LARGE', 'RECORDING_UNAVAILABLE'],
  )
  async recordSyncs(@Body() body: object, @Ids() ids: RequestIds): Promise<RecordedSyncsDto> {
    const { syncs, callId: given } = readSyncs(body);
    for (const sync of syncs) assertAllowedAt(sync);
    const callId = given?.toLowerCase() ?? ids.ofSync(0).callId;
    const recorded = await this.syncs.record(syncs.map((sync, index) => newSync(sync, ids, index, callId)));
    return { ids: recorded.map(({ id }) => id), callId };
  }

  /** Records the result of an external sync, or extends its time to run. A final status does not change. */
  @Patch(':syncId/status')
  @BodyLimit({ ...SNAPSHOT_BODY, ...MENDED })
  @Idempotent()
  @ApiBody({ schema: OUTCOME })
  @Refuses(
    ['NOT_JSON', 'INVALID_DURATION', 'INVALID_NAME', 'INVALID_TIME', 'SYNC_NOT_FOUND', 'VERSION_NOT_FOUND'],
    ['REMOVAL_HAS_NO_VERSION', 'SYNC_OWNED', 'SYNC_SETTLED', 'SNAPSHOT_TOO_LARGE'],
  )
  async updateSyncStatus(
    @Param() { syncId }: SyncParams,
    @Body() body: object,
    @Ids() ids: RequestIds,
  ): Promise<ExternalSyncDto> {
    const outcome = readOutcome(body);
    await this.assertVisible(syncId);
    const eventId = ids.at(0);
    return externalSyncDto(
      outcome.status === 'IN_PROGRESS'
        ? await this.syncs.extend(syncId, outcome.expiresInMs)
        : await this.syncs.settle(syncId, resultOf(outcome), eventId),
    );
  }

  /** Links an external sync to the version that it carried, also after the sync has ended. */
  @Patch(':syncId/version')
  @Idempotent()
  @ApiBody({ type: VersionLinkDto })
  @Refuses('SYNC_NOT_FOUND', 'VERSION_NOT_FOUND', 'REMOVAL_HAS_NO_VERSION', 'SYNC_OWNED', 'SYNC_SETTLED')
  async linkSyncToVersion(
    @Param() { syncId }: SyncParams,
    @Body() body: object,
    @Ids() ids: RequestIds,
  ): Promise<ExternalSyncDto> {
    const { versionHash } = readLink(body);
    await this.assertVisible(syncId);
    return externalSyncDto(await this.syncs.link(syncId, versionHash, ids.at(0)));
  }

  /** Throws `SyncNotFoundError`, also for a sync that the caller may not see. */
  private async assertVisible(syncId: string): Promise<void> {
    if (!isBoundToTargets()) return;
    const { targetPlatform: platform, environment } = await this.reader.get(syncId);
    assertAllowedAt({ platform, environment }, { hidden: new SyncNotFoundError(syncId) });
  }
}

/** `null` says that there is none. */
function newSync(request: RecordSyncDto, ids: RequestIds, index: number, callId?: string): ExternalSync {
  const startedAt = request.startedAt ?? undefined;
  const own = ids.ofSync(index, startedAt);
  const { platform, environment, direction, kind, typeKey, actor, force, expiresInMs, result } = request;
  return {
    ...own,
    callId: request.callId?.toLowerCase() ?? callId ?? own.callId,
    startedAt,
    ...{ platform, direction, kind, typeKey, expiresInMs },
    removal: request.removal || undefined,
    data: request.data as Json | undefined,
    versionHash: request.versionHash ?? undefined,
    result: result ? resultOf(result) : undefined,
    context: {
      ...{ actor, environment, force },
      caller: { ...recordedCaller(), onBehalfOf: request.onBehalfOf ?? undefined },
      trigger: request.trigger,
      reason: request.reason ?? undefined,
      deploymentId: request.deploymentId ?? undefined,
      metadata: (request.metadata as JsonObject | null) ?? undefined,
    },
  };
}

function resultOf(result: SyncResultDto): SyncResult {
  return {
    status: result.status,
    error: result.error ?? undefined,
    statusCode: result.statusCode ?? undefined,
    requestId: result.requestId ?? undefined,
    response: result.response as Json | undefined,
    versionHash: result.versionHash ?? undefined,
    retryCount: result.retryCount ?? undefined,
    durationMs: result.durationMs ?? undefined,
    completedAt: result.completedAt ?? undefined,
    metadata: (result.metadata as JsonObject | null) ?? undefined,
  };
}

function externalSyncDto({ id, syncStatus, versionHash, expiresAt, completedAt }: SyncState): ExternalSyncDto {
  return {
    id,
    status: syncStatus,
    versionHash: versionHash ?? null,
    expiresAt: expiresAt!,
    completedAt: completedAt ?? null,
  };
}
