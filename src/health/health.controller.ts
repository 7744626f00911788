import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { HealthListDto } from './health.dto.ts';
import { HealthService } from './health.service.ts';

@ApiTags('analytics')
@Controller('sync/health')
export class TargetHealthController {
  constructor(private readonly health: HealthService) {}

  /** Lists the health of the 200 targets with the most syncs, each with its cause. */
  @Get()
  async list(): Promise<HealthListDto> {
    const date = (time: string | null) => (time === null ? null : new Date(time));
    return {
      items: (await this.health.current()).map(({ inputs, since, ...target }) => ({
        ...target,
        since: date(since),
        numbers: inputs.numbers,
        lastSyncAt: date(inputs.lastSyncAt),
        lastSuccessAt: date(inputs.lastSuccessAt),
      })),
    };
  }
}
