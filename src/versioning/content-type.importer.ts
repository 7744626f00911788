import { Injectable } from '@nestjs/common';
import { isJsonObject, type Json, type JsonObject } from '#snapshot';
import type { ContentTypeVersion } from './content-type-version.entity.ts';
import { InvalidDefinitionError } from './version.errors.ts';
import { VersionHistoryService, refKey, type VersionCommit } from './version-history.service.ts';

/** The lists of a manifest that are content types, and the kind of each. */
const SECTIONS = { propertyGroups: 'propertyGroup', contentTypes: 'contentType', displayTemplates: 'displayTemplate' };

export const LONGEST_KEY = 255;

export interface ImportResult {
  versions: { version: ContentTypeVersion; created: boolean }[];
  /** Members of the manifest that hold no content types; they were not taken. */
  ignored: string[];
}

/** Takes definitions from outside into the history of versions. */
@Injectable()
export class ContentTypeImporter {
  constructor(private readonly versions: VersionHistoryService) {}

  /** Makes every definition of a manifest the latest version, all or none. Throws {@link InvalidDefinitionError}. */
  async importManifest(manifest: Json, author: string, message?: string): Promise<ImportResult> {
    if (!isJsonObject(manifest)) throw new InvalidDefinitionError([{ field: 'manifest', detail: 'must be an object' }]);
    const errors: { field: string; detail: string }[] = [];
    const commits: VersionCommit[] = [];
    for (const [section, kind] of Object.entries(SECTIONS)) {
      const definitions = manifest[section] ?? [];
      if (!Array.isArray(definitions)) {
        errors.push({ field: section, detail: 'must be a list' });
        continue;
      }
      for (const [index, definition] of definitions.entries()) {
        const problem = definitionProblem(definition);
        if (problem) errors.push({ field: `${section}[${index}]`, detail: problem });
        else commits.push({ ...checked(kind, definition as JsonObject), author, message });
      }
    }
    if (commits.length === 0 && errors.length === 0) {
      errors.push({ field: 'manifest', detail: `must have definitions in one of ${Object.keys(SECTIONS).join(', ')}` });
    }
    errors.push(...duplicates(commits));
    if (errors.length > 0) throw new InvalidDefinitionError(errors);
    const ignored = Object.keys(manifest).filter((member) => !Object.hasOwn(SECTIONS, member));
    return { versions: await this.versions.commit(commits), ignored };
  }

  /** Makes one definition the latest version of its type. Throws {@link InvalidDefinitionError}. */
  async importDefinition(commit: Omit<VersionCommit, 'definition'> & { definition: Json }) {
    const { definition, typeKey } = commit;
    if (!isJsonObject(definition)) {
      throw new InvalidDefinitionError([{ field: 'definition', detail: 'must be an object' }]);
    }
    if (Object.hasOwn(definition, 'key') && definition.key !== typeKey) {
      const detail = `must be "${typeKey}", the key in the address, not ${JSON.stringify(definition.key)}`;
      throw new InvalidDefinitionError([{ field: 'definition.key', detail }]);
    }
    const [result] = await this.versions.commit([{ ...commit, definition }]);
    return result!;
  }
}

function definitionProblem(definition: Json): string | undefined {
  if (!isJsonObject(definition)) return 'must be an object';
  const key = Object.hasOwn(definition, 'key') ? definition.key : undefined;
  if (typeof key !== 'string' || key === '') return 'must have a "key"';
  if (key.length > LONGEST_KEY) return `has a key of ${key.length} characters; ${LONGEST_KEY} are allowed`;
  if (key.includes('\0')) return 'has a key with a NUL character';
  return undefined;
}

function checked(kind: string, definition: JsonObject): { kind: string; typeKey: string; definition: JsonObject } {
  return { kind, typeKey: definition.key as string, definition };
}

function duplicates(commits: VersionCommit[]): { field: string; detail: string }[] {
  const keys = commits.map(refKey);
  const twice = new Set(commits.filter((commit, index) => keys.indexOf(refKey(commit)) !== index));
  return [...twice].map(({ kind, typeKey }) => ({ field: `${kind} "${typeKey}"`, detail: 'is there twice' }));
}
