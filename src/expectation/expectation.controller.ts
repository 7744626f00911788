import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { asFarAsAllowedAtOne, assertAllowedAt, NeedsAtTarget } from '#access';
import { BY_ID, PageQuery, pageOf } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { PlatformRegistry } from '#platform';
import { Refuses } from '#problems';
import type { ExpectationCheck } from './expectation-checks.ts';
import {
  ExpectationCheckDto,
  ExpectationCheckPageDto,
  ExpectationDto,
  ExpectationEndDto,
  ExpectationPageDto,
  ExpectationParams,
  ExpectationRequestDto,
  ExpectationsQuery,
} from './expectation.dto.ts';
import { type Expectation, Expectations } from './expectations.ts';
import { ExpectationNotFoundError } from './expectation.errors.ts';

const BY_DUE = {
  keyOf: ({ dueAt }: ExpectationCheck) => dueAt.toISOString(),
  isKey: (key: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(key) && !Number.isNaN(Date.parse(key)),
};

@ApiTags('expectations')
@NeedsAtTarget('read')
@Controller('expectations')
export class ExpectationController {
  constructor(
    private readonly expectations: Expectations,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** Creates an expectation: syncs that have to succeed by a time, again and again. The platform need not be installed. */
  @Post()
  @NeedsAtTarget('deploy')
  @Idempotent()
  @Refuses('INVALID_CRON', 'PLATFORM_REQUIRED', 'UNKNOWN_TIME_ZONE', 'EXPECTATION_EXISTS', 'TOO_MANY_EXPECTATIONS')
  async createExpectation(
    @Body() { platform, by, actor, trigger, kind, typeKey, ...request }: ExpectationRequestDto,
    @Ids() ids: RequestIds,
  ): Promise<ExpectationDto> {
    const target = { platform: this.platforms.meant(platform), environment: request.environment };
    assertAllowedAt(target);
    const expectation = await this.expectations.add(ids.at(0), {
      ...request,
      ...target,
      cron: by,
      ...{ actor: actor ?? null, trigger: trigger ?? null, kind: kind ?? null, typeKey: typeKey ?? null },
    });
    return expectationDto(expectation, undefined);
  }

  /** Lists the expectations of a platform, newest first, each with its last check, also those that have ended. */
  @Get()
  @Refuses('PLATFORM_REQUIRED')
  async listExpectations(@Query() { limit, cursor, ...query }: ExpectationsQuery): Promise<ExpectationPageDto> {
    const asked = asFarAsAllowedAtOne({ ...query, platform: this.platforms.meant(query.platform) });
    const page = await pageOf<Expectation>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.expectations.list(asked, count, start) },
    );
    const checks = await this.expectations.lastChecks(page.items.map(({ id }) => id));
    return { ...page, items: page.items.map((item) => expectationDto(item, checks.get(item.id))) };
  }

  /** Shows one expectation with its last check. */
  @Get(':id')
  @Refuses('EXPECTATION_NOT_FOUND')
  async getExpectation(@Param() { id }: ExpectationParams): Promise<ExpectationDto> {
    return this.withCheck(await this.visible(id));
  }

  /** Lists the checks of an expectation, the newest time first. */
  @Get(':id/checks')
  @Refuses('EXPECTATION_NOT_FOUND')
  async listExpectationChecks(
    @Param() { id }: ExpectationParams,
    @Query() { limit, cursor }: PageQuery,
  ): Promise<ExpectationCheckPageDto> {
    await this.visible(id);
    const page = await pageOf<ExpectationCheck>(
      { limit, cursor },
      { ...BY_DUE, find: (start, count) => this.expectations.checks(id, count, start) },
    );
    return { ...page, items: page.items.map(checkDto) };
  }

  /** Ends an expectation. It stays in the list with its checks, and its health condition clears. */
  @Post(':id/end')
  @NeedsAtTarget('deploy')
  @HttpCode(200)
  @Refuses('EXPECTATION_NOT_FOUND', 'EXPECTATION_ENDED')
  async endExpectation(
    @Param() { id }: ExpectationParams,
    @Body() request: ExpectationEndDto,
  ): Promise<ExpectationDto> {
    await this.visible(id);
    return this.withCheck(await this.expectations.end(id, request));
  }

  private async visible(id: string): Promise<Expectation> {
    const expectation = await this.expectations.get(id);
    assertAllowedAt(expectation, { hidden: new ExpectationNotFoundError(id) });
    return expectation;
  }

  private async withCheck(expectation: Expectation): Promise<ExpectationDto> {
    const checks = await this.expectations.lastChecks([expectation.id]);
    return expectationDto(expectation, checks.get(expectation.id));
  }
}

function expectationDto(
  { cron: by, nextAt, ...expectation }: Expectation,
  lastCheck: ExpectationCheck | undefined,
): ExpectationDto {
  return {
    ...expectation,
    by,
    nextAt: expectation.endedAt ? null : nextAt,
    lastCheck: lastCheck ? checkDto(lastCheck) : null,
  };
}

function checkDto({ expectationId: _expectationId, ...check }: ExpectationCheck): ExpectationCheckDto {
  return check;
}
