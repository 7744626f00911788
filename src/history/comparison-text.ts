import { canonicalText, differenceLine, differences, type Json } from '#json';

const SIGNS = { added: '+', removed: '-', modified: '~' };

/** A comparison as a person reads it, piece by piece: a line a change, `+` added, `-` removed, `~` modified. */
export function* comparisonText(
  before: Json | undefined,
  after: Json,
  elementKeys: readonly string[],
): Generator<string, void> {
  const counts = { added: 0, removed: 0, modified: 0, unchanged: 0 };
  for (const difference of differences(before, after, counts, elementKeys)) {
    if (!difference) {
      yield '';
      continue;
    }
    const { change, place } = difference;
    counts[change] += 1;
    yield `${SIGNS[change]} ${place.path || '(everything)'}: `;
    if (difference.before !== undefined) yield* canonicalText(difference.before);
    if (change === 'modified') yield ' -> ';
    if (difference.after !== undefined) yield* canonicalText(difference.after);
    yield '\n';
  }
  const { added, removed, modified, unchanged } = counts;
  yield `${added} added, ${removed} removed, ${modified} modified, ${unchanged} unchanged\n`;
}

/** A comparison for programs, piece by piece: each change is a JSON object in a line of its own. */
export function* comparisonLines(
  before: Json | undefined,
  after: Json,
  elementKeys: readonly string[],
): Generator<string, void> {
  for (const difference of differences(before, after, { unchanged: 0 }, elementKeys)) {
    if (difference) yield* differenceLine(difference);
    else yield '';
  }
}
