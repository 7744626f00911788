import { ELEMENT_KEYS } from '#json';
import { DEFAULT_MODEL, type PlatformModel } from '#platform';
import { impactOf } from './change-impact.ts';
import { readManifestFile } from './manifest-file.ts';
import { KINDS } from './manifest.ts';

/** What others must know of the content of Optimizely CMS. */
export const OPTIMIZELY_MODEL: PlatformModel = {
  kinds: KINDS,
  serverSet: new Set(['created', 'createdBy', 'lastModified', 'lastModifiedBy']),
  keyMember: 'key',
  // Choices of an enumeration have a value in place of a key.
  elementKeys: ELEMENT_KEYS,
  readExport: readManifestFile,
  impactOf,
  references: DEFAULT_MODEL.references,
  unknownFields: DEFAULT_MODEL.unknownFields,
};
