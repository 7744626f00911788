import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { asFarAsAllowedAtOne, assertAllowedAt, NeedsAtTarget } from '#access';
import { BY_ID, pageOf } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { PlatformRegistry } from '#platform';
import { Refuses } from '#problems';
import { InvalidRequestError } from '#validation';
import {
  FreezeDto,
  FreezeEndDto,
  FreezePageDto,
  FreezePageQuery,
  FreezeParams,
  FreezeRequestDto,
} from './freeze.dto.ts';
import { type Freeze, Freezes } from './freezes.ts';
import { FreezeNotFoundError } from './freeze.errors.ts';

@ApiTags('freezes')
@NeedsAtTarget('read')
@Controller('freezes')
export class FreezeController {
  constructor(
    private readonly freezes: Freezes,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Creates an interval in which nothing is sent to a target. Deployments are refused, and those that wait go on waiting. */
  @Post()
  @NeedsAtTarget('deploy')
  @Idempotent()
  @Refuses('PLATFORM_REQUIRED', 'UNKNOWN_ENVIRONMENT', 'UNKNOWN_PLATFORM')
  async createFreeze(@Body() request: FreezeRequestDto, @Ids() ids: RequestIds): Promise<FreezeDto> {
    const { environment, until, reason, actor, from = new Date() } = request;
    const target = { platform: this.platforms.meantToWrite(request.platform), environment };
    assertAllowedAt(target);
    this.platforms.at(target);
    if (from >= until) throw InvalidRequestError.of('until', 'must be after from', 'CONFLICT');
    return this.freezes.add(ids.at(0), { ...target, from, until, reason, actor });
  }

  /** Lists freezes, newest first, with those that have ended. */
  @Get()
  async listFreezes(@Query() { limit, cursor, ...filter }: FreezePageQuery): Promise<FreezePageDto> {
    const asked = asFarAsAllowedAtOne(filter);
    return pageOf<Freeze>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.freezes.list(asked, count, start) },
    );
  }

  /** Ends a freeze before its time, or before it begins. The freeze stays in the list. */
  @Post(':id/end')
  @NeedsAtTarget('deploy')
  @HttpCode(200)
  @Refuses('FREEZE_NOT_FOUND', 'FREEZE_ENDED')
  async endFreeze(@Param() { id }: FreezeParams, @Body() request: FreezeEndDto): Promise<FreezeDto> {
    assertAllowedAt(await this.freezes.get(id), { hidden: new FreezeNotFoundError(id) });
    return this.freezes.end(id, request);
  }
}
