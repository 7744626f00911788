import type { CircuitName } from '#tracking';

/** Whether the process lives. */
export class HealthDto {
  /** Always `ok`: a process that is not well does not answer. */
  status: 'ok';
}

/** The circuit breaker of one environment of a platform. */
export class CircuitDto {
  /** The platform. */
  platform: string;
  /** The instance of the platform. */
  environment: string;
  /** `open`: calls are refused without being sent; `half-open`: one is let through to see. */
  state: CircuitName;
}

/** Whether the service can record. */
export class ReadinessDto {
  /** Always `ok`: else the answer is a problem with status 503. */
  status: 'ok';
  /** Milliseconds that the clock of this process is ahead of that of the database. */
  clockOffsetMs: number;
  /** The breakers that have been used since the start of this process; the first 100. */
  circuits: CircuitDto[];
}
