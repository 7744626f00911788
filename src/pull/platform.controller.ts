import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { assertAllowedAt, isAllowedAt, NeedsAtTarget, recordedCaller } from '#access';
import { PlatformRegistry } from '#platform';
import { READS_PLATFORM, Refuses } from '#problems';
import { BodyLimit, ITEMS_BODY } from '#request-body';
import { Adopter } from './adopter.ts';
import {
  AdoptionRequestDto,
  AdoptionResultDto,
  LeftItemDto,
  PlatformListDto,
  PlatformParams,
  PullRequestDto,
  PullResultDto,
} from './pull.dto.ts';
import { differencesOf, PullService } from './pull.service.ts';

@ApiTags('platforms')
@NeedsAtTarget('read')
@Controller('platforms')
export class PlatformController {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly pulls: PullService,
    private readonly adopter: Adopter,
  ) {}

  /** Lists the installed platforms with their configured environments. */
  @Get()
  listPlatforms(): PlatformListDto {
    const items = this.platforms.names().map((name) => {
      const adapter = this.platforms.get(name);
      const configured = adapter.environments?.();
      const environments = configured
        ?.filter((environment) => isAllowedAt({ platform: name, environment: environment.name }))
        .map(({ name: of, address = null, account = null }) => ({ name: of, address, account }));
      return { name, environments: environments ?? null, canDelete: adapter.remove !== undefined };
    });
    return { items };
  }

  /** Reads all content of a platform, records a pull for each item, and compares each with its latest version. */
  @Post(':platform/pull')
  @NeedsAtTarget('deploy')
  @HttpCode(200)
  @Refuses('SNAPSHOT_NOT_FOUND', READS_PLATFORM)
  async pullPlatform(
    @Param() { platform }: PlatformParams,
    @Body() { environment, actor, reason }: PullRequestDto,
  ): Promise<PullResultDto> {
    assertAllowedAt({ platform, environment });
    const context = { environment, actor, caller: recordedCaller(), reason, trigger: 'API' as const };
    const { callId, items } = await this.pulls.pull(platform, context);
    return { callId, ...differencesOf(items), items };
  }

  /**
   * Makes what somebody changed on a platform the latest version in the catalogue, as the last pull saw it. Then it is no
   * drift any more. Nothing is sent. If a named item cannot be adopted, nothing is.
   */
  @Post(':platform/adopt')
  @NeedsAtTarget('catalogue:write')
  @BodyLimit(ITEMS_BODY)
  @HttpCode(200)
  @Refuses(
    ['CONTENT_TYPE_NOT_FOUND', 'SNAPSHOT_NOT_FOUND', 'UNKNOWN_ENVIRONMENT', 'UNKNOWN_PLATFORM'],
    ['ALREADY_RETIRED', 'NOT_ADOPTABLE', 'SNAPSHOT_TOO_LARGE', 'LIVE_STATE_BEHIND'],
  )
  async adoptChanges(
    @Param() { platform }: PlatformParams,
    @Body() request: AdoptionRequestDto,
  ): Promise<AdoptionResultDto> {
    // The catalogue is the same for all environments of the platform.
    assertAllowedAt({ platform, environment: '*' });
    const { adopted, retired, left } = await this.adopter.adopt({ ...request, platform });
    const versions = adopted.map(({ kind, typeKey, number, versionHash }) => ({ kind, typeKey, number, versionHash }));
    return { adopted: versions, retired, left: left as LeftItemDto[] };
  }
}
