import { type Json, type JsonObject, pointerNames } from '#json';
import { DEFAULT_MODEL, type Impact } from '#platform';

/** What a change means; `before` is the whole definition that it starts from. */
export function impactOf(
  { path, ...change }: { path: string; change: 'added' | 'removed' | 'modified'; before?: Json; after?: Json },
  before: JsonObject | null,
  model = DEFAULT_MODEL,
): Impact {
  return model.impactOf({ ...change, names: pointerNames(path) }, before);
}

/** The worst impact of all, or `none`. */
export function worstImpact(changes: Iterable<{ impact: Impact }>): Impact | 'none' {
  const found = new Set(Array.from(changes, ({ impact }) => impact));
  return (['breaking', 'additive', 'cosmetic'] as const).find((impact) => found.has(impact)) ?? 'none';
}
