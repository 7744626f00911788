/** The content that was sent or received, each once under its digest; refuses more than 10,000,000 bytes. */
export { decompressPackFor, MAX_PACK_BYTES, partOf } from './content-pack.ts';
export { GZIP_ABOVE, type PreparedSnapshot, SNAPSHOT_LIMIT, unpack } from './pack.ts';
export { Snapshot } from './snapshot.entity.ts';
export { SnapshotCorruptError, SnapshotNotFoundError, SnapshotTooLargeError } from './snapshot.errors.ts';
export { SnapshotPacker } from './snapshot.packer.ts';
export { SnapshotModule } from './snapshot.module.ts';
export { storeSnapshots } from './store-snapshots.ts';
export { SnapshotService, type SnapshotValidation } from './snapshot.service.ts';
export {
  canonicalDigest,
  canonicalDigestAsync,
  canonicalJson,
  canonicalText,
  type ComparisonLimits,
  ComparisonRoom,
  type Difference,
  differenceLine,
  differences,
  isJsonObject,
  type Json,
  JSON_LIMITS,
  type JsonLimits,
  type JsonObject,
  jsonPatchOf,
  JsonReader,
  JsonTextError,
  MAX_VALUES,
  NotJsonError,
  pointerNames,
  pointerSegment,
  readInSlices,
  SHOWN,
  textInSlices,
} from '#json';
export { checkSnapshots } from './snapshot.check.ts';
export {
  compareInSlices,
  compareJson,
  inSlices,
  type JsonComparison,
  type PathChange,
  type PathValue,
  type ShownComparison,
} from './snapshot-comparison.ts';
