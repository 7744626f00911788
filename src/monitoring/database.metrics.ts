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
  private readonly unpositioned: Gauge;
  private readonly uncounted: Gauge;

  constructor(
    private readonly em: EntityManager,
    registry: MetricsRegistry,
  ) {
    this.up = registry.gauge('synctrail_database_up', '1 when the database answers, else 0.');
    this.inProgress = registry.gauge('synctrail_syncs_in_progress', 'Syncs of all replicas without a final status.');
    this.unpositioned = registry.gauge('synctrail_events_unpositioned', 'Events without a position.');
    this.uncounted = registry.gauge(
      'synctrail_stats_lag_events',
      'Events with a position that the statistics have not counted.',
    );
  }

  /** Asks the database; what it is asked for is then read from the registry. */
  async look(): Promise<void> {
    const seen = await query<Seen>(this.em, { text: LOOK, withinMs: ANSWER_WITHIN_MS }).catch(() => undefined);
    const { in_progress, unpositioned, uncounted } = seen?.rows[0] ?? UNKNOWN;
    this.up.set(seen ? 1 : 0);
    this.inProgress.set(in_progress);
    this.unpositioned.set(unpositioned);
    this.uncounted.set(uncounted);
  }
}

interface Seen {
  in_progress: number;
  unpositioned: number;
  uncounted: number;
}

const UNKNOWN: Seen = { in_progress: Number.NaN, unpositioned: Number.NaN, uncounted: Number.NaN };

const LOOK = `
  select (select count(*) from sync_history where sync_status = 'IN_PROGRESS')::float8 as in_progress,
    (select count(*) from sync_event where position is null)::float8 as unpositioned,
    (select e.last - s.last from event_position e, sync_stats_position s)::float8 as uncounted`;
