import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { BY_ID, pageOf } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { PlatformRegistry } from '#platform';
import {
  DriftRuleDto,
  DriftRuleEndDto,
  DriftRulePageDto,
  DriftRuleParams,
  DriftRuleRequestDto,
  DriftRulesQuery,
} from './drift.dto.ts';
import { type DriftRule, DriftRules } from './drift-rules.ts';

@ApiTags('drift')
@Controller('drift/rules')
export class DriftController {
  constructor(
    private readonly rules: DriftRules,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Creates a rule by which changes at a target are expected until a time. Such drift is counted apart. */
  @Post()
  @Idempotent()
  async add(@Body() { platform, ...request }: DriftRuleRequestDto, @Ids() ids: RequestIds): Promise<DriftRuleDto> {
    const target = { platform: this.platforms.meantToWrite(platform), environment: request.environment };
    this.platforms.at(target);
    return this.rules.add(ids.at(0), { ...request, ...target, typeKey: request.typeKey ?? null });
  }

  /** Lists the rules of a platform, newest first, with those that have ended. */
  @Get()
  async list(@Query() { limit, cursor, ...query }: DriftRulesQuery): Promise<DriftRulePageDto> {
    const asked = { ...query, platform: this.platforms.meant(query.platform) };
    return pageOf<DriftRule>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.rules.list(asked, count, start) },
    );
  }

  /** Ends a rule before its time. The rule stays in the list. */
  @Post(':id/end')
  @HttpCode(200)
  async end(@Param() { id }: DriftRuleParams, @Body() request: DriftRuleEndDto): Promise<DriftRuleDto> {
    return this.rules.end(id, request);
  }
}
