import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { asFarAsAllowedAtOne, assertAllowedAt, NeedsAtTarget } from '#access';
import { BY_ID, OwnRequests, pageOf } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { PlatformRegistry } from '#platform';
import { Refuses } from '#problems';
import {
  DriftRuleDto,
  DriftRuleEndDto,
  DriftRulePageDto,
  DriftRuleParams,
  DriftRuleRequestDto,
  DriftRulesQuery,
} from './drift.dto.ts';
import { type DriftRule, DriftRules } from './drift-rules.ts';
import { DriftRuleNotFoundError } from './drift.errors.ts';

@ApiTags('drift')
@OwnRequests()
@NeedsAtTarget('read')
@Controller('drift/rules')
export class DriftController {
  constructor(
    private readonly rules: DriftRules,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Creates a rule by which changes at a target are expected until a time. Such drift is counted apart. */
  @Post()
  @NeedsAtTarget('deploy')
  @Idempotent()
  @Refuses('PLATFORM_REQUIRED', 'UNKNOWN_ENVIRONMENT', 'UNKNOWN_PLATFORM')
  async createDriftRule(
    @Body() { platform, ...request }: DriftRuleRequestDto,
    @Ids() ids: RequestIds,
  ): Promise<DriftRuleDto> {
    const target = { platform: this.platforms.meantToWrite(platform), environment: request.environment };
    assertAllowedAt(target);
    this.platforms.at(target);
    return this.rules.add(ids.at(0), { ...request, ...target, typeKey: request.typeKey ?? null });
  }

  /** Lists the rules of a platform, newest first, with those that have ended. */
  @Get()
  @Refuses('PLATFORM_REQUIRED')
  async listDriftRules(@Query() { limit, cursor, ...query }: DriftRulesQuery): Promise<DriftRulePageDto> {
    const asked = asFarAsAllowedAtOne({ ...query, platform: this.platforms.meant(query.platform) });
    return pageOf<DriftRule>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.rules.list(asked, count, start) },
    );
  }

  /** Ends a rule before its time. The rule stays in the list. */
  @Post(':id/end')
  @NeedsAtTarget('deploy')
  @HttpCode(200)
  @Refuses('DRIFT_RULE_NOT_FOUND', 'DRIFT_RULE_ENDED')
  async endDriftRule(@Param() { id }: DriftRuleParams, @Body() request: DriftRuleEndDto): Promise<DriftRuleDto> {
    assertAllowedAt(await this.rules.get(id), { hidden: new DriftRuleNotFoundError(id) });
    return this.rules.end(id, request);
  }
}
