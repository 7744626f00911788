import { Injectable } from '@nestjs/common';
import type { JsonObject } from '#json';
import { LiveReader } from '#live';
import { TimeSlice } from '#pace';
import { DEFAULT_KIND, PlatformRegistry, type SyncAnswerItem, type Target } from '#platform';
import { ContentTypeHasher, type Definition, refKey, VersionHistoryService } from '#versioning';

/** Tells which version a pulled definition is. */
@Injectable()
export class PulledVersions {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly live: LiveReader,
    private readonly hasher: ContentTypeHasher,
  ) {}

  /**
   * The hash of our latest version, or of the one that was last seen there, where the platform holds the same, defaults
   * aside; else the hash of what it holds. By {@link refKey}.
   */
  async of(target: Target, items: SyncAnswerItem[]): Promise<Map<string, string>> {
    const pulled = items.filter((item) => item.data !== undefined);
    const refs = pulled.map(({ typeKey, kind = DEFAULT_KIND }) => ({ kind, typeKey }));
    const candidates = await this.candidates(target, refs);
    const model = this.platforms.model(target.platform);
    const hashes = new Map<string, string>();
    const slice = new TimeSlice();
    for (const [index, { data }] of pulled.entries()) {
      if (slice.isOver) await slice.giveWay();
      const ref = refs[index]!;
      const hash = this.hasher.generateHash(data as JsonObject, model);
      const ours = candidates.get(refKey(ref))?.find(({ definition }) => {
        const held = this.platforms.asHeld(target.platform, ref.kind, definition);
        return this.hasher.generateHash(held, model) === hash;
      });
      hashes.set(refKey(ref), ours?.versionHash ?? hash);
    }
    return hashes;
  }

  /** The versions that each type may be, the likeliest first. */
  private async candidates(
    target: Target,
    refs: { kind: string; typeKey: string }[],
  ): Promise<Map<string, Definition[]>> {
    const latest = await this.versions.catalogue(target.platform, refs);
    const live = await this.live.of(target, refs);
    const hashes = [...live.values()].flatMap(({ kind, typeKey, versionHash, putHash }) =>
      [...new Set([versionHash, putHash])].flatMap((hash) => (hash ? [{ kind, typeKey, versionHash: hash }] : [])),
    );
    const isLatest = new Set(
      latest.map(({ kind, typeKey, versionHash }) => JSON.stringify([kind, typeKey, versionHash])),
    );
    const others = (await this.versions.byHashes(target.platform, hashes)).filter(
      ({ kind, typeKey, versionHash }) => !isLatest.has(JSON.stringify([kind, typeKey, versionHash])),
    );
    return Map.groupBy(await this.versions.definitions([...latest, ...others]), refKey);
  }
}
