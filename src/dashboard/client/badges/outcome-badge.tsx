import type { Sync } from '../api/client.ts';
import { withEvidence } from './evidence.ts';
import { Tag } from './tag.tsx';

export type Outcome = NonNullable<Sync['outcome']>;

/** What is known of the effect of a push. */
export const OUTCOMES = {
  APPLIED: { label: 'Applied', tone: 'good', meaning: 'The platform has applied the item.' },
  NOT_APPLIED: { label: 'Not applied', tone: 'quiet', meaning: 'The platform has not applied the item.' },
  PARTLY_APPLIED: { label: 'Partly applied', tone: 'caution', meaning: 'The platform has applied parts of the item.' },
  UNKNOWN: { label: 'Unknown', tone: 'bad', meaning: 'The platform may have applied the item.' },
} as const satisfies Record<Outcome, object>;

export const ABSENT = 'The platform does not have the item.';

/** The effect of a sync, beside its status, with its evidence on hover. A pull has one only where it found no item. */
export function OutcomeBadge({ sync: { outcome, evidence, metadata } }: { sync: Sync }) {
  if (metadata?.absent === true) {
    return (
      <Tag tone="caution" title={withEvidence(ABSENT, evidence)}>
        Absent
      </Tag>
    );
  }
  if (outcome === null) return null;
  const { label, tone, meaning } = OUTCOMES[outcome];
  return (
    <Tag tone={tone} title={withEvidence(meaning, evidence)}>
      {label}
    </Tag>
  );
}
