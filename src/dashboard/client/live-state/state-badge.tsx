import type { Schemas } from '../api/client.ts';
import { type Evidence, withEvidence } from '../badges/evidence.ts';
import { Tag } from '../badges/tag.tsx';

export type State = Schemas['LiveItemDto']['state'];

/** What stands at a target for one item. */
export const STATES = {
  PRESENT: { label: 'Present', tone: 'good', meaning: 'The target has this version.' },
  ABSENT: { label: 'Absent', tone: 'quiet', meaning: 'The target does not have the item.' },
  UNKNOWN: { label: 'Unknown', tone: 'bad', meaning: 'A push may have changed the item. Pull to find out.' },
} as const satisfies Record<State, object>;

/** The state of an item at a target, with its evidence on hover. */
export function StateBadge({ state, evidence = null }: { state: State; evidence?: Evidence | null }) {
  const { label, tone, meaning } = STATES[state];
  return (
    <Tag tone={tone} title={withEvidence(meaning, evidence)}>
      {label}
    </Tag>
  );
}

/** Somebody else has changed or removed what was last sent there; drift rules may expect that. */
export function DriftBadge({ isExpected }: { isExpected: boolean }) {
  const changed = 'Somebody else has changed or removed the version that was last sent there.';
  return isExpected ? (
    <Tag tone="quiet" title={`${changed} Drift rules expect that.`}>
      Expected drift
    </Tag>
  ) : (
    <Tag tone="caution" title={changed}>
      Drift
    </Tag>
  );
}
