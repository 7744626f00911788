import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PlatformRegistry } from '#platform';
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
import { PullService } from './pull.service.ts';

@ApiTags('platforms')
@Controller('platforms')
export class PlatformController {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly pulls: PullService,
    private readonly adopter: Adopter,
  ) {}

  /** Lists the installed platforms with their configured environments. */
  @Get()
  list(): PlatformListDto {
    const items = this.platforms.names().map((name) => {
      const configured = this.platforms.get(name).environments?.();
      const environments = configured?.map(({ name: of, address = null, account = null }) => {
        return { name: of, address, account };
      });
      return { name, environments: environments ?? null };
    });
    return { items };
  }

  /** Reads all content of a platform, records a pull for each item, and compares each with its latest version. */
  @Post(':platform/pull')
  @HttpCode(200)
  async pull(
    @Param() { platform }: PlatformParams,
    @Body() { environment, actor, reason }: PullRequestDto,
  ): Promise<PullResultDto> {
    const { callId, items } = await this.pulls.pull(platform, { environment, actor, reason, trigger: 'API' });
    const different = items.filter(({ state }) => state !== 'same');
    const accepted = different.filter(({ acceptedBy }) => acceptedBy.length > 0).length;
    return { callId, differences: different.length - accepted, accepted, items };
  }

  /**
   * Makes what somebody changed on a platform the latest version in the catalogue, as the last pull saw it. Then it is no
   * drift any more. Nothing is sent. If a named item cannot be adopted, nothing is.
   */
  @Post(':platform/adopt')
  @BodyLimit(ITEMS_BODY)
  @HttpCode(200)
  async adopt(@Param() { platform }: PlatformParams, @Body() request: AdoptionRequestDto): Promise<AdoptionResultDto> {
    const { adopted, retired, left } = await this.adopter.adopt({ ...request, platform });
    const versions = adopted.map(({ kind, typeKey, number, versionHash }) => ({ kind, typeKey, number, versionHash }));
    return { adopted: versions, retired, left: left as LeftItemDto[] };
  }
}
