import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { SyncParams } from '#history';
import { OwnRequests } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { ReplayFilterDto, ReplayRequestDto, ReplayResultDto, ReplayStartedDto } from './replay.dto.ts';
import { ReplayPlanner } from './replay.planner.ts';
import { SyncReplayer } from './sync.replayer.ts';

@OwnRequests()
@ApiTags('replay')
@Controller('sync')
export class ReplayController {
  constructor(
    private readonly replayer: SyncReplayer,
    private readonly planner: ReplayPlanner,
  ) {}

  /**
   * Sends the content of a sync again, byte for byte, as a new sync, and answers at once. Content with a newer success is
   * refused by default.
   */
  @Post(':syncId/replay')
  @HttpCode(202)
  @Idempotent()
  async replay(
    @Param() { syncId }: SyncParams,
    @Body() request: ReplayRequestDto,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: { header(name: string, value: string): unknown },
  ): Promise<ReplayStartedDto> {
    const id = await this.replayer.replay(syncId, request, ids);
    reply.header('location', `/api/v1/sync/${id}`);
    return { id, replayOf: syncId };
  }

  /**
   * Sends the newest content of all matching syncs again in the original order; what was one call is one call again.
   * Content with a newer success is left out by default.
   */
  @Post('replay')
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
  async replayAll(
    @Body() { filter, dryRun, includeHealed, ...request }: ReplayFilterDto,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<ReplayResultDto> {
    const known = dryRun ? undefined : await this.replayer.begunUnder(ids);
    // The filter finds more by now: what this very request has begun.
    if (known) return { matched: known.syncIds.length, healed: 0, older: 0, replays: known.syncIds.length, ...known };
    const { replays, ...counts } = await this.planner.plan(filter, { includeHealed });
    this.replayer.assertTargets(replays);
    if (dryRun) reply.status(200);
    const begun = dryRun
      ? { batch: null, syncIds: replays.map(({ sync }) => sync.id) }
      : await this.replayer.replayAll(replays, request, ids);
    return { ...counts, replays: begun.syncIds.length, ...begun };
  }
}
