import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { isAllowedAt, NeedsAtTarget } from '#access';
import { listAddress } from '#live';
import { Refuses } from '#problems';
import { HealthListDto, type ListedEvidenceDto, type UnmetExpectationsDto } from './health.dto.ts';
import { HealthService, type TargetHealth } from './health.service.ts';
import type { UnmetExpectations } from './health.ts';

@ApiTags('analytics')
@NeedsAtTarget('read')
@Controller('sync/health')
export class TargetHealthController {
  constructor(private readonly health: HealthService) {}

  /** Lists the health of the 200 targets with the most syncs, and of those with unmet expectations, each with its cause. */
  @Get()
  @Refuses('LIVE_STATE_BEHIND')
  async listTargetHealth(): Promise<HealthListDto> {
    return {
      items: (await this.health.current())
        .filter((target) => isAllowedAt(target))
        .map((target) => {
          const { platform, environment, health, cause, since, evidence, inputs } = target;
          return {
            ...{ platform, environment, health, cause, since: dateOrNull(since), evidence, numbers: inputs.numbers },
            ...{ drift: listed(target, 'drift'), absent: listed(target, 'absent'), unknown: listed(target, 'unknown') },
            unmet: unmetDto(inputs.unmet),
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

function unmetDto({ count, since, items }: UnmetExpectations): UnmetExpectationsDto {
  const listedItems = items.map(({ id, name, code, cause, dueAt }) => ({
    id,
    name,
    code,
    cause,
    dueAt: new Date(dueAt),
  }));
  return { count, since: dateOrNull(since), items: listedItems };
}

function dateOrNull(time: string | null): Date | null {
  return time === null ? null : new Date(time);
}
