import type { Column } from '#journal';
import { TRIGGERS } from '#platform';
import { InvalidNameError } from './recording.errors.ts';
import { DIRECTIONS } from './sync.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_SMALLINT = 32_767;
const VALUES: Record<string, readonly string[]> = { trigger: TRIGGERS, sync_direction: DIRECTIONS };

/** What is wrong with a value for a column of a type; only types that callers can get wrong. */
const PROBLEMS: Record<string, (value: unknown) => string | undefined> = {
  uuid: (value) => (typeof value === 'string' && UUID.test(value) ? undefined : 'is not a uuid'),
  text: (value) => (typeof value === 'string' ? undefined : 'is not a text'),
  smallint: (value) =>
    Number.isInteger(value) && Math.abs(value as number) <= MAX_SMALLINT ? undefined : 'is not a small integer',
  boolean: (value) => (typeof value === 'boolean' ? undefined : 'is neither true nor false'),
};

/**
 * The journal takes whatever it is given, so that what no table can hold is refused before. Throws {@link InvalidNameError}
 * for the first such value.
 */
export function assertStorable<Row>(columns: Column<Row>[], row: Row): void {
  for (const { name, type, value: of } of columns) {
    const value = of(row);
    if (value === null) continue;
    const problem = PROBLEMS[type]?.(value) ?? notAmong(VALUES[name], value as string);
    if (problem) throw new InvalidNameError(name, value, problem);
  }
}

function notAmong(values: readonly string[] | undefined, value: string): string | undefined {
  return !values || values.includes(value) ? undefined : `is not one of ${values.join(', ')}`;
}
