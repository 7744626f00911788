import { Injectable } from '@nestjs/common';
import { type ItemRef, PlatformRegistry } from '#platform';
import { type ContentTypeVersion, VersionHistoryService } from '#versioning';
import { LiveStateIncompleteError } from './live.errors.ts';
import { type ModelItem, versionKey } from './target-model.ts';

/** Definitions that are in memory at a time: each may have 10 MB. */
const READ_AT_ONCE = 20;

/** Stands for a definition in the file that a platform lays out. Texts have no bare quotes, so none looks like it. */
const SLOT = '$definition';
const SLOTS = /\{"\$definition":(\d+)\}/;

/** Writes the export file of a platform piece by piece, however large the model of a target is. */
@Injectable()
export class TargetExport {
  constructor(
    private readonly versions: VersionHistoryService,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** The platform's own export file of what is present; it reads on as it is read. Throws {@link LiveStateIncompleteError}. */
  async open(platform: string, items: ModelItem[]): Promise<AsyncIterable<string>> {
    const present = items.filter(({ state }) => state !== 'ABSENT');
    const versions = await this.versionsOf(platform, present);
    const missing = present.filter((item) => !versions.has(versionKey(item)));
    if (missing.length > 0) throw new LiveStateIncompleteError(missing);
    const file = this.platforms
      .model(platform)
      .writeExport(present.map(({ kind, typeKey }, index) => ({ kind, typeKey, definition: { [SLOT]: index } })));
    // Text, a slot, text, a slot, …, text.
    const layout = JSON.stringify(file).split(SLOTS);
    return this.pieces(layout, (slot) => versions.get(versionKey(present[Number(slot)]!))!);
  }

  private async *pieces(layout: string[], versionOf: (slot: string) => ContentTypeVersion): AsyncGenerator<string> {
    for (let from = 0; from < layout.length; from += 2 * READ_AT_ONCE) {
      const part = layout.slice(from, from + 2 * READ_AT_ONCE);
      const definitions = await this.versions.definitions(part.filter((_, index) => index % 2 === 1).map(versionOf));
      for (const [index, piece] of part.entries()) {
        yield index % 2 === 0 ? piece : JSON.stringify(definitions[(index - 1) / 2]!.definition);
      }
    }
  }

  private async versionsOf(
    platform: string,
    items: (ItemRef & { versionHash: string | null })[],
  ): Promise<Map<string, ContentTypeVersion>> {
    const named = items.flatMap(({ versionHash, ...ref }) => (versionHash ? [{ ...ref, versionHash }] : []));
    const found = await this.versions.byHashes(platform, named);
    return new Map(found.map((version) => [versionKey(version), version]));
  }
}
