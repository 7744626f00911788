import { stripVTControlCharacters, styleText } from 'node:util';
import type { Status } from './service-api.ts';

const STATUS_SHAPES = {
  SUCCESS: ['green', '✔'],
  PARTIAL: ['yellow', '◐'],
  FAILED: ['red', '✖'],
  IN_PROGRESS: ['cyan', '◌'],
  QUEUED: ['cyan', '…'],
  CANCELLED: ['yellow', '⊘'],
  NOT_SENT: ['yellow', '⊘'],
} as const satisfies Record<Status, [string, string]>;

/** A status as shape, word and colour: none of them alone has to carry it. */
export function statusText(status: Status): string {
  const [colour, shape] = STATUS_SHAPES[status];
  return styleText(colour, `${shape} ${status}`);
}

/** "2 ✔ SUCCESS, 1 ✖ FAILED". */
export function countedStatuses(items: { status: Status }[]): string {
  const byStatus = Map.groupBy(items, ({ status }) => status);
  return [...byStatus].map(([status, { length }]) => `${length} ${statusText(status)}`).join(', ');
}

/** Cuts to a number of columns, with an ellipsis; what is cut must have no colours. */
export function fitted(text: string, columns: number): string {
  return stripVTControlCharacters(text).length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

/** Fills up to a number of columns; colours take none. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stripVTControlCharacters(text).length));
}

/** "2 contentType, 1 propertyGroup". */
export function countedKinds(items: { kind: string }[]): string {
  const byKind = [...Map.groupBy(items, ({ kind }) => kind)].toSorted(([, a], [, b]) => b.length - a.length);
  return byKind.map(([kind, { length }]) => `${length} ${kind}`).join(', ');
}
