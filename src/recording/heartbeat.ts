import { hostname } from 'node:os';
import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { answered, query, connect } from '#database';
import { Journal } from '#journal';
import { Schedule } from '#schedule';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';

/** Milliseconds for which a beat proves that the database can be written to. */
const PROOF_MS = 1_000;
/** A probe is not asked for longer. */
const BEAT_WITHIN_MS = 3_000;

/** How far the clock of this process is ahead of the database's; `errorMs` is as much as that may be wrong. */
export interface ClockOffset {
  offsetMs: number;
  errorMs: number;
}

/** Says that this process lives: one row, beaten five times a lease. */
@Injectable()
export class Heartbeat implements OnApplicationBootstrap {
  /** This process, on every sync and deployment that it runs. */
  readonly owner: string;

  /** As of the last beat; null before the first. */
  clock: ClockOffset | null = null;

  private readonly leaseMs: number;
  private lastBeat = Number.NEGATIVE_INFINITY;
  private beating: Promise<void> | undefined;
  /** How often the lease had run out before a beat. */
  private lapses = 0;

  constructor(
    private readonly em: EntityManager,
    journal: Journal,
    schedule: Schedule,
    @Inject(TRACKING_OPTIONS) options: TrackingOptions,
  ) {
    this.owner = journal.writer;
    this.leaseMs = options.leaseMs;
    schedule.add('heartbeat', () => this.beat(), { every: this.leaseMs / 5, last: () => this.signOff() });
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.beat();
  }

  /** What is left unsettled is anybody's at once. */
  private async signOff(): Promise<void> {
    await query(this.em, `delete from recorder where owner = $1`, [this.owner]);
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

  /**
   * Throws unless the database has been written to within the last second, by a beat that all who ask share: however often
   * it is asked, it costs a write a second.
   */
  async proveWrite(): Promise<void> {
    if (performance.now() - this.lastBeat >= PROOF_MS) await this.beat();
  }

  private isFresh(): boolean {
    return performance.now() - this.lastBeat < this.leaseMs;
  }

  private beat(): Promise<void> {
    this.beating ??= this.write().finally(() => {
      this.beating = undefined;
    });
    return this.beating;
  }

  private async write(): Promise<void> {
    const client = await connect(this.em, BEAT_WITHIN_MS, true);
    const before = performance.now();
    let failed = true;
    try {
      const { rows } = await answered<{ now: number }>(client, {
        text: BEAT,
        values: [this.owner, hostname(), process.pid, this.leaseMs],
        withinMs: BEAT_WITHIN_MS,
      });
      failed = false;
      this.clock = offsetFrom(rows[0]!.now, performance.now() - before);
    } finally {
      client.release(failed);
    }
    if (!this.isFresh()) this.lapses += 1;
    this.lastBeat = before;
  }
}

const BEAT = `
  insert into recorder (owner, host, pid, lease_ms) values ($1, $2, $3, $4)
  on conflict (owner) do update set beat_at = clock_timestamp()
  returning (extract(epoch from clock_timestamp()) * 1000)::float8 as now`;

/** The database read its clock at some moment of the round trip. */
function offsetFrom(databaseNow: number, roundTripMs: number): ClockOffset {
  return { offsetMs: Date.now() - roundTripMs / 2 - databaseNow, errorMs: roundTripMs / 2 };
}
