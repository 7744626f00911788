import { EntityManager } from '@mikro-orm/core';
import { Injectable, Logger } from '@nestjs/common';
import { query, untilWritten } from '#database';
import { TimeSlice } from '#pace';
import { type ItemRef, PlatformRegistry } from '#platform';
import { isOfDeployment } from '#recording';
import { TargetReader } from '#tracking';
import { ContentTypeHasher, refKey, VersionHistoryService } from '#versioning';
import type { Deployment, Verification as Verdict } from './deployment.entity.ts';

const ITEMS = `
  select kind, type_key as "typeKey", version_hash as "versionHash", previous_hash as "previousHash"
  from deployment_item where deployment_id = $1 and status = 'IN_PROGRESS'`;

const SYNCED = `select distinct kind, type_key as "typeKey" from sync_history h where ${isOfDeployment('$1')}`;

const WRITE = `
  with verified as (
    update deployment set verified_at = clock_timestamp(), verify_call_id = $2 where id = $1 and verified_at is null
    returning id)
  update deployment_item i set verification = v.verdict, held_hash = v.held
  from verified, unnest($3::text[], $4::text[], $5::text[], $6::text[]) as v (kind, type_key, verdict, held)
  where i.deployment_id = verified.id and i.kind = v.kind and i.type_key = v.type_key`;

/** Items whose definitions are in memory at a time: each may have 10 MB. */
const COMPARED_AT_ONCE = 50;

type SentItem = ItemRef & { versionHash: string | null; previousHash: string | null };

/** Reads a target back after a deployment: what an answer said and what stands there need not be the same. */
@Injectable()
export class Verification {
  private readonly logger = new Logger(Verification.name);

  constructor(
    private readonly em: EntityManager,
    private readonly reader: TargetReader,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly hasher: ContentTypeHasher,
  ) {}

  /** Compares what was sent with what stands there, once for each deployment of a plan. Safe to repeat. */
  async verify(deployment: Deployment): Promise<void> {
    const { id } = deployment;
    if (!deployment.planId || deployment.verifiedAt) return;
    const items = await untilWritten(() => this.sent(id));
    if (items.length === 0) return;
    const reading = await this.reader.readInTime(deployment, items);
    const held =
      reading &&
      (await this.versionsHeld(deployment.platform, items, reading.held).catch((error: Error) => {
        // Its verdicts may be too strict then; without any, the deployment would never end.
        this.logger.warn(`The versions of the deployment ${id} cannot be compared in full: ${error.message}`);
        return reading.held;
      }));
    const verdicts = items.map((item) => verdictOf(item, held));
    const hashes = items.map((item) => held?.get(refKey(item)) ?? null);
    await untilWritten(() =>
      query(this.em, WRITE, [
        ...[id, reading?.callId, items.map(({ kind }) => kind), items.map(({ typeKey }) => typeKey)],
        ...[verdicts, hashes],
      ]),
    );
  }

  private async sent(id: string): Promise<SentItem[]> {
    // Brought together here: a join of 10,000 items with 10,000 syncs is 100 million comparisons where statistics are missing.
    const { rows: items } = await query<SentItem>(this.em, ITEMS, [id]);
    const { rows: synced } = await query<ItemRef>(this.em, SYNCED, [id]);
    const keys = new Set(synced.map(refKey));
    return items.filter((item) => keys.has(refKey(item)));
  }

  /** What the target holds, by the version that was sent or stood there before where it is one of them, defaults aside. */
  private async versionsHeld(
    platform: string,
    items: SentItem[],
    held: ReadonlyMap<string, string>,
  ): Promise<Map<string, string>> {
    const named = new Map(held);
    const model = this.platforms.model(platform);
    const others = items.filter((item) => held.has(refKey(item)) && held.get(refKey(item)) !== item.versionHash);
    const slice = new TimeSlice();
    for (let from = 0; from < others.length; from += COMPARED_AT_ONCE) {
      if (slice.isOver) await slice.giveWay();
      const wanted = others
        .slice(from, from + COMPARED_AT_ONCE)
        .flatMap(({ kind, typeKey, versionHash, previousHash }) =>
          // What was sent counts last, and so before the other.
          [previousHash, versionHash].flatMap((hash) => (hash === null ? [] : [{ kind, typeKey, versionHash: hash }])),
        );
      const found = await untilWritten(async () =>
        this.versions.definitions(await this.versions.byHashes(platform, wanted)),
      );
      const byHash = new Map(found.map((version) => [versionKey(version), version]));
      for (const ref of wanted) {
        const version = byHash.get(versionKey(ref));
        if (!version) continue;
        const given = this.platforms.asHeld(platform, ref.kind, version.definition);
        if (this.hasher.generateHash(given, model) === held.get(refKey(ref))) named.set(refKey(ref), ref.versionHash);
      }
    }
    return named;
  }
}

function verdictOf(item: SentItem, held: ReadonlyMap<string, string> | undefined): Verdict {
  if (!held) return 'UNVERIFIABLE';
  return (held.get(refKey(item)) ?? null) === item.versionHash ? 'VERIFIED' : 'DIVERGED';
}

function versionKey({ kind, typeKey, versionHash }: ItemRef & { versionHash: string }): string {
  return JSON.stringify([kind, typeKey, versionHash]);
}
