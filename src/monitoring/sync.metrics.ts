import { Injectable } from '@nestjs/common';
import { Counter, Histogram } from 'prom-client';
import { PlatformRegistry } from '#platform';
import { type RecorderObserver, type SettledSync, SyncRecorder } from '#recording';
import { BoundedLabel } from './bounded-label.ts';
import { MetricsRegistry } from './metrics.registry.ts';

const SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const ROWS = [1, 2, 4, 8, 16, 32, 64, 128];
const MAX_PLATFORMS = 50;

/** What this process has recorded since its start. */
@Injectable()
export class SyncMetrics implements RecorderObserver {
  private readonly platforms: BoundedLabel;
  private readonly syncs: Counter<'platform' | 'direction' | 'status'>;
  private readonly retries: Counter<'platform' | 'direction'>;
  private readonly durations: Histogram<'platform' | 'direction'>;
  private readonly batches: Histogram<'step'>;

  constructor(registry: MetricsRegistry, recorder: SyncRecorder, installed: PlatformRegistry) {
    this.platforms = new BoundedLabel(MAX_PLATFORMS, (name) => installed.names().includes(name));
    const registers = [registry];
    this.syncs = new Counter({
      name: 'synctrail_syncs_total',
      help: 'Syncs that have ended.',
      labelNames: ['platform', 'direction', 'status'],
      registers,
    });
    this.retries = new Counter({
      name: 'synctrail_retries_total',
      help: 'Attempts after the first, of syncs that have ended.',
      labelNames: ['platform', 'direction'],
      registers,
    });
    this.durations = new Histogram({
      name: 'synctrail_sync_duration_seconds',
      help: 'Duration of syncs that have ended.',
      labelNames: ['platform', 'direction'],
      buckets: SECONDS,
      registers,
    });
    this.batches = new Histogram({
      name: 'synctrail_recorder_batch_rows',
      help: 'Syncs written by one statement.',
      labelNames: ['step'],
      buckets: ROWS,
      registers,
    });
    recorder.observe(this);
  }

  written(step: 'start' | 'finish', rows: number): void {
    this.batches.observe({ step }, rows);
  }

  settled({ direction, status, retryCount, durationMs, ...sync }: SettledSync): void {
    const platform = this.platforms.of(sync.platform);
    this.syncs.inc({ platform, direction, status });
    this.retries.inc({ platform, direction }, retryCount);
    if (durationMs !== null) this.durations.observe({ platform, direction }, durationMs / 1000);
  }
}
