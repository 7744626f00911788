import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { Heartbeat } from './heartbeat.ts';
import { ClockSkewError, ShuttingDownError } from './recording.errors.ts';

/**
 * Whether this process may begin something new: not while it stops, nor with a clock that is wrong, by which ids, the order
 * of events and signatures would be. What has begun goes on.
 */
@Injectable()
export class Admission implements OnModuleDestroy {
  private isClosed = false;

  constructor(
    private readonly heartbeat: Heartbeat,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
  ) {}

  /** The first that a stop calls, before anything is waited for. */
  onModuleDestroy(): void {
    this.isClosed = true;
  }

  get isStopping(): boolean {
    return this.isClosed;
  }

  /** Throws {@link ShuttingDownError} and {@link ClockSkewError}. */
  assertOpen(): void {
    if (this.isClosed) throw new ShuttingDownError();
    const { maxClockOffsetMs } = this.options;
    const { clock } = this.heartbeat;
    // As far as it is certain: a slow answer leaves open when the database read its clock.
    if (clock && Math.abs(clock.offsetMs) - clock.errorMs > maxClockOffsetMs) {
      throw new ClockSkewError(clock.offsetMs, maxClockOffsetMs);
    }
  }

  /** Whether {@link assertOpen} passes. */
  get isOpen(): boolean {
    try {
      this.assertOpen();
      return true;
    } catch {
      return false;
    }
  }
}
