import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { EventStreams } from '#events';
import { RowExports } from '#export';
import { Journal } from '#journal';
import { Heartbeat, SyncRecorder } from '#recording';
import { CircuitBreakers, PendingSyncs, SyncSweeper } from '#tracking';
import { MetricsRegistry } from './metrics.registry.ts';

const STATES = ['closed', 'half-open', 'open'] as const;

/** What this process is busy with, as of the moment that it is asked for. */
@Injectable()
export class ServiceMetrics {
  constructor(
    registry: MetricsRegistry,
    circuits: CircuitBreakers,
    recorder: SyncRecorder,
    sweeper: SyncSweeper,
    streams: EventStreams,
    exports: RowExports,
    pending: PendingSyncs,
    heartbeat: Heartbeat,
    journal: Journal,
  ) {
    registry.gauge('synctrail_syncs_running', 'Running syncs of this process.', () => pending.size);
    registry.gauge(
      'synctrail_recorder_queue_length',
      'Calls that wait for the next write.',
      () => recorder.queueLength,
    );
    registry.gauge('synctrail_event_streams', 'Open event streams.', () => streams.count);
    registry.gauge('synctrail_exports', 'Running exports.', () => exports.count);
    registry.gauge(
      'synctrail_clock_offset_seconds',
      'Difference between the clock of this process and the clock of the database; positive when this process is ahead.',
      () => (heartbeat.clock?.offsetMs ?? Number.NaN) / 1_000,
    );
    registry.gauge(
      'synctrail_record_behind_seconds',
      'Age of the oldest record of this process that reads do not show yet.',
      () => journal.behindMs / 1_000,
    );
    const swept = new Counter({
      name: 'synctrail_sweeper_settled_total',
      help: 'Syncs that a dead process, or a silent external system, left behind and this process settled.',
      registers: [],
      collect() {
        this.reset();
        this.inc(sweeper.swept);
      },
    });
    const states = new Gauge({
      name: 'synctrail_circuit_state',
      help: 'Whether calls to an environment are let through: 0 closed, 1 half-open, 2 open.',
      labelNames: ['platform', 'environment'],
      registers: [],
      collect() {
        this.reset();
        for (const { state, ...labels } of circuits.states()) {
          this.set(labels, STATES.indexOf(state));
        }
      },
    });
    registry.registerMetric(swept);
    registry.registerMetric(states);
  }
}
