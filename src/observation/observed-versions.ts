import { Injectable, Logger } from '@nestjs/common';
import { isJsonObject, NotJsonError } from '#json';
import { itemRef, type SyncAnswerItem, type Target } from '#platform';
import { SnapshotTooLargeError } from '#snapshot';
import { nameProblem } from '#validation';
import { refKey, type VersionCommit, VersionHistoryService } from '#versioning';
import { storableText } from '../storable-text.ts';

/** The author of a change where the platform does not say who made it. */
const NOBODY_TOLD = 'platform';
const MAX_AUTHOR = 255;
/** Each commit is a transaction. */
const AT_ONCE = 500;

/** Keeps what a pull saw first: content that is no version yet becomes one, with the origin OBSERVED. */
@Injectable()
export class ObservedVersions {
  private readonly logger = new Logger(ObservedVersions.name);

  constructor(private readonly versions: VersionHistoryService) {}

  /** `hashes` are the version hashes of what was pulled, by {@link refKey}. */
  async keep(target: Target, items: SyncAnswerItem[], hashes: Map<string, string>): Promise<void> {
    const seen = items.flatMap((item) => {
      const commit = commitOf(target, item);
      return commit ? [{ ...commit, versionHash: hashes.get(refKey(commit))! }] : [];
    });
    const known = await this.versions.byHashes(target.platform, seen);
    const keys = new Set(known.map((version) => refKey(version) + version.versionHash));
    const isNew = (commit: (typeof seen)[number]) => !keys.has(refKey(commit) + commit.versionHash);
    const unknown = seen.filter(isNew);
    for (let from = 0; from < unknown.length; from += AT_ONCE) {
      await this.commit(unknown.slice(from, from + AT_ONCE));
    }
  }

  /** Content that no snapshot holds keeps no other from its version. */
  private async commit(commits: VersionCommit[]): Promise<void> {
    try {
      await this.versions.commit(commits);
    } catch (error) {
      if (!(error instanceof SnapshotTooLargeError || error instanceof NotJsonError)) throw error;
      if (commits.length > 1) for (const commit of commits) await this.commit([commit]);
      else this.logger.warn(`The content of "${commits[0]!.typeKey}" is no version: ${error.message}`);
    }
  }
}

/** Undefined for what is no definition, or has a key that cannot be kept. */
function commitOf(target: Target, item: SyncAnswerItem): VersionCommit | undefined {
  const { status, data: definition, changedBy } = item;
  const { kind, typeKey } = itemRef(item);
  if (status !== 'SUCCESS' || !isJsonObject(definition) || nameProblem(typeKey) || nameProblem(kind)) return undefined;
  return {
    ...{ platform: target.platform, kind, typeKey, definition, origin: 'OBSERVED' },
    author: (typeof changedBy === 'string' && storableText(changedBy, MAX_AUTHOR)) || NOBODY_TOLD,
    message: `First seen in a pull of ${target.platform} "${target.environment}"`,
  };
}
