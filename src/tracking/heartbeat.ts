import { hostname } from 'node:os';
import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { ask } from '#database';
import { Periodic } from './periodic.ts';
import { TRACKING_OPTIONS, type TrackingOptions } from './tracking.options.ts';

/** Says that this process lives: one row, beaten five times a lease. */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap {
  /** This process, on every sync and deployment that it runs. */
  readonly owner = uuidv7();

  private readonly leaseMs: number;
  private readonly beats: Periodic;
  private lastBeat = Number.NEGATIVE_INFINITY;
  /** How often the lease had run out before a beat. */
  private lapses = 0;

  constructor(
    private readonly em: EntityManager,
    @Inject(TRACKING_OPTIONS) options: TrackingOptions,
  ) {
    this.leaseMs = options.leaseMs;
    this.beats = new Periodic(Heartbeat.name, this.leaseMs / 5, () => this.beat());
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
    this.beats.start();
  }

  /** Signs off: what is left unsettled is anybody's at once. */
  async stop(): Promise<void> {
    await this.beats.stop();
    await ask(this.em, `delete from recorder where owner = $1`, [this.owner]).catch(() => undefined);
  }

  /**
   * Begins to watch over work; the answer is whether this process has counted as alive ever since. If it has not, because
   * it was paused, others may have settled that work.
   */
  watch(): () => boolean {
    const { lapses } = this;
    return () => this.isFresh() && this.lapses === lapses;
  }

  /** Beats now, unless the last beat is fresh. */
  async refresh(): Promise<void> {
    if (!this.isFresh()) await this.beat();
  }

  private isFresh(): boolean {
    return performance.now() - this.lastBeat < this.leaseMs;
  }

  private async beat(): Promise<void> {
    const before = performance.now();
    await ask(this.em, {
      records: true,
      text: `insert into recorder (owner, host, pid, lease_ms) values ($1, $2, $3, $4)
       on conflict (owner) do update set beat_at = clock_timestamp()`,
      values: [this.owner, hostname(), process.pid, this.leaseMs],
    });
    if (!this.isFresh()) this.lapses += 1;
    this.lastBeat = before;
  }
}
