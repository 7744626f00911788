import { Injectable } from '@nestjs/common';
import { isJsonObject, type Json } from '#json';
import { TimeSlice } from '#pace';
import {
  type ExportedItem,
  type ExportProblem,
  PlatformRegistry,
  type UnknownMembers,
  unknownMembers,
} from '#platform';
import { type RedactedItem, Redaction, SecretInDefinitionError } from '#redaction';
import { type FieldCode, MAX_PROBLEMS, nameProblem, ProblemList, textProblem } from '#validation';
import { cut, quoted } from '../quoted.ts';
import type { ContentTypeVersion } from './content-type-version.entity.ts';
import { refKey } from './type-ref.ts';
import type { BesideCommit, VersionCommit } from './version-commit.ts';
import { VersionHistoryService } from './version-history.service.ts';
import { InvalidDefinitionError } from './version.errors.ts';

export const MAX_KEY = 255;
const MAX_KIND = 100;
/** Definitions that one import takes: its answer names the version of each. */
const MAX_DEFINITIONS = 2_000;

/** A version, and whether it is new. */
export interface ImportedVersion extends UnknownMembers {
  version: ContentTypeVersion;
  created: boolean;
}

export interface ImportResult {
  versions: ImportedVersion[];
  /** Members of the manifest that hold no content types, at most 50; they were not taken. */
  ignored: string[];
  /** How many there are beyond those. */
  moreIgnored: number;
}

/** Who imports, why, and for which platform. */
export interface ImportRequest {
  platform: string;
  author: string;
  message?: string;
}

/** Takes definitions of others into the history of versions. */
@Injectable()
export class ContentTypeImporter {
  constructor(
    private readonly versions: VersionHistoryService,
    private readonly platforms: PlatformRegistry,
    private readonly redaction: Redaction,
  ) {}

  /** Makes every definition of a manifest the latest version, all or none. Throws {@link InvalidDefinitionError} and `SecretInDefinitionError`. */
  async importManifest(
    manifest: Json,
    { platform, author, message }: ImportRequest,
    beside?: BesideCommit,
  ): Promise<ImportResult> {
    const content = this.platforms.model(platform).readExport(manifest);
    if ('problem' in content)
      throw invalid(content.place === '' ? 'manifest' : content.place, content.problem, 'INVALID');
    const { count, entries, ignored } = content;
    // How many there are comes before what they are.
    if (count > MAX_DEFINITIONS) {
      throw invalid(
        'manifest',
        `has ${count} definitions; an import takes ${MAX_DEFINITIONS}: send several`,
        'TOO_MANY',
      );
    }
    const problems = new ProblemList();
    const commits: VersionCommit[] = [];
    const slice = new TimeSlice();
    for (const entry of entries) {
      if (slice.isOver) await slice.giveWay();
      const read = withGoodName(entry);
      if ('problem' in read) problems.add({ field: read.place, detail: read.problem, code: 'INVALID' });
      else {
        const { kind, typeKey, definition } = read;
        commits.push({ platform, kind, typeKey, definition, author, message });
      }
    }
    for (const { kind, typeKey } of duplicates(commits)) {
      problems.add({ field: `${kind} ${quoted(typeKey)}`, detail: 'occurs twice', code: 'REPEATED' });
    }
    if (!problems.isEmpty) throw new InvalidDefinitionError(problems);
    const named = ignored.slice(0, MAX_PROBLEMS).map((member) => cut(member));
    const versions = await this.commit(commits, beside);
    return { versions, ignored: named, moreIgnored: ignored.length - named.length };
  }

  /** Makes one definition the latest version of its type. Throws as {@link importManifest} does. */
  async importDefinition(commit: Omit<VersionCommit, 'definition'> & { definition: Json }): Promise<ImportedVersion> {
    const { platform, definition, typeKey } = commit;
    if (!isJsonObject(definition)) throw invalid('definition', 'must be an object', 'NOT_AN_OBJECT');
    const { keyMember } = this.platforms.model(platform);
    if (keyMember !== undefined && Object.hasOwn(definition, keyMember) && definition[keyMember] !== typeKey) {
      const detail = `must be "${typeKey}", the key in the address, not ${quoted(definition[keyMember])}`;
      throw invalid(`definition.${keyMember}`, detail, 'CONFLICT');
    }
    const [result] = await this.commit([{ ...commit, definition }]);
    return result!;
  }

  private async commit(commits: VersionCommit[], beside?: BesideCommit): Promise<ImportedVersion[]> {
    await this.assertNoSecrets(commits);
    const versions = await this.versions.commit(commits, beside);
    const imported: ImportedVersion[] = [];
    const slice = new TimeSlice();
    for (const [index, { platform, kind, definition }] of commits.entries()) {
      if (slice.isOver) await slice.giveWay();
      imported.push({ ...versions[index]!, ...unknownMembers(this.platforms.model(platform), definition, kind) });
    }
    return imported;
  }

  /** A version without its secrets could not be deployed. */
  private async assertNoSecrets(commits: VersionCommit[]): Promise<void> {
    const items: RedactedItem[] = [];
    for (const { platform, kind, typeKey, definition } of commits) {
      const { redaction } = this.platforms.model(platform);
      const { count, marks } = await this.redaction.jsonInSlices(definition, redaction);
      if (count > 0) items.push({ kind, typeKey, count, marks });
    }
    if (items.length > 0) throw new SecretInDefinitionError(items);
  }
}

function invalid(field: string, detail: string, code: FieldCode): InvalidDefinitionError {
  return new InvalidDefinitionError(ProblemList.of([{ field, detail, code }]));
}

/** The entry, or why its kind or key cannot be stored. */
function withGoodName(entry: ExportedItem | ExportProblem): ExportedItem | ExportProblem {
  if ('problem' in entry) return entry;
  const { place, kind, typeKey } = entry;
  const ofKind = textProblem(kind, MAX_KIND);
  if (ofKind) return { place, problem: `has a kind that ${ofKind}` };
  const ofKey = nameProblem(typeKey, MAX_KEY);
  return ofKey ? { place, problem: `has a key that ${ofKey}` } : entry;
}

function duplicates(commits: VersionCommit[]): VersionCommit[] {
  const seen = new Set<string>();
  const twice = new Map<string, VersionCommit>();
  for (const commit of commits) {
    const key = refKey(commit);
    if (seen.has(key)) twice.set(key, commit);
    seen.add(key);
  }
  return [...twice.values()];
}
