import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { PlatformRegistry } from '#platform';
import { PlatformListDto, PlatformParams, PullRequestDto, PullResultDto } from './pull.dto.ts';
import { PullService } from './pull.service.ts';

@ApiTags('platforms')
@Controller('platforms')
export class PlatformController {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly pulls: PullService,
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
    return { callId, differences: items.filter(({ state }) => state !== 'same').length, items };
  }
}
