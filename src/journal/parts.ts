/** Rows, and bytes, of one call that are written together. */
const MAX_ROWS = 100;
const MAX_WEIGHT = 500_000;

/** The rows of a large call in parts, in their order: what others write goes between two parts, and the projector keeps up. */
export function* partsOf<Row>(rows: Row[], weightOf: (row: Row) => number): Generator<Row[]> {
  let from = 0;
  let weight = 0;
  for (const [index, row] of rows.entries()) {
    weight += weightOf(row);
    if (index > from && (index - from >= MAX_ROWS || weight > MAX_WEIGHT)) {
      yield rows.slice(from, index);
      [from, weight] = [index, weightOf(row)];
    }
  }
  if (from < rows.length) yield rows.slice(from);
}
