import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { asFarAsAllowedAtOne, assertAllowedAt, NeedsAtTarget } from '#access';
import { BY_ID, pageOf } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { PlatformRegistry } from '#platform';
import { Refuses } from '#problems';
import {
  WatchDto,
  WatchEndDto,
  WatchesQuery,
  WatchPageDto,
  WatchParams,
  WatchRequestDto,
  WatchRunDto,
} from './watch.dto.ts';
import { type Watch, Watches } from './watches.ts';
import { WatchNotFoundError } from './watch.errors.ts';

@ApiTags('watches')
@NeedsAtTarget('read')
@Controller('watches')
export class WatchController {
  constructor(
    private readonly watches: Watches,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Creates a watch: a pull of everything that a target has, again and again. What differs becomes drift. */
  @Post()
  @NeedsAtTarget('deploy')
  @Idempotent()
  @Refuses(
    ['INVALID_CRON', 'PLATFORM_REQUIRED', 'UNKNOWN_TIME_ZONE', 'UNKNOWN_ENVIRONMENT', 'UNKNOWN_PLATFORM'],
    ['TOO_MANY_WATCHES'],
  )
  async createWatch(@Body() { platform, ...request }: WatchRequestDto, @Ids() ids: RequestIds): Promise<WatchDto> {
    const target = { platform: this.platforms.meantToWrite(platform), environment: request.environment };
    assertAllowedAt(target);
    this.platforms.at(target);
    return watchDto(await this.watches.add(ids.at(0), { ...request, ...target }));
  }

  /** Lists the watches of a platform, newest first, with those that have ended. */
  @Get()
  @Refuses('PLATFORM_REQUIRED')
  async listWatches(@Query() { limit, cursor, ...query }: WatchesQuery): Promise<WatchPageDto> {
    const asked = asFarAsAllowedAtOne({ ...query, platform: this.platforms.meant(query.platform) });
    const page = await pageOf<Watch>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.watches.list(asked, count, start) },
    );
    return { ...page, items: page.items.map(watchDto) };
  }

  /** Shows one watch with its last pull. */
  @Get(':id')
  @Refuses('WATCH_NOT_FOUND')
  async getWatch(@Param() { id }: WatchParams): Promise<WatchDto> {
    return watchDto(await this.visible(id));
  }

  /** Ends a watch. It stays in the list. A pull that runs is not stopped. */
  @Post(':id/end')
  @NeedsAtTarget('deploy')
  @HttpCode(200)
  @Refuses('WATCH_NOT_FOUND', 'WATCH_CONFIGURED', 'WATCH_ENDED')
  async endWatch(@Param() { id }: WatchParams, @Body() request: WatchEndDto): Promise<WatchDto> {
    await this.visible(id);
    return watchDto(await this.watches.end(id, request));
  }

  private async visible(id: string): Promise<Watch> {
    const watch = await this.watches.get(id);
    assertAllowedAt(watch, { hidden: new WatchNotFoundError(id) });
    return watch;
  }
}

function watchDto(watch: Watch): WatchDto {
  const { id, platform, environment, cron, timeZone, source, reason, actor, createdAt } = watch;
  const { endedAt, endedBy, endReason, nextAt, runStartedAt } = watch;
  return {
    ...{ id, platform, environment, cron, timeZone, source, reason, actor, createdAt },
    ...{ endedAt, endedBy, endReason, nextAt, runningSince: endedAt ? null : runStartedAt, lastRun: lastRunOf(watch) },
  };
}

function lastRunOf(watch: Watch): WatchRunDto | null {
  const { lastDueAt: dueAt, lastStartedAt: startedAt, lastEndedAt: endedAt, lastCallId: callId } = watch;
  if (!dueAt || !startedAt || !endedAt || !callId) return null;
  const { lastDifferences: differences, lastAccepted: accepted, lastErrorCode: code, lastError: message } = watch;
  const error = code === null ? null : { code, message: message ?? '' };
  return { dueAt, startedAt, endedAt, callId, differences, accepted, error };
}
