/** JSON of others, read, compared and written within limits; refuses what JSON cannot hold exactly. */
export { JSON_LIMITS, type JsonLimits, MAX_VALUES } from './json-limits.ts';
export { JsonReader, readInSlices } from './json-reader.ts';
export { JsonTextError } from './json-text.error.ts';
export { NotJsonError } from './not-json.error.ts';
export {
  canonicalDigest,
  canonicalDigestAsync,
  canonicalJson,
  canonicalPieces,
  canonicalText,
} from './canonical-json.ts';
export { isJsonObject, type Json, type JsonObject } from './json.ts';
export { rowWriter, type TextRow } from './json-row.ts';
export { jsonPatchOf } from './json-patch.ts';
export { pointerNames, pointerSegment } from './json-pointer.ts';
export { textInSlices } from './text-in-slices.ts';
export { type ComparisonLimits, ComparisonRoom, SHOWN } from './comparison-room.ts';
export { type Difference, differenceLine, differences } from './json-differences.ts';
export { ELEMENT_KEYS } from './json-parts.ts';
