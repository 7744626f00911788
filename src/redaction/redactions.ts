import type { Mark } from './mark.ts';

/** Where a secret was left out, as a JSON Pointer (RFC 6901). */
export interface LocatedMark extends Mark {
  pointer: string;
}

/** What was left out of a value. */
export interface Redactions {
  count: number;
  /** The first of them. */
  marks: LocatedMark[];
}

/** A value without its secrets; the very same value where it has none. */
export interface Redacted<T> extends Redactions {
  value: T;
}

/** Places that are named. */
export const MAX_MARKS = 20;
/** Work that may pause where it yields. */
export type Steps<T> = Generator<undefined, T>;

/** Makes marks, and finds what is to become one in a text. */
export interface Marker {
  mark(secret: string): string;
  textSteps(text: string): Steps<{ text: string; marks: Mark[] }>;
}
