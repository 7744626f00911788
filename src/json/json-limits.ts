/** How much work the text of a JSON value may cause. */
export interface JsonLimits {
  /** Lists and objects within one another. */
  depth: number;
  /** Values in all: texts, numbers, lists, objects and so on, at whatever depth. */
  values: number;
  /** Elements of one list. */
  elements: number;
  /** Members of one object; its keys are held while it is read. */
  members: number;
  /** Characters of one key. */
  key: number;
  /** Characters of one number; a double without an exponent has up to 309 digits. */
  number: number;
  /** Takes half a surrogate pair in a text, for a caller that replaces it later. By default, it is refused. */
  loneSurrogates?: boolean;
}

export const JSON_LIMITS: JsonLimits = {
  depth: 200,
  values: 10_000,
  elements: 100_000,
  members: 20_000,
  key: 1_000,
  number: 400,
};
/** Values of a text that holds whole snapshots. */
export const MAX_VALUES = 1_000_000;
