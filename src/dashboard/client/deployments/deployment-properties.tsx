import { Group, Stack } from '@mantine/core';
import { Link } from 'wouter';
import { Tag } from '../badges/tag.tsx';
import { searchOf } from '../history/filter.ts';
import { DescriptionList } from '../ui/description-list.tsx';
import { shortId } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import type { Deployment } from './item-groups.ts';

const ON_DRIFT = { stop: 'Stop', overwrite: 'Overwrite', skip: 'Skip' } as const;

/** Who asked for a deployment, where it comes from, and when. */
export function DeploymentProperties({ deployment }: { deployment: Deployment }) {
  const labels = Object.entries(deployment.labels);
  return (
    <DescriptionList
      of={{
        Target: `${deployment.platform}, ${deployment.environment}`,
        Actor: deployment.actor,
        Reason: deployment.reason,
        Labels: labels.length > 0 && (
          <Group gap={6}>
            {labels.map(([name, value]) => (
              <Link key={name} href={`/?${searchOf({ label: [`${name}=${value}`] })}`}>
                <Tag tone="quiet" title="Syncs with this label">
                  {name}={value}
                </Tag>
              </Link>
            ))}
          </Group>
        ),
        Forced: deployment.forced && 'The caller allowed changes that lose data',
        'On drift': deployment.planId !== null && ON_DRIFT[deployment.onDrift],
        'Promoted from': deployment.promotedFrom,
        Skipped:
          deployment.skipped.length > 0 &&
          `${deployment.skipped.map(({ typeKey }) => typeKey).join(', ')}: they belong to the platform itself`,
        'Rollback of': deployment.rollbackOf && (
          <Link href={`/deployments/${deployment.rollbackOf}`}>{shortId(deployment.rollbackOf)}</Link>
        ),
        'Rolled back': deployment.rolledBackBy.length > 0 && (
          <Stack gap={2}>
            {deployment.rolledBackBy.map((rollback) => (
              <div key={rollback.id} className="breakable">
                <Link href={`/deployments/${rollback.id}`}>{shortId(rollback.id)}</Link> {rollback.status},{' '}
                {rollback.actor}, <Timestamp of={rollback.createdAt} />: {rollback.reason}
              </div>
            ))}
          </Stack>
        ),
        Recorded: <Timestamp of={deployment.createdAt} />,
        Started: deployment.startedAt && <Timestamp of={deployment.startedAt} />,
        Cancelled: deployment.cancelledAt && (
          <span className="breakable">
            {deployment.cancelledBy}, <Timestamp of={deployment.cancelledAt} />: {deployment.cancelReason}
          </span>
        ),
        Ended: deployment.completedAt && <Timestamp of={deployment.completedAt} />,
        Syncs: <Link href={`/?${searchOf({ deploymentId: [deployment.id] })}`}>In the history</Link>,
      }}
    />
  );
}
