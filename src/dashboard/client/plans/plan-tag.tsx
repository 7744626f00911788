import type { Schemas } from '../api/client.ts';
import { Tag } from '../badges/tag.tsx';

type Plan = Schemas['PlanDto'];

const STATES = {
  deployed: { label: 'Deployed', tone: 'quiet', meaning: 'A plan is deployed once.' },
  refused: { label: 'Refused', tone: 'bad', meaning: 'Somebody refused the plan.' },
  expired: { label: 'Expired', tone: 'bad', meaning: 'The plan can no longer be approved or deployed.' },
  waiting: { label: 'Waits for approval', tone: 'caution', meaning: 'Another person must approve the plan.' },
  ready: { label: 'Ready', tone: 'good', meaning: 'The plan can be deployed.' },
} as const;

/** What can still be done with a plan. */
export function stateOf({ deploymentId, approval, expired, expiresAt }: Plan): keyof typeof STATES {
  if (deploymentId !== null) return 'deployed';
  if (approval === 'REFUSED') return 'refused';
  if (expired || Date.parse(expiresAt) <= Date.now()) return 'expired';
  return approval === 'PENDING' ? 'waiting' : 'ready';
}

export function PlanTag({ plan }: { plan: Plan }) {
  const { label, tone, meaning } = STATES[stateOf(plan)];
  return (
    <Tag tone={tone} title={meaning}>
      {label}
    </Tag>
  );
}
