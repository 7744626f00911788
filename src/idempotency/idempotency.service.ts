import { EntityManager } from '@mikro-orm/core';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { query, databaseFault, pauseAfter } from '#database';
import { Schedule } from '#schedule';
import { TRACKING_OPTIONS, type TrackingOptions } from '../tracking-options.ts';
import { IdempotencyKeyBusyError, IdempotencyKeyReusedError } from './idempotency.errors.ts';

const TRIES = 3;
/** Characters of an answer that is kept: a batch of 1,000 has 39,000. */
const MAX_ANSWER = 262_144;
/** Milliseconds after which no other try begins. */
const RETRY_WITHIN_MS = 5_000;

/** A request under its key; `scope` is what is asked for, such as `POST sync`. */
export interface KeyedRequest {
  scope: string;
  key: string;
  /** SHA-256 over where it went and what it said. */
  digest: string;
}

/** The right to answer a request; what it makes gets its ids from the seed. */
export interface Claim extends KeyedRequest {
  seed: string;
  holder: string;
}

/** What was answered; `body` is JSON. */
export interface StoredAnswer {
  status: number;
  location: string | null;
  body: string;
}

/**
 * Sees to it that a request which is sent twice under one key is done once. A process that dies over it loses its claim
 * after the lease; who does the request again gets the same seed. Keys are kept for 24 hours.
 */
@Injectable()
export class IdempotencyService {
  private readonly logger = new Logger(IdempotencyService.name);

  constructor(
    private readonly em: EntityManager,
    @Inject(TRACKING_OPTIONS) private readonly options: TrackingOptions,
    schedule: Schedule,
  ) {
    schedule.add('idempotency.expire', () => this.expire());
  }

  /**
   * The claim to a request, or the answer that it got before. Throws {@link IdempotencyKeyReusedError} and
   * {@link IdempotencyKeyBusyError}.
   */
  async claim({ scope, key, digest }: KeyedRequest): Promise<Claim | StoredAnswer> {
    const holder = uuidv7();
    for (;;) {
      const [claimed] = await this.query<{ seed: string }>(CLAIM, [scope, key, digest, holder, this.options.leaseMs]);
      if (claimed) return { scope, key, digest, holder, seed: claimed.seed };
      const [known] = await this.query<StoredKey>(KNOWN, [scope, key]);
      if (!known) continue;
      if (known.expired) await this.query(EXPIRE, [scope, key]);
      else if (known.digest !== digest) throw new IdempotencyKeyReusedError(key);
      else if (known.answer !== null) return known.answer;
      else if (known.busyMs > 0) throw new IdempotencyKeyBusyError(key, Math.ceil(known.busyMs / 1000));
    }
  }

  /** Keeps the answer for a repeated request. Without one that cannot be kept, the request done again comes to the same. */
  async keep(claim: Claim, { status, location, body }: StoredAnswer): Promise<void> {
    if (body.length > MAX_ANSWER) return this.release(claim);
    const { scope, key, seed } = claim;
    await this.query(KEEP, [scope, key, seed, status, location, body]).catch((error: unknown) => {
      this.logger.warn({ err: error, scope, key }, 'An answer could not be kept under its Idempotency-Key');
    });
  }

  /** Lets the request be sent again at once; without this it may be after the lease. */
  async release({ scope, key, holder }: Claim): Promise<void> {
    await this.query(RELEASE, [scope, key, holder]).catch(() => undefined);
  }

  /** Gives the key back: nothing was done under it. A process that has taken it over meanwhile keeps it. */
  async forget({ scope, key, holder }: Claim): Promise<void> {
    await this.query(FORGET, [scope, key, holder]).catch(() => undefined);
  }

  /** Forgets the keys that are older than 24 hours. */
  async expire(): Promise<void> {
    await this.query(EXPIRE_ALL, []);
  }

  /** Each statement may be repeated: a commit that fails may have happened, and so may one that is not answered. */
  private async query<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
    const deadline = performance.now() + RETRY_WITHIN_MS;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await query<Row>(this.em, { text, values, isBeside: true })).rows;
      } catch (error) {
        const fault = databaseFault(error);
        if (fault === undefined || fault === 'refused') throw error;
        if (attempt === TRIES || performance.now() > deadline) throw error;
        await pauseAfter(attempt);
      }
    }
  }
}

interface StoredKey {
  digest: string;
  answer: StoredAnswer | null;
  busyMs: number;
  expired: boolean;
}

const IS_EXPIRED = `created_at < clock_timestamp() - interval '24 hours'`;

// A claim of a new key makes its holder the seed.
const CLAIM = `
  insert into idempotency_key as k (scope, key, request_digest, seed, holder, locked_until)
  values ($1, $2, $3, $4, $4, clock_timestamp() + $5 * interval '1 millisecond')
  on conflict (scope, key) do update set holder = excluded.holder, locked_until = excluded.locked_until
    where k.status = 'RUNNING' and k.request_digest = excluded.request_digest and not k.${IS_EXPIRED}
      and (k.locked_until < clock_timestamp() or k.holder = excluded.holder)
  returning seed`;

const KNOWN = `
  select request_digest as digest, ${IS_EXPIRED} as expired,
    (extract(epoch from locked_until - clock_timestamp()) * 1000)::float8 as "busyMs",
    case when status = 'DONE'
      then json_build_object('status', answer_status, 'location', location, 'body', answer) end as answer
  from idempotency_key where scope = $1 and key = $2`;

const KEEP = `
  update idempotency_key set status = 'DONE', answer_status = $4, location = $5, answer = $6
  where scope = $1 and key = $2 and seed = $3 and status = 'RUNNING'`;

const RELEASE = `
  update idempotency_key set locked_until = clock_timestamp()
  where scope = $1 and key = $2 and holder = $3 and status = 'RUNNING'`;

const FORGET = `delete from idempotency_key where scope = $1 and key = $2 and holder = $3 and status = 'RUNNING'`;

const EXPIRE = `delete from idempotency_key where scope = $1 and key = $2 and ${IS_EXPIRED}`;
const EXPIRE_ALL = `delete from idempotency_key where ${IS_EXPIRED}`;
