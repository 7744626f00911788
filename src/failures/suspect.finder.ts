import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query, DRIVER_TYPES, LONG_READ_MS } from '#database';
import { binder, whereSql } from '#history';
import type { JsonObject } from '#json';
import { PlatformRegistry } from '#platform';
import type { Interval } from '#statistics';
import { VersionHistoryService, VersionNotFoundError } from '#versioning';
import type { FailuresFilter } from './failures-filter.ts';
import { type Circumstances, type Suspect, suspectsBetween } from './suspects.ts';

/** Affected types that are looked at, and suspects that are told. */
/** Successes by their ids among which the last one by the clock of the database is looked for. */
const LAST = 20;
const MAX_TYPES = 3;
const MAX_SUSPECTS = 10;

type Row = Omit<Circumstances, 'definition'> & {
  platform: string;
  kind: string;
  versionHash: string | null;
  errorMessage: string | null;
};

/** Finds what changed before an error first occurred. */
@Injectable()
export class SuspectFinder {
  constructor(
    private readonly em: EntityManager,
    private readonly versions: VersionHistoryService,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** What changed for the types that met this error first, the likeliest first. */
  async find(fingerprint: string, scope: FailuresFilter, interval: Interval): Promise<Suspect[]> {
    const suspects: Suspect[] = [];
    for (const [success, failure] of await this.pairs(fingerprint, scope, interval)) {
      const [before, after] = [await this.circumstances(success), await this.circumstances(failure)];
      const model = this.platforms.model(failure.platform);
      suspects.push(...(await suspectsBetween(before, after, failure.errorMessage ?? '', model)));
    }
    return suspects.toSorted((a, b) => Number(b.isNamed) - Number(a.isNamed)).slice(0, MAX_SUSPECTS);
  }

  /** The last success and the first failure of each type that has both. */
  private async pairs(fingerprint: string, scope: FailuresFilter, interval: Interval): Promise<[Row, Row][]> {
    const { bind, parameters } = binder();
    const where = whereSql({ ...scope, window: { ...interval, default: false } }, bind);
    const { rows } = await query<{ success: Row; failure: Row }>(this.em, {
      types: DRIVER_TYPES,
      withinMs: LONG_READ_MS,
      text: `
        with first as (
          select distinct on (h.target_platform, h.environment, h.kind, h.type_key, h.sync_direction) h.*
          from sync_history h where h.error_fingerprint = ${bind(fingerprint, 'text')} and ${where}
          order by h.target_platform, h.environment, h.kind, h.type_key, h.sync_direction, h.started_at, h.id)
        select ${rowJson('f')} as failure, ${rowJson('s')} as success
        from first f cross join lateral (
          select * from (
            select * from sync_history h where h.type_key = f.type_key and (h.started_at, h.id) < (f.started_at, f.id)
              and h.id < uuid_at(f.started_at + interval '1 hour') and h.kind = f.kind
              and h.target_platform = f.target_platform and h.environment = f.environment
              and h.sync_direction = f.sync_direction and h.sync_status = 'SUCCESS' order by h.id desc limit ${LAST}) last
          order by started_at desc, id desc limit 1) s
        order by f.id limit ${MAX_TYPES}`,
      values: parameters,
    });
    return rows.map(({ success, failure }) => [success, failure]);
  }

  private async circumstances(row: Row): Promise<Circumstances> {
    return { ...row, definition: await this.definition(row) };
  }

  /** Null where the version, or its content, is not known. */
  private async definition({ versionHash, ...type }: Row): Promise<JsonObject | null> {
    if (versionHash === null) return null;
    try {
      const version = await this.versions.byHash(type, versionHash);
      const [found] = await this.versions.definitions([version]);
      return found?.definition ?? null;
    } catch (error) {
      if (error instanceof VersionNotFoundError) return null;
      throw error;
    }
  }
}

function rowJson(alias: string): string {
  const columns = {
    ...{
      id: 'id',
      platform: 'target_platform',
      kind: 'kind',
      typeKey: 'type_key',
      versionHash: 'version_hash',
      errorMessage: 'error_message',
    },
    ...{ forced: 'forced', actor: 'actor', trigger: 'trigger', metadata: 'sync_metadata' },
  };
  const members = Object.entries(columns).map(([name, column]) => `'${name}', ${alias}.${column}`);
  return `json_build_object(${members.join(', ')})`;
}
