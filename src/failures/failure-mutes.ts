import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { AccessLog } from '#access-log';
import { query, DRIVER_TYPES } from '#database';
import { storableText } from '../storable-text.ts';
import { UnknownFingerprintError } from './failures.errors.ts';

/** An error that is known and raises no pattern for a time. */
export interface Mute {
  until: Date;
  reason: string;
  actor: string;
}

const MUTE = `
  insert into failure_mute (fingerprint, until, reason, actor)
  select $1, $2, $3, $4 where exists (select from sync_history where error_fingerprint = $1)
  on conflict (fingerprint) do update
    set until = excluded.until, reason = excluded.reason, actor = excluded.actor, created_at = clock_timestamp()`;

/** Which errors are muted. */
@Injectable()
export class FailureMutes {
  constructor(
    private readonly em: EntityManager,
    private readonly log: AccessLog,
  ) {}

  /** Mutes, or changes how long and why. Throws {@link UnknownFingerprintError} for an error that never happened. */
  async mute(fingerprint: string, { until, reason, actor }: Mute): Promise<void> {
    const values = [fingerprint, until, storableText(reason), storableText(actor)];
    const { rowCount } = await this.log.withChange(
      (transaction) => transaction.query(MUTE, values),
      (muted) =>
        muted.rowCount === 0
          ? undefined
          : { action: 'mute.created', actor, subject: fingerprint, filter: { until, reason } },
    );
    if (rowCount === 0) throw new UnknownFingerprintError(fingerprint);
  }

  /** Safe to repeat. */
  async unmute(fingerprint: string): Promise<void> {
    await this.log.withChange(
      (transaction) => transaction.query('delete from failure_mute where fingerprint = $1', [fingerprint]),
      ({ rowCount }) => (rowCount === 0 ? undefined : { action: 'mute.removed', subject: fingerprint }),
    );
  }

  /** Those that are in force, by fingerprint. */
  async inForce(): Promise<Map<string, Mute>> {
    const { rows } = await query<Mute & { fingerprint: string }>(this.em, {
      types: DRIVER_TYPES,
      text: 'select fingerprint, until, reason, actor from failure_mute where until > now()',
    });
    return new Map(rows.map(({ fingerprint, ...mute }) => [fingerprint, mute]));
  }
}
