import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { listAddress } from '#live';
import { HealthListDto, type ListedEvidenceDto } from './health.dto.ts';
import { HealthService, type TargetHealth } from './health.service.ts';

@ApiTags('analytics')
@Controller('sync/health')
export class TargetHealthController {
  constructor(private readonly health: HealthService) {}

  /** Lists the health of the 200 targets with the most syncs, each with its cause. */
  @Get()
  async list(): Promise<HealthListDto> {
    return {
      items: (await this.health.current()).map((target) => {
        const { platform, environment, health, cause, since, evidence, inputs } = target;
        return {
          ...{ platform, environment, health, cause, since: dateOrNull(since), evidence, numbers: inputs.numbers },
          ...{ drift: listed(target, 'drift'), absent: listed(target, 'absent'), unknown: listed(target, 'unknown') },
          observedAt: dateOrNull(inputs.observedAt),
          lastSyncAt: dateOrNull(inputs.lastSyncAt),
          lastSuccessAt: dateOrNull(inputs.lastSuccessAt),
        };
      }),
    };
  }
}

function listed(target: TargetHealth, name: 'drift' | 'absent' | 'unknown'): ListedEvidenceDto | null {
  const found = target.inputs[name];
  return found && { ...found, since: dateOrNull(found.since), href: listAddress(target, name) };
}

function dateOrNull(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}
