import { isJsonObject, type Json } from '#json';
import type { SyncFailure } from '#platform';

const TYPES = new Set([
  'blankexperience',
  'blanksection',
  'syscontentfolder',
  'genericmedia',
  'imagemedia',
  'videomedia',
]);
const GROUPS = new Set(['Content', 'Scheduling', 'Settings', 'Shortcut', 'Categories', 'DynamicBlocks']);

/**
 * Whether it belongs to the CMS itself: a type (in any case) or group of a fresh instance, a global contract, or a
 * definition that names a `source`. An instance lets some of these be deleted, and does not recover.
 */
export function isBuiltIn(kind: string, key: string, definition?: Json): boolean {
  const source = isJsonObject(definition) ? definition['source'] : undefined;
  return (
    (source ?? '') !== '' ||
    key.startsWith('globalcontract:') ||
    (kind === 'contentType' && TYPES.has(key.toLowerCase())) ||
    (kind === 'propertyGroup' && GROUPS.has(key))
  );
}

/** Why something built in is left alone. */
export const builtIn = (kind: string, key: string): SyncFailure => ({
  code: 'BUILT_IN_TYPE',
  message: `The ${kind} "${key}" belongs to the CMS and is never sent, pulled or deleted: leave it out.`,
});
