import { EntityManager } from '@mikro-orm/core';
import { Controller, Get, ServiceUnavailableException, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { postgresPool } from '#database';

/** Whether the service is well. */
export class HealthDto {
  status: 'ok';
}

@ApiTags('health')
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class HealthController {
  constructor(private readonly em: EntityManager) {}

  /** Answers as long as the process lives. */
  @Get('live')
  live(): HealthDto {
    return { status: 'ok' };
  }

  /** Answers 200 when the service can record, 503 while the database does not answer. */
  @Get('ready')
  async ready(): Promise<HealthDto> {
    try {
      await (await postgresPool(this.em)).query('select 1');
    } catch (error) {
      throw new ServiceUnavailableException('The database does not answer.', { cause: error });
    }
    return { status: 'ok' };
  }
}
