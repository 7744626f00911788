import { isoTime } from '#database';
import { rowWriter, type TextRow } from '#json';
import { SHOWN_FIELDS } from './sync-columns.ts';

/** A sync as the API shows it, in JSON, and by what pages are told apart. */
export interface SyncText {
  id: string;
  durationMs: number | null;
  text: string;
}

/** SQL: the columns of `sync_history h` that {@link syncText} reads. */
export const SHOWN_COLUMNS = SHOWN_FIELDS.map(({ column, type }) =>
  type === 'timestamptz' ? isoTime(`h.${column}`) : `h.${column}`,
).join(', ');

const WRITE = rowWriter(SHOWN_FIELDS);
const [ID, DURATION] = [indexOf('id'), indexOf('durationMs')];

/** What columns come after {@link SHOWN_COLUMNS} is left out. */
export function syncText(row: TextRow): SyncText {
  const durationMs = row[DURATION] ?? null;
  return { id: row[ID]!, durationMs: durationMs === null ? null : Number(durationMs), text: WRITE(row) };
}

function indexOf(field: string): number {
  return SHOWN_FIELDS.findIndex(({ name }) => name === field);
}
