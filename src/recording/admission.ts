import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { Heartbeat } from './heartbeat.ts';
import { ClockSkewError, InvalidTimeError, ShuttingDownError } from './recording.errors.ts';
import { MAX_DURATION_MS, type SyncResult, wholeDuration } from './sync.ts';

/** The months of the past that a sync can be recorded for; each has tables of its own. */
const MAX_MONTHS = 120;

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

  /**
   * The result of a sync that began then (now by default), with an end and a duration that belong together. Throws
   * {@link InvalidTimeError} for times that are not of the past, or of no month that is kept.
   */
  withTimes<Result extends SyncResult | undefined>(given: Date | undefined, result: Result): Result {
    if (!given && !result?.completedAt) return result;
    const startedAt = given ?? new Date();
    const durationMs = wholeDuration(result?.durationMs);
    const completedAt = result?.completedAt ?? (durationMs === null ? undefined : new Date(+startedAt + durationMs));
    this.assertPast(startedAt, completedAt);
    if (!result) return result;
    if (!completedAt) throw new InvalidTimeError('completedAt', 'or durationMs is missing, and the sync has ended');
    return { ...result, completedAt, durationMs: durationMs ?? Math.min(+completedAt - +startedAt, MAX_DURATION_MS) };
  }

  private assertPast(startedAt: Date, completedAt?: Date): void {
    const latest = Date.now() + this.options.maxClockOffsetMs;
    const oldest = this.oldestMonth();
    if (startedAt.getTime() > latest) throw new InvalidTimeError('startedAt', `${iso(startedAt)} is in the future`);
    if (startedAt < oldest) {
      throw new InvalidTimeError(
        'startedAt',
        `${iso(startedAt)} is before ${iso(oldest)}, the oldest month that is kept`,
      );
    }
    if (!completedAt) return;
    if (completedAt.getTime() > latest)
      throw new InvalidTimeError('completedAt', `${iso(completedAt)} is in the future`);
    if (completedAt < startedAt) {
      const problem = `${iso(completedAt)} is before the start ${iso(startedAt)}. Give startedAt with it`;
      throw new InvalidTimeError('completedAt', problem);
    }
  }

  /** The beginning of the first month that neither retention drops nor {@link MAX_MONTHS} leaves out. */
  private oldestMonth(): Date {
    const now = new Date();
    const months = Math.min(this.options.retention.factMonths ?? MAX_MONTHS, MAX_MONTHS);
    return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months));
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

function iso(time: Date): string {
  return time.toISOString();
}
