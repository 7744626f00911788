import { Injectable } from '@nestjs/common';
import { isJsonObject, type Json, type JsonObject } from '#json';
import { MAX_PROBLEMS, ProblemList, textProblem } from '#validation';
import { cut, quoted } from '../quoted.ts';
import type { ContentTypeVersion } from './content-type-version.entity.ts';
import { refKey, type VersionCommit, VersionHistoryService } from './version-history.service.ts';
import { InvalidDefinitionError, type InvalidPlace } from './version.errors.ts';

/** The lists of a manifest that are content types, and the kind of each. */
const SECTIONS = { propertyGroups: 'propertyGroup', contentTypes: 'contentType', displayTemplates: 'displayTemplate' };

export const LONGEST_KEY = 255;
/** Definitions that one import takes: its answer names the version of each. */
const MAX_DEFINITIONS = 2_000;

export interface ImportResult {
  versions: { version: ContentTypeVersion; created: boolean }[];
  /** Members of the manifest that hold no content types, at most 50; they were not taken. */
  ignored: string[];
  /** How many there are beyond those. */
  moreIgnored: number;
}

/** Takes definitions from outside into the history of versions. */
@Injectable()
export class ContentTypeImporter {
  constructor(private readonly versions: VersionHistoryService) {}

  /** Makes every definition of a manifest the latest version, all or none. Throws {@link InvalidDefinitionError}. */
  async importManifest(manifest: Json, author: string, message?: string): Promise<ImportResult> {
    if (!isJsonObject(manifest)) throw invalid('manifest', 'must be an object');
    const sections = Object.entries(SECTIONS).map(([section, kind]) => ({
      ...{ section, kind },
      definitions: Object.hasOwn(manifest, section) ? manifest[section] : [],
    }));
    assertCounts(sections);
    const problems = new ProblemList<InvalidPlace>();
    const commits: VersionCommit[] = [];
    for (const { section, kind, definitions } of sections) {
      for (const [index, definition] of (definitions as Json[]).entries()) {
        const detail = definitionProblem(definition);
        if (detail) problems.add({ field: `${section}[${index}]`, detail });
        else commits.push({ ...checked(kind, definition as JsonObject), author, message });
      }
    }
    for (const { kind, typeKey } of duplicates(commits)) {
      problems.add({ field: `${kind} ${quoted(typeKey)}`, detail: 'is there twice' });
    }
    if (!problems.isEmpty) throw new InvalidDefinitionError(problems);
    const others = Object.keys(manifest).filter((member) => !Object.hasOwn(SECTIONS, member));
    const ignored = others.slice(0, MAX_PROBLEMS).map((member) => cut(member));
    return { versions: await this.versions.commit(commits), ignored, moreIgnored: others.length - ignored.length };
  }

  /** Makes one definition the latest version of its type. Throws {@link InvalidDefinitionError}. */
  async importDefinition(commit: Omit<VersionCommit, 'definition'> & { definition: Json }) {
    const { definition, typeKey } = commit;
    if (!isJsonObject(definition)) throw invalid('definition', 'must be an object');
    if (Object.hasOwn(definition, 'key') && definition.key !== typeKey) {
      throw invalid('definition.key', `must be "${typeKey}", the key in the address, not ${quoted(definition.key)}`);
    }
    const [result] = await this.versions.commit([{ ...commit, definition }]);
    return result!;
  }
}

function invalid(field: string, detail: string): InvalidDefinitionError {
  return new InvalidDefinitionError(ProblemList.of([{ field, detail }]));
}

/** How many there are comes before what they are. */
function assertCounts(sections: { section: string; definitions: Json | undefined }[]): void {
  let count = 0;
  for (const { section, definitions } of sections) {
    if (!Array.isArray(definitions)) throw invalid(section, 'must be a list');
    count += definitions.length;
  }
  if (count === 0) throw invalid('manifest', `must have definitions in one of ${Object.keys(SECTIONS).join(', ')}`);
  if (count > MAX_DEFINITIONS) {
    throw invalid('manifest', `has ${count} definitions; an import takes ${MAX_DEFINITIONS}: send several`);
  }
}

function definitionProblem(definition: Json): string | undefined {
  if (!isJsonObject(definition)) return 'must be an object';
  if (!Object.hasOwn(definition, 'key')) return 'must have a "key"';
  const problem = textProblem(definition.key, LONGEST_KEY);
  return problem && `has a "key" that ${problem}`;
}

function checked(kind: string, definition: JsonObject): { kind: string; typeKey: string; definition: JsonObject } {
  return { kind, typeKey: definition.key as string, definition };
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
