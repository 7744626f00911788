import { ELEMENT_KEYS, isJsonObject, type Json } from '#json';
import { DEFAULT_KIND } from './platform.adapter.ts';
import type { ExportContent, ExportedItem, ExportProblem, PlatformModel } from './platform.model.ts';

/** The model of a platform that gives none: it knows no field but those of every stored hash. */
export const DEFAULT_MODEL: PlatformModel = {
  // Stored hashes leave these out: another set would give the same content another name.
  serverSet: new Set(['created', 'createdBy', 'lastModified', 'lastModifiedBy']),
  keyMember: 'key',
  elementKeys: ELEMENT_KEYS,
  readExport,
  writeExport: (items) => ({ items: items.map((item) => ({ ...item })) }),
  impactOf: ({ change, before, after }) => {
    const isNewOrder = Array.isArray(before) && Array.isArray(after);
    if (isNewOrder) return before.some(isJsonObject) ? 'cosmetic' : 'breaking';
    return change === 'added' ? 'additive' : 'breaking';
  },
  references: () => [],
  unknownFields: () => [],
};

/** `{ "items": [{ "kind": …, "typeKey": …, "definition": {…} }] }`. */
function readExport(document: Json): ExportContent | ExportProblem {
  if (!isJsonObject(document)) return { place: '', problem: 'must be an object' };
  const items = Object.hasOwn(document, 'items') ? document.items : undefined;
  if (!Array.isArray(items)) return { place: 'items', problem: 'must be a list' };
  if (items.length === 0) return { place: 'items', problem: 'must have definitions' };
  const ignored = Object.keys(document).filter((member) => member !== 'items');
  return { count: items.length, entries: items.values().map(readItem), ignored };
}

function readItem(item: Json, index: number): ExportedItem | ExportProblem {
  const place = `items[${index}]`;
  if (!isJsonObject(item)) return { place, problem: 'must be an object' };
  const { kind = DEFAULT_KIND, typeKey, definition = null } = item;
  if (typeof kind !== 'string') return { place, problem: 'has a "kind" that must be a string' };
  if (typeof typeKey !== 'string') return { place, problem: 'must have a "typeKey" that is a string' };
  if (!isJsonObject(definition)) return { place, problem: 'must have a "definition" that is an object' };
  return { place, kind, typeKey, definition };
}
