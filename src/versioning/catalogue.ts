import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { DRIVER_TYPES, query } from '#database';
import type { ItemRef } from '#platform';
import type { ContentTypeVersion } from './content-type-version.entity.ts';
import { AlreadyRetiredError, NotRetiredError } from './retirement.errors.ts';
import { refKey, type TypeRef } from './type-ref.ts';
import { VersionHistoryService } from './version-history.service.ts';
import { VersionTree, type VersionTreeEntry } from './version.tree.ts';

/** Since when a content type is retired, by whom and why. */
export interface Retired {
  at: Date;
  by: string;
  reason: string;
}

/** One time that a content type was retired; the rest is null until it is brought back. */
export interface Retirement {
  retiredAt: Date;
  retiredBy: string;
  reason: string;
  reinstatedAt: Date | null;
  reinstatedBy: string | null;
  reinstateReason: string | null;
}

/** Who asks, and why. */
export interface RetirementRequest {
  actor: string;
  reason: string;
}

const MOST_SHOWN = 100;

/** Which content types of a platform are in use: a retired one is neither deployed with all others nor missed in a pull. */
@Injectable()
export class Catalogue {
  constructor(
    private readonly em: EntityManager,
    private readonly versions: VersionHistoryService,
  ) {}

  /** The latest version of every content type that is not retired. */
  async current(platform: string): Promise<ContentTypeVersion[]> {
    const retired = await this.retired(platform);
    return (await this.versions.catalogue(platform)).filter((version) => !retired.has(refKey(version)));
  }

  /** Names the exact state of the whole model: the root of the tree over {@link current}. */
  async root(platform: string): Promise<string> {
    const { rows } = await query<VersionTreeEntry>(this.em, LATEST_HASHES, [platform]);
    const retired = await this.retired(platform);
    const { root } = await VersionTree.inSlices(rows.filter((entry) => !retired.has(refKey(entry))));
    return root;
  }

  /** The retired content types of a platform, by {@link refKey}. */
  async retired(platform: string): Promise<Map<string, Retired>> {
    const { rows } = await query<ItemRef & Retired>(this.em, {
      types: DRIVER_TYPES,
      text: `select kind, type_key as "typeKey", retired_at as at, retired_by as by, reason
       from content_type_retirement where platform = $1 and reinstated_at is null`,
      values: [platform],
    });
    return new Map(rows.map(({ kind, typeKey, ...retired }) => [refKey({ kind, typeKey }), retired]));
  }

  /** The times that a content type was retired, newest first, at most 100. */
  async retirements({ platform, kind, typeKey }: TypeRef): Promise<Retirement[]> {
    const { rows } = await query<Retirement>(this.em, {
      types: DRIVER_TYPES,
      text: `select ${COLUMNS} from content_type_retirement where ${OF_TYPE} order by number desc limit ${MOST_SHOWN}`,
      values: [platform, kind, typeKey],
    });
    return rows;
  }

  /** Throws `ContentTypeNotFoundError` and {@link AlreadyRetiredError}. */
  async retire(type: TypeRef, { actor, reason }: RetirementRequest): Promise<void> {
    await this.versions.latest(type);
    const { rows } = await query(
      this.em,
      `insert into content_type_retirement (platform, kind, type_key, number, retired_by, reason)
       select $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5 from content_type_retirement where ${OF_TYPE}
       on conflict do nothing returning number`,
      [type.platform, type.kind, type.typeKey, actor, reason],
    );
    if (rows.length === 0) throw new AlreadyRetiredError(type);
  }

  /** Brings a retired content type back. Throws `ContentTypeNotFoundError` and {@link NotRetiredError}. */
  async reinstate(type: TypeRef, { actor, reason }: RetirementRequest): Promise<void> {
    await this.versions.latest(type);
    const { rows } = await query(
      this.em,
      `update content_type_retirement set reinstated_at = clock_timestamp(), reinstated_by = $4, reinstate_reason = $5
       where ${OF_TYPE} and reinstated_at is null returning number`,
      [type.platform, type.kind, type.typeKey, actor, reason],
    );
    if (rows.length === 0) throw new NotRetiredError(type);
  }
}

const LATEST_HASHES = `
  select distinct on (kind, type_key) kind, type_key as "typeKey", version_hash as "versionHash"
  from content_type_version where platform = $1 and origin = 'AUTHORED' order by kind, type_key, number desc`;
const OF_TYPE = 'platform = $1 and kind = $2 and type_key = $3';
const COLUMNS = `retired_at as "retiredAt", retired_by as "retiredBy", reason, reinstated_at as "reinstatedAt",
  reinstated_by as "reinstatedBy", reinstate_reason as "reinstateReason"`;
