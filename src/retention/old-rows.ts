/** Before which moments payloads and facts go; null is never. */
export interface Before {
  payloads: Date | null;
  facts: Date | null;
}

/** SQL with its values, which gives one row with a `count`. */
export type Counted = readonly [text: string, values: unknown[]];

/** Rows of another room that go with their time. Where nothing may go, neither statement is there. */
export interface OldRows {
  count: (before: Before) => Counted | null;
  /** Drops at most so many, the oldest first. */
  drop: (before: Before, most: number) => Counted | null;
  /** Rows that go at once. */
  most: number;
}

/** What other rooms may have, as reports name it: plans that were never deployed, checks of expectations, events of the access log. */
export const OLD_ROWS = ['plans', 'checks', 'accessEvents'] as const;
export type OldRowsName = (typeof OLD_ROWS)[number];
