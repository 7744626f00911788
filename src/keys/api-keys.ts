import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { type Grant, grantsOf, grantText, mayGive, type Principal, principalText } from '#access';
import { type AccessEntry, AccessLog } from '#access-log';
import { DRIVER_TYPES, query } from '#database';
import type { PageStart } from '#http';
import { storableText } from '../storable-text.ts';
import { keyHash, keyHint, newKeyText } from './key-text.ts';
import { GrantNotHeldError, KeyNameTakenError, KeyNotFoundError } from './keys.errors.ts';

/** What a key is made with. */
export interface NewApiKey {
  /** Actor of what the key does; no other key has or had it. */
  name: string;
  /** Roles and scopes, as `operator` or `deploy@optimizely/staging`. */
  grants: string[];
  /** The key never expires by default. */
  expiresAt?: Date | null;
  createdBy: string;
}

/** A key without its secret. Members that have not happened are null. */
export interface ApiKey {
  id: string;
  name: string;
  /** First characters of the key. */
  hint: string;
  /** Scopes, each with its target. */
  grants: string[];
  createdAt: Date;
  createdBy: string;
  expiresAt: Date | null;
  /** To the minute. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  revokedBy: string | null;
  revokeReason: string | null;
}

const COLUMNS = `id, name, hint, grants, created_at as "createdAt", created_by as "createdBy", expires_at as "expiresAt",
  last_used_at as "lastUsedAt", revoked_at as "revokedAt", revoked_by as "revokedBy", revoke_reason as "revokeReason"`;
const INSERT = `insert into api_key (id, name, hint, hash, grants, created_by, expires_at, maker)
  values ($1, $2, $3, decode($4, 'hex'), $5, $6, $7, $8) on conflict do nothing returning ${COLUMNS}`;
const FIND = `select ${COLUMNS}, expires_at <= clock_timestamp() as "isExpired" from api_key where hash = decode($1, 'hex')`;
const EXISTING = `select encode(hash, 'hex') as hash from api_key
  where hash in (select decode(asked, 'hex') from unnest($1::text[]) asked)`;
const TOUCH = `update api_key set last_used_at = clock_timestamp()
  where id = $1 and (last_used_at is null or last_used_at < clock_timestamp() - interval '1 minute')`;
const REVOKE = `update api_key set revoked_at = clock_timestamp(), revoked_by = $2, revoke_reason = $3
  where id = $1 and revoked_at is null`;

/** The maker of a key, the maker of the key that the maker used, and so on. */
const MAKERS = `
  with recursive makers (maker) as (
    select maker from api_key where 'key:' || id = $1
    union select k.maker from makers m join api_key k on 'key:' || k.id = m.maker)
  select maker from makers where maker is not null`;

/** The API keys: of a key only its hash is stored. */
@Injectable()
export class ApiKeys {
  constructor(
    private readonly em: EntityManager,
    private readonly log: AccessLog,
  ) {}

  /**
   * Makes a key, whose text nobody can see again. `giver` must have what it gives away. Throws {@link GrantNotHeldError},
   * {@link KeyNameTakenError} and `InvalidGrantError`.
   */
  async create(key: NewApiKey, giver?: Principal): Promise<{ key: ApiKey; text: string }> {
    const grants = key.grants.flatMap(grantsOf);
    const missing = giver && grants.find((grant) => !mayGive(giver.grants, grant));
    if (missing) throw new GrantNotHeldError(grantText(missing));
    const text = newKeyText();
    const statement = {
      types: DRIVER_TYPES,
      text: INSERT,
      values: [
        ...[uuidv7(), key.name, keyHint(text), keyHash(text), [...new Set(grants.map(grantText))]],
        ...[storableText(key.createdBy), key.expiresAt ?? null, giver && principalText(giver)],
      ],
    };
    const { rows } = await this.log.withChange(
      (transaction) => transaction.query<ApiKey>(statement),
      ({ rows: [made] }) => made && { ...{ action: 'key.created', actor: key.createdBy }, ...aboutKey(made) },
    );
    if (!rows[0]) throw new KeyNameTakenError(key.name);
    return { key: rows[0], text };
  }

  /** By the text of a key; the clock of the database decides whether it has expired. */
  async find(text: string): Promise<(ApiKey & { isExpired: boolean | null }) | undefined> {
    const { rows } = await query<ApiKey & { isExpired: boolean | null }>(this.em, {
      types: DRIVER_TYPES,
      text: FIND,
      values: [keyHash(text)],
    });
    return rows[0];
  }

  /**
   * Whether two principals, as {@link principalText} writes them, may be one person: the maker of a key has seen it, and can act
   * by it.
   */
  async mayBeOne(a: string, b: string): Promise<boolean> {
    if (a === b) return true;
    const [ofA, ofB] = await Promise.all([this.makersOf(a), this.makersOf(b)]);
    return ofA.includes(b) || ofB.includes(a);
  }

  /** Which of these hashes are of keys, valid or not. */
  async existing(hashes: readonly string[]): Promise<string[]> {
    const { rows } = await query<{ hash: string }>(this.em, EXISTING, [hashes]);
    return rows.map(({ hash }) => hash);
  }

  /** Notes that a key is used, once a minute. */
  async touch(id: string): Promise<void> {
    await query(this.em, TOUCH, [id]);
  }

  /** Newest first, from a start on. */
  async list(limit: number, start?: PageStart): Promise<ApiKey[]> {
    const [beyond, order] = start?.direction === 'prev' ? (['>', 'asc'] as const) : (['<', 'desc'] as const);
    const { rows } = await query<ApiKey>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from api_key where ($1::uuid is null or id ${beyond} $1) order by id ${order} limit $2`,
      values: [start?.key, limit],
    });
    return rows;
  }

  /** Safe to repeat: the first reason stays. Throws {@link KeyNotFoundError}. */
  async revoke(id: string, { actor, reason }: { actor: string; reason: string }): Promise<ApiKey> {
    await this.log.withChange(
      (transaction) => transaction.query(REVOKE, [id, storableText(actor), storableText(reason)]),
      ({ rowCount }) =>
        rowCount === 0 ? undefined : { action: 'key.revoked', actor, subject: id, filter: { reason } },
    );
    const { rows } = await query<ApiKey>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from api_key where id = $1`,
      values: [id],
    });
    if (!rows[0]) throw new KeyNotFoundError(id);
    return rows[0];
  }

  private async makersOf(principal: string): Promise<string[]> {
    const { rows } = await query<{ maker: string }>(this.em, MAKERS, [principal]);
    return rows.map(({ maker }) => maker);
  }
}

function aboutKey({ id, name, grants, expiresAt }: ApiKey): Pick<AccessEntry, 'subject' | 'filter'> {
  return { subject: id, filter: { name, grants, expiresAt } };
}

/** What a key may do. */
export function grantsOfKey({ grants }: ApiKey): Grant[] {
  return grants.flatMap(grantsOf);
}
