import { hostname } from 'node:os';
import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { postgresPool } from '#database';
import { Periodic } from './periodic.ts';
import { TRACKING_OPTIONS, type TrackingOptions } from './tracking.options.ts';

/** Says that this process lives: one row, beaten five times a lease. */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap, BeforeApplicationShutdown {
  /** This process, on every sync and deployment that it runs. */
  readonly owner = uuidv7();

  private readonly leaseMs: number;
  private readonly beats: Periodic;
  private lastBeat = Number.NEGATIVE_INFINITY;

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

  /** What is left unsettled is anybody's at once. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.beats.stop();
    const pool = await postgresPool(this.em);
    await pool.query(`delete from recorder where owner = $1`, [this.owner]).catch(() => undefined);
  }

  /** Whether others still take this process for alive: after a long pause they may have settled its work. */
  isFresh(): boolean {
    return performance.now() - this.lastBeat < this.leaseMs;
  }

  /** Beats now, unless the last beat is fresh. */
  async refresh(): Promise<void> {
    if (!this.isFresh()) await this.beat();
  }

  private async beat(): Promise<void> {
    const before = performance.now();
    const pool = await postgresPool(this.em);
    await pool.query(
      `insert into recorder (owner, host, pid, lease_ms) values ($1, $2, $3, $4)
       on conflict (owner) do update set beat_at = clock_timestamp()`,
      [this.owner, hostname(), process.pid, this.leaseMs],
    );
    this.lastBeat = before;
  }
}
