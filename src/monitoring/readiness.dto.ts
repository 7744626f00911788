import { TargetDto } from '#http';
import type { CircuitName } from '#tracking';

/** Whether the process lives. */
export class LivenessDto {
  /** Always `ok`. A process that cannot work does not answer. */
  status: 'ok';
}

/** The circuit breaker of one environment of a platform. */
export class CircuitDto extends TargetDto {
  /** State of the circuit: `open` refuses calls and sends nothing; `half-open` lets one call through as a test. */
  state: CircuitName;
}

/** Whether the service can record. */
export class ReadinessDto {
  /** Always `ok`. Otherwise the answer is a problem with HTTP status 503. */
  status: 'ok';
  /** Users of the service: `keys` is everybody with an API key, `open` is everybody who reaches it. */
  access: 'open' | 'keys';
  /**
   * Difference between this process's clock and the database's clock, in milliseconds; positive when this process is
   * ahead.
   */
  clockOffsetMs: number;
  /**
   * Age in milliseconds of the oldest record of this process that reads do not show yet; 0 when they show all. A read waits
   * up to 5 seconds for what was recorded before it; then it answers 503 with the code RECORD_BEHIND.
   */
  behindMs: number;
  /** Circuits that were used since the start of this process, at most 100. */
  circuits: CircuitDto[];
}
