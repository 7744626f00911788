import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { query } from '#database';
import { MetricsRegistry } from './metrics.registry.ts';

const ANSWER_WITHIN_MS = 2_000;

/** How far the database has been worked through: of all replicas, so alike in each; NaN while it does not answer. */
@Injectable()
export class DatabaseMetrics {
  private readonly up: Gauge;
  private readonly inProgress: Gauge;
  private readonly unprojected: Gauge;
  private readonly uncounted: Gauge;

  constructor(
    private readonly em: EntityManager,
    registry: MetricsRegistry,
  ) {
    this.up = registry.gauge('synctrail_database_up', '1 when the database answers, else 0.');
    this.inProgress = registry.gauge('synctrail_syncs_in_progress', 'Syncs of all replicas without a final status.');
    this.unprojected = registry.gauge(
      'synctrail_journal_lag_entries',
      'Entries of the journal that are not projected yet.',
    );
    this.uncounted = registry.gauge(
      'synctrail_stats_lag_events',
      'Events with a position that the statistics have not counted.',
    );
  }

  /** Asks the database; what it is asked for is then read from the registry. */
  async look(): Promise<void> {
    const seen = await query<Seen>(this.em, { text: LOOK, withinMs: ANSWER_WITHIN_MS }).catch(() => undefined);
    const { in_progress, unprojected, uncounted } = seen?.rows[0] ?? UNKNOWN;
    this.up.set(seen ? 1 : 0);
    this.inProgress.set(in_progress);
    this.unprojected.set(unprojected);
    this.uncounted.set(uncounted);
  }
}

interface Seen {
  in_progress: number;
  unprojected: number;
  uncounted: number;
}

const UNKNOWN: Seen = { in_progress: Number.NaN, unprojected: Number.NaN, uncounted: Number.NaN };

const LOOK = `
  select (select count(*) from sync_history where sync_status = 'IN_PROGRESS')::float8 as in_progress,
    (select count(*) from journal_writer w join sync_journal j on j.writer = w.writer and j.number > w.projected)::float8
      as unprojected,
    (select e.last - s.last from event_position e, sync_stats_position s)::float8 as uncounted`;
