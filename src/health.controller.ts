import { EntityManager } from '@mikro-orm/core';
import { Controller, Get, ServiceUnavailableException, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ask } from '#database';
import { CircuitBreakers } from '#tracking';
import { HealthDto, ReadinessDto } from './health.dto.ts';

@ApiTags('health')
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController {
  constructor(
    private readonly em: EntityManager,
    private readonly circuits: CircuitBreakers,
  ) {}

  /** Answers as long as the process lives. */
  @Get('live')
  live(): HealthDto {
    return { status: 'ok' };
  }

  /** Answers 200 when the service can record, 503 while the database does not answer. */
  @Get('ready')
  async ready(): Promise<ReadinessDto> {
    try {
      await ask(this.em, 'select 1');
    } catch (error) {
      throw new ServiceUnavailableException('The database does not answer.', { cause: error });
    }
    return { status: 'ok', circuits: this.circuits.states() };
  }
}
