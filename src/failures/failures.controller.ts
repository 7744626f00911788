import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Needs, NeedsAtTarget } from '#access';
import { Refuses } from '#problems';
import { resolveInterval } from '#statistics';
import { FailureMutes } from './failure-mutes.ts';
import { FailurePatternService } from './failure-pattern.service.ts';
import { FailuresDto, FailuresQuery, FingerprintParams, MuteDto, MuteRequestDto } from './failures.dto.ts';

@ApiTags('analytics')
@NeedsAtTarget('read')
@Controller('sync/analytics/failures')
export class FailuresController {
  constructor(
    private readonly failures: FailurePatternService,
    private readonly mutes: FailureMutes,
  ) {}

  /** Lists the errors of an interval by fingerprint, and the failure patterns of each target. */
  @Get()
  @Refuses('INVALID_FILTER', 'UNKNOWN_TIME_ZONE')
  async listFailures(@Query() filter: FailuresQuery): Promise<FailuresDto> {
    const { scope, interval, window } = resolveInterval(filter);
    const [fingerprints, patterns] = await Promise.all([
      this.failures.fingerprints(scope, interval),
      this.failures.detectFailurePatterns(scope, interval),
    ]);
    return { window, fingerprints, patterns };
  }

  /** Mutes an error until a time. A muted error stays in the list and forms no pattern. */
  @Put(':fingerprint/mute')
  @Needs('deploy')
  @Refuses('FINGERPRINT_NOT_FOUND', 'RECORDING_UNAVAILABLE')
  async muteFailure(@Param() { fingerprint }: FingerprintParams, @Body() mute: MuteRequestDto): Promise<MuteDto> {
    await this.mutes.mute(fingerprint, mute);
    return { until: mute.until, reason: mute.reason, actor: mute.actor };
  }

  /** Ends the mute of an error, so that it forms patterns again. */
  @Delete(':fingerprint/mute')
  @Needs('deploy')
  @HttpCode(204)
  @Refuses('RECORDING_UNAVAILABLE')
  async unmuteFailure(@Param() { fingerprint }: FingerprintParams): Promise<void> {
    await this.mutes.unmute(fingerprint);
  }
}
