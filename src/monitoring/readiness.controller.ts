import { Controller, Get, Inject, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ACCESS_OPTIONS, type AccessOptions, Public } from '#access';
import { Journal } from '#journal';
import { Unlimited } from '#rate-limit';
import { Admission, Heartbeat } from '#recording';
import { CircuitBreakers } from '#tracking';
import { LivenessDto, ReadinessDto } from './readiness.dto.ts';

/** Circuits of one answer, at the most. */
const MAX_CIRCUITS = 100;

@ApiTags('health')
@Public()
@Unlimited()
@Controller({ path: 'health', version: VERSION_NEUTRAL })
export class ReadinessController {
  constructor(
    private readonly heartbeat: Heartbeat,
    private readonly admission: Admission,
    private readonly circuits: CircuitBreakers,
    private readonly journal: Journal,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
  ) {}

  /** Answers 200 while the process runs, also without a database. Use it as a liveness probe. */
  @Get('live')
  getLiveness(): LivenessDto {
    return { status: 'ok' };
  }

  /**
   * Answers 200 when the service can record: the database accepted a write within the last second, the clock is right, and
   * the service does not stop. Otherwise answers 503 with the code DATABASE_UNAVAILABLE, DATABASE_READ_ONLY,
   * QUERY_TOO_SLOW, CLOCK_SKEW or SHUTTING_DOWN. Use it as a readiness probe.
   */
  @Get('ready')
  async getReadiness(): Promise<ReadinessDto> {
    this.admission.assertOpen();
    await this.heartbeat.proveWrite();
    this.admission.assertOpen();
    return {
      status: 'ok',
      access: this.access.findPrincipal ? 'keys' : 'open',
      clockOffsetMs: Math.round(this.heartbeat.clock!.offsetMs),
      behindMs: Math.round(this.journal.behindMs),
      circuits: this.circuits.states().slice(0, MAX_CIRCUITS),
    };
  }
}
