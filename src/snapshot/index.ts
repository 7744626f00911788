export { isJsonObject, type Json, type JsonObject } from './json.ts';
export { canonicalBytes, canonicalDigest, canonicalJson } from './canonical-json.ts';
export { compareJson, type JsonComparison, type PathChange, type PathValue } from './snapshot-comparison.ts';
export { pointerNames } from './json-pointer.ts';
export { Snapshot } from './snapshot.entity.ts';
export { NotJsonError, SnapshotCorruptError, SnapshotNotFoundError, SnapshotTooLargeError } from './snapshot.errors.ts';
export { checkSnapshots } from './snapshot.check.ts';
export { SnapshotModule } from './snapshot.module.ts';
export {
  GZIP_ABOVE,
  SNAPSHOT_LIMIT,
  SnapshotService,
  unpack,
  type PreparedSnapshot,
  type SnapshotValidation,
} from './snapshot.service.ts';
