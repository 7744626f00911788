import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { assertAllowedAt, NeedsAtTarget } from '#access';
import { SyncParams } from '#history';
import { OwnRequests } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { Refuses } from '#problems';
import { ReplayFilterDto, ReplayRequestDto, ReplayResultDto, ReplayStartedDto } from './replay.dto.ts';
import { ReplayPlanner } from './replay.planner.ts';
import { SyncReplayer } from './sync.replayer.ts';
import { SyncNotFoundError, SyncReader, type SyncRecord } from '#recording';
import { type Target } from '#platform';

@OwnRequests()
@ApiTags('replay')
@NeedsAtTarget('read')
@Controller('sync')
export class ReplayController {
  constructor(
    private readonly replayer: SyncReplayer,
    private readonly planner: ReplayPlanner,
    private readonly syncs: SyncReader,
  ) {}

  /**
   * Sends the content of a sync again, byte for byte, as a new sync, and answers at once. Content with a newer success is
   * refused by default.
   */
  @Post(':syncId/replay')
  @NeedsAtTarget('replay')
  @HttpCode(202)
  @Idempotent()
  @Refuses(
    ['SNAPSHOT_NOT_FOUND', 'SYNC_NOT_FOUND', 'UNKNOWN_ENVIRONMENT', 'UNKNOWN_PLATFORM', 'VERSION_NOT_FOUND'],
    [
      'APPROVAL_REQUIRED',
      'CONTENT_REDACTED',
      'NOT_REPLAYABLE',
      'SUPERSEDED_BY_NEWER',
      'TARGET_FROZEN',
      'SNAPSHOT_TOO_LARGE',
    ],
    ['NOT_SENT', 'RECORDING_UNAVAILABLE'],
  )
  async replaySync(
    @Param() { syncId }: SyncParams,
    @Body() request: ReplayRequestDto,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: { header(name: string, value: string): unknown },
  ): Promise<ReplayStartedDto> {
    await this.assertAllowed(syncId, request.force);
    const id = await this.replayer.replay(syncId, request, ids);
    reply.header('location', `/api/v1/sync/${id}`);
    return { id, replayOf: syncId };
  }

  /**
   * Sends the newest content of all matching syncs again in the original order; what was one call is one call again.
   * Content with a newer success is left out by default.
   */
  @Post('replay')
  @NeedsAtTarget('replay')
  @HttpCode(202)
  @Idempotent()
  @ApiResponse({
    status: 202,
    type: ReplayResultDto,
    description: 'The replay has started and runs in the background.',
  })
  @ApiResponse({
    status: 200,
    type: ReplayResultDto,
    description: 'The syncs to send again, for a request with `dryRun`.',
  })
  @Refuses(
    ['INVALID_FILTER', 'TOO_MANY_REPLAYS', 'UNKNOWN_TIME_ZONE', 'UNKNOWN_ENVIRONMENT', 'UNKNOWN_PLATFORM'],
    [
      'APPROVAL_REQUIRED',
      'CONTENT_REDACTED',
      'TARGET_FROZEN',
      'SNAPSHOT_TOO_LARGE',
      'NOT_SENT',
      'RECORDING_UNAVAILABLE',
    ],
  )
  async replaySyncs(
    @Body() { filter, dryRun, includeHealed, ...request }: ReplayFilterDto,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<ReplayResultDto> {
    const known = dryRun ? undefined : await this.replayer.begunUnder(ids);
    // The filter finds more by now: what this very request has begun.
    if (known) return { matched: known.syncIds.length, healed: 0, older: 0, replays: known.syncIds.length, ...known };
    const { replays, ...counts } = await this.planner.plan(filter, { includeHealed });
    this.replayer.assertTargets(replays);
    if (request.force) for (const { sync } of replays) assertAllowedAt(targetOf(sync), { scope: 'force' });
    if (dryRun) reply.status(200);
    const begun = dryRun
      ? { batch: null, syncIds: replays.map(({ sync }) => sync.id) }
      : await this.replayer.replayAll(replays, request, ids);
    return { ...counts, replays: begun.syncIds.length, ...begun };
  }

  /** Throws `SyncNotFoundError`, also for a sync that the caller may not send. */
  private async assertAllowed(syncId: string, force: boolean | undefined): Promise<void> {
    const target = targetOf(await this.syncs.get(syncId));
    assertAllowedAt(target, { hidden: new SyncNotFoundError(syncId) });
    if (force) assertAllowedAt(target, { scope: 'force' });
  }
}

function targetOf({ targetPlatform: platform, environment }: SyncRecord): Target {
  return { platform, environment };
}
