import type { Json, JsonObject } from '#json';
import type { SyncFailure } from '#platform';
import type { RedactedNames } from '#redaction';
import type { PreparedSnapshot, SnapshotService } from '#snapshot';
import { storableText, wellFormedJson } from '../storable-text.ts';

const HALVES_REPLACED = 'The answer had halves of characters. Each was replaced with U+FFFD.';

/** An answer as a snapshot; the note tells in the metadata of its sync what differs. */
export interface PreparedResponse {
  snapshot: PreparedSnapshot | null;
  note?: JsonObject;
}

/** What came back, ready to be stored. A body shared by the syncs of one call is prepared once. */
export async function prepareResponse(
  snapshots: SnapshotService,
  response: Json | undefined,
  prepared: Map<Json, PreparedResponse>,
  names?: RedactedNames,
): Promise<PreparedResponse> {
  if (response === undefined) return { snapshot: null };
  const known = prepared.get(response);
  if (known) return known;
  const made = await snapshots.prepare(response, names).then(
    (snapshot) => ({ snapshot }),
    (error: SyncFailure) => prepareChanged(snapshots, response, error, names),
  );
  prepared.set(response, made);
  return made;
}

/** A platform may answer what no snapshot holds; the sync is settled all the same, and says so. */
async function prepareChanged(
  snapshots: SnapshotService,
  response: Json,
  { message }: SyncFailure,
  names?: RedactedNames,
): Promise<PreparedResponse> {
  const wellFormed = wellFormedJson(response);
  const snapshot = wellFormed === response ? null : await snapshots.prepare(wellFormed, names).catch(() => null);
  if (snapshot) return { snapshot, note: { responseChanged: HALVES_REPLACED } };
  return { snapshot, note: { responseNotKept: storableText(message) } };
}
