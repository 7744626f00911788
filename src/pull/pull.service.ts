import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { find } from '#database';
import { type ItemRef, PlatformRegistry, type SyncContext } from '#platform';
import { EVERYTHING, SyncRecord } from '#recording';
import { Catalogue, refKey, VersionHistoryService } from '#versioning';

export interface PulledItem extends ItemRef {
  /** `new`: only the platform has it; `missing`: only we have it; `failed`: it could not be read. */
  state: 'same' | 'different' | 'new' | 'missing' | 'failed';
  syncId: string | null;
  platformHash: string | null;
  latestHash: string | null;
}

/** Reads what a platform holds, and tells how it differs from our latest versions. */
@Injectable()
export class PullService {
  constructor(
    private readonly em: EntityManager,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly catalogue: Catalogue,
  ) {}

  /** Throws `UnknownPlatformError`, `UnknownEnvironmentError`, and what the adapter throws. */
  async pull(platform: string, context: Omit<SyncContext, 'callId'>): Promise<{ callId: string; items: PulledItem[] }> {
    const callId = uuidv7();
    const adapter = this.platforms.at({ platform, environment: context.environment });
    await adapter.pull({ items: [], context: { ...context, callId } });
    const syncs = await find(this.em, SyncRecord, { callId, typeKey: { $ne: EVERYTHING }, id: { $gt: callId } });
    const catalogue = await this.versions.catalogue(platform);
    const latest = new Map(catalogue.map((version) => [refKey(version), version.versionHash]));
    const retired = await this.catalogue.retired(platform);
    // What is retired is not missed.
    const shown = syncs.filter((sync) => !isAbsent(sync) || !retired.has(refKey(sync)));
    const items = shown.map((sync): PulledItem => {
      const latestHash = latest.get(refKey(sync)) ?? null;
      latest.delete(refKey(sync));
      const { kind, typeKey, versionHash = null } = sync;
      return { kind, typeKey, syncId: sync.id, platformHash: versionHash, latestHash, state: state(sync, latestHash) };
    });
    for (const [key, latestHash] of latest) {
      if (retired.has(key)) continue;
      const [kind, typeKey] = JSON.parse(key) as [string, string];
      items.push({ kind, typeKey, syncId: null, platformHash: null, latestHash, state: 'missing' });
    }
    return { callId, items: items.sort((a, b) => (refKey(a) < refKey(b) ? -1 : 1)) };
  }
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
