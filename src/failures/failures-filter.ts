import { type AskedConditions, conditionsOf, type FilterConditions, InvalidFilterError } from '#history';

/** What selects syncs whatever came of them: a pattern compares failures with all other syncs. */
export const FILTER_NAMES = [
  ...(['platform', 'environment', 'typeKey', 'kind', 'direction', 'trigger', 'actor'] as const),
  ...(['deploymentId', 'label', 'callId', 'versionHash', 'forced'] as const),
] as const;

/** Which syncs failures are looked for among. */
export type AskedFailures = Pick<AskedConditions, (typeof FILTER_NAMES)[number] | 'targetPlatform'>;
/** The same, each by one name. */
export type FailuresFilter = Pick<FilterConditions, (typeof FILTER_NAMES)[number]>;

/** Throws `InvalidFilterError` for a filter by what came of a sync. */
export function failuresFilter(asked: AskedFailures): FailuresFilter {
  const conditions = conditionsOf(asked);
  const other = Object.keys(conditions).find((name) => !FILTER_NAMES.includes(name as keyof FailuresFilter));
  if (other)
    throw new InvalidFilterError(
      other,
      'does not apply to failures, which are compared with all other syncs',
      'CONFLICT',
    );
  return conditions;
}
