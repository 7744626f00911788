import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { find } from '#database';
import { AcceptedDrift } from '#drift';
import {
  type ItemRef,
  itemRef,
  namedMembers,
  PlatformRegistry,
  type SyncContext,
  type Target,
  type UnknownMembers,
} from '#platform';
import { EVERYTHING, SyncRecord } from '#recording';
import { Catalogue, refKey, VersionHistoryService } from '#versioning';

export interface PulledItem extends ItemRef, UnknownMembers {
  /** `new`: only the platform has it; `missing`: only we have it; `failed`: it could not be read. */
  state: 'same' | 'different' | 'new' | 'missing' | 'failed';
  syncId: string | null;
  platformHash: string | null;
  latestHash: string | null;
  /** The drift rules that expect everything that differs. */
  acceptedBy: string[];
}

/** Reads what a platform holds, and tells how it differs from our latest versions. */
@Injectable()
export class PullService {
  constructor(
    private readonly em: EntityManager,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly catalogue: Catalogue,
    private readonly acceptedDrift: AcceptedDrift,
  ) {}

  /** Throws `UnknownPlatformError`, `UnknownEnvironmentError`, and what the adapter throws. */
  async pull(platform: string, context: SyncContext): Promise<{ callId: string; items: PulledItem[] }> {
    const { callId = uuidv7() } = context;
    const adapter = this.platforms.at({ platform, environment: context.environment });
    const answer = await adapter.pull({ items: [], context: { ...context, callId } });
    const unknown = new Map(answer.items.map((item) => [refKey(itemRef(item)), item.unknownFields ?? []]));
    const syncs = await find(this.em, SyncRecord, { callId, typeKey: { $ne: EVERYTHING }, id: { $gt: callId } });
    const catalogue = await this.versions.catalogue(platform);
    const latest = new Map(catalogue.map((version) => [refKey(version), version.versionHash]));
    const retired = await this.catalogue.retired(platform);
    // What is retired is not missed.
    const shown = syncs.filter((sync) => !isAbsent(sync) || !retired.has(refKey(sync)));
    const items = shown.map((sync): PulledItem => {
      const latestHash = latest.get(refKey(sync)) ?? null;
      latest.delete(refKey(sync));
      const { id: syncId, kind, typeKey, versionHash: platformHash = null } = sync;
      const found = {
        state: state(sync, latestHash),
        acceptedBy: [],
        ...namedMembers(unknown.get(refKey(sync)) ?? []),
      };
      return { kind, typeKey, syncId, platformHash, latestHash, ...found };
    });
    for (const [key, latestHash] of latest) {
      if (retired.has(key)) continue;
      const [kind, typeKey] = JSON.parse(key) as [string, string];
      const missing = { state: 'missing' as const, syncId: null, platformHash: null, latestHash };
      items.push({ kind, typeKey, ...missing, acceptedBy: [], ...namedMembers([]) });
    }
    await this.tellAccepted({ platform, environment: context.environment }, items);
    return { callId, items: items.sort((a, b) => (refKey(a) < refKey(b) ? -1 : 1)) };
  }

  private async tellAccepted(target: Target, items: PulledItem[]): Promise<void> {
    const different = items.flatMap(({ kind, typeKey, state: found, platformHash, latestHash }) =>
      latestHash !== null && (found === 'different' || found === 'missing')
        ? [{ kind, typeKey, expectedHash: latestHash, heldHash: platformHash }]
        : [],
    );
    const accepted = await this.acceptedDrift.of(target, different);
    for (const item of items) item.acceptedBy = accepted.get(refKey(item)) ?? [];
  }
}

/** How many items are not the same: those that nothing expects, and those that drift rules do. */
export function differencesOf(items: PulledItem[]): { differences: number; accepted: number } {
  const different = items.filter(({ state: found }) => found !== 'same');
  const accepted = different.filter(({ acceptedBy }) => acceptedBy.length > 0).length;
  return { differences: different.length - accepted, accepted };
}

function state(sync: SyncRecord, latestHash: string | null): PulledItem['state'] {
  const { syncStatus, versionHash } = sync;
  if (syncStatus !== 'SUCCESS') return 'failed';
  if (isAbsent(sync)) return 'missing';
  if (latestHash === null) return 'new';
  return versionHash === latestHash ? 'same' : 'different';
}

/** The platform had it, and does not have it any more. */
function isAbsent({ syncMetadata }: SyncRecord): boolean {
  return syncMetadata?.absent === true;
}
