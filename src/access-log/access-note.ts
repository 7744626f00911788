import { AsyncLocalStorage } from 'node:async_hooks';
import type { AccessEntry } from './access-event.ts';

/** What a route tells of its request, for the event of it. */
export type AccessNote = Pick<AccessEntry, 'subject' | 'target' | 'filter'>;

const notes = new AsyncLocalStorage<AccessNote>();

/** Runs a route that may take notes. */
export function takingNotes<T>(note: AccessNote, run: () => T): T {
  return notes.run(note, run);
}

/** A target of a filter; several are none. */
interface NamedTarget {
  platform?: string | string[];
  environment?: string | string[];
}

/** Tells the event of this request what it concerns. Does nothing in a route that is not `@Logged`. */
export function noteAccess({ target }: { target: NamedTarget }): void {
  const note = notes.getStore();
  const [platform, environment] = [only(target.platform), only(target.environment)];
  if (note && platform !== undefined && environment !== undefined) note.target = { platform, environment };
}

function only(value: string | string[] | undefined): string | undefined {
  const values = value === undefined ? [] : [value].flat();
  return values.length === 1 ? values[0] : undefined;
}
