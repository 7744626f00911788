import { Injectable } from '@nestjs/common';
import type { JsonObject } from '#json';
import { DEFAULT_KIND, PlatformRegistry, type SyncAnswerItem } from '#platform';
import { ContentTypeHasher, refKey, VersionHistoryService } from '#versioning';

/** Tells which version a pulled definition is. */
@Injectable()
export class PulledVersions {
  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly hasher: ContentTypeHasher,
  ) {}

  /**
   * The hash of our latest version where the platform holds the same, defaults aside; else the hash of what it holds.
   * By {@link refKey}.
   */
  async of(platform: string, items: SyncAnswerItem[]): Promise<Map<string, string>> {
    const pulled = items.filter((item) => item.data !== undefined);
    const refs = pulled.map(({ typeKey, kind = DEFAULT_KIND }) => ({ kind, typeKey }));
    const latest = await this.versions.definitions(await this.versions.catalogue(platform, refs));
    const latestByRef = new Map(latest.map((version) => [refKey(version), version]));
    const adapter = this.platforms.get(platform);
    const model = this.platforms.model(platform);
    return new Map(
      pulled.map(({ data }, index) => {
        const ref = refs[index]!;
        const hash = this.hasher.generateHash(data as JsonObject, model);
        const ours = latestByRef.get(refKey(ref));
        if (!ours) return [refKey(ref), hash];
        const held = adapter.fromPlatform(adapter.toPlatform(ours.definition, ref.kind), ref.kind);
        return [refKey(ref), this.hasher.generateHash(held, model) === hash ? ours.versionHash : hash];
      }),
    );
  }
}
