import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { searchOf } from '../history/filter.ts';
import { DescriptionList } from '../ui/description-list.tsx';
import { shortHash, shortId } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { sourceName } from '../planning/plan-request.ts';

/** Who asked for a plan, of what, and what became of it. */
export function PlanProperties({ plan }: { plan: Schemas['PlanDetailDto'] }) {
  const { rollbackOf, deployment } = plan.source;
  const earlier = rollbackOf ?? deployment;
  return (
    <DescriptionList
      of={{
        Source: earlier ? <Link href={`/deployments/${earlier}`}>{sourceName(plan)}</Link> : sourceName(plan),
        Target: `${plan.platform}, ${plan.environment}`,
        Author: plan.actor,
        Reason: plan.reason,
        'Data loss': plan.forced ? 'The author allowed changes that lose data' : 'Not allowed',
        Approval: <Approval plan={plan} />,
        Made: <Timestamp of={plan.createdAt} />,
        [plan.expired ? 'Expired' : 'Expires']: <Timestamp of={plan.expiresAt} />,
        Deployed: plan.deploymentId && (
          <Link href={`/deployments/${plan.deploymentId}`}>Deployment {shortId(plan.deploymentId)}</Link>
        ),
        'Target read': <Link href={`/?${searchOf({ callId: [plan.readCallId] })}`}>In the history</Link>,
        Digest: <code className="hash">{shortHash(plan.planDigest)}</code>,
      }}
    />
  );
}

function Approval({ plan: { approval, decidedAt, decidedBy, decisionReason } }: { plan: Schemas['PlanDetailDto'] }) {
  if (decidedAt === null) return approval === 'PENDING' ? 'Waits for another person' : 'Not needed';
  return (
    <span className="breakable">
      {approval === 'APPROVED' ? 'Approved' : 'Refused'} by {decidedBy}, <Timestamp of={decidedAt} />: {decisionReason}
    </span>
  );
}
