export { isJsonObject, type Json, type JsonObject } from './json.ts';
export { canonicalDigest, canonicalDigestAsync, canonicalJson, canonicalText, TimeSlice } from './canonical-json.ts';
export {
  compareInSlices,
  compareJson,
  inSlices,
  type JsonComparison,
  type PathChange,
  type PathValue,
  type ShownComparison,
} from './snapshot-comparison.ts';
export { type ComparisonLimits, ComparisonRoom, SHOWN } from './comparison-room.ts';
export { type Difference, differenceLine, differences } from './json-differences.ts';
export { jsonPatchOf } from './json-patch.ts';
export { textInSlices } from './text-in-slices.ts';
export { pointerNames, pointerSegment } from './json-pointer.ts';
export { Snapshot } from './snapshot.entity.ts';
export { NotJsonError, SnapshotCorruptError, SnapshotNotFoundError, SnapshotTooLargeError } from './snapshot.errors.ts';
export { checkSnapshots } from './snapshot.check.ts';
export { SnapshotModule } from './snapshot.module.ts';
export { GZIP_ABOVE, SNAPSHOT_LIMIT, type PreparedSnapshot, unpack } from './pack.ts';
export { SnapshotService, type SnapshotValidation } from './snapshot.service.ts';
export { JSON_LIMITS, type JsonLimits, MAX_VALUES } from './json-limits.ts';
export { JsonReader, readInSlices } from './json-reader.ts';
export { JsonTextError } from './json-text.error.ts';
