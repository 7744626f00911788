import { isJsonObject, type Json, type JsonObject } from '#json';
import type { ExportContent, ExportedItem, ExportProblem, ItemRef } from '#platform';
import { isOptimizelyKind, KINDS, type OptimizelyKind, SECTION_OF_KIND } from './manifest.ts';

interface SectionOfFile {
  kind: OptimizelyKind;
  section: string;
  definitions: Json[];
}

const SECTIONS: string[] = KINDS.map((kind) => SECTION_OF_KIND[kind]);

/** Reads a manifest, as the CMS exports it: a list of definitions in each section. */
export function readManifestFile(document: Json): ExportContent | ExportProblem {
  if (!isJsonObject(document)) return { place: '', problem: 'must be an object' };
  const sections: SectionOfFile[] = [];
  for (const kind of KINDS) {
    const section = SECTION_OF_KIND[kind];
    const definitions = Object.hasOwn(document, section) ? document[section] : [];
    if (!Array.isArray(definitions)) return { place: section, problem: 'must be a list' };
    sections.push({ kind, section, definitions });
  }
  const count = sections.reduce((sum, { definitions }) => sum + definitions.length, 0);
  if (count === 0) return { place: '', problem: `must have definitions in one of ${SECTIONS.join(', ')}` };
  const ignored = Object.keys(document).filter((member) => !SECTIONS.includes(member));
  return { count, entries: entriesOf(sections), ignored };
}

/** The same file of items; what is of no kind of the CMS is left out. */
export function writeManifestFile(items: (ItemRef & { definition: JsonObject })[]): JsonObject {
  const manifest: Record<string, JsonObject[]> = {};
  for (const kind of KINDS) manifest[SECTION_OF_KIND[kind]] = [];
  for (const { kind, definition } of items) {
    if (isOptimizelyKind(kind)) manifest[SECTION_OF_KIND[kind]]!.push(definition);
  }
  return manifest;
}

function* entriesOf(sections: SectionOfFile[]): Generator<ExportedItem | ExportProblem, void> {
  for (const { kind, section, definitions } of sections) {
    for (const [index, definition] of definitions.entries()) {
      yield readDefinition(kind, definition, `${section}[${index}]`);
    }
  }
}

function readDefinition(kind: OptimizelyKind, definition: Json, place: string): ExportedItem | ExportProblem {
  if (!isJsonObject(definition)) return { place, problem: 'must be an object' };
  if (!Object.hasOwn(definition, 'key')) return { place, problem: 'must have a "key"' };
  const { key } = definition;
  if (typeof key !== 'string') return { place, problem: 'has a "key" that must be a string' };
  return { place, kind, typeKey: key, definition };
}
