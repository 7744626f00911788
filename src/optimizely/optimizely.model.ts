import { ELEMENT_KEYS } from '#json';
import type { PlatformModel } from '#platform';
import { isBuiltIn } from './built-in-types.ts';
import { impactOf } from './change-impact.ts';
import { readManifestFile, writeManifestFile } from './manifest-file.ts';
import { KINDS } from './manifest.ts';
import { references } from './references.ts';
import { SERVER_SET } from './server-set.ts';
import { unknownFields } from './unknown-fields.ts';

/** What others must know of the content of Optimizely CMS. */
export const OPTIMIZELY_MODEL: PlatformModel = {
  kinds: KINDS,
  // Nobody says how large a manifest may be. A model of this size is one call, which the platform applies as one.
  itemsPerCall: 1_000,
  serverSet: SERVER_SET,
  keyMember: 'key',
  // Choices of an enumeration have a value in place of a key.
  elementKeys: ELEMENT_KEYS,
  readExport: readManifestFile,
  writeExport: writeManifestFile,
  impactOf,
  references,
  unknownFields,
  isBuiltIn: ({ kind, typeKey }, definition) => isBuiltIn(kind, typeKey, definition),
};
