import { Alert, Anchor, Breadcrumbs, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import { StatusBadge } from '../badges/status-badge.tsx';
import { useConnection, useRefreshOn } from '../live/use-live.ts';
import { PlanCounts } from '../plans/plan-counts.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { Section } from '../ui/section.tsx';
import { DeployedItems } from './deployed-items.tsx';
import { DeploymentProperties } from './deployment-properties.tsx';
import { DeploymentStages } from './deployment-stages.tsx';
import { type Deployment, groupsOf } from './item-groups.ts';
import { NextSteps } from './next-steps.tsx';

const POLL_MS = 2_000;

/** One deployment, by its id or number: its plan, how far it is, what became of each item, and what to do next. */
export function DeploymentPage({ id }: { id: string }) {
  const isLive = useConnection() === 'live';
  const asked = api.useQuery(
    'get',
    '/api/v1/deployments/{id}',
    { params: { path: { id } } },
    // Its own end is no event of a sync, and comes right after the last of those.
    {
      refetchInterval: ({ state: { data } }) =>
        data?.completedAt === null ? (isLive && data.progress.percent < 100 ? POLL_MS : POLL_MS / 4) : false,
    },
  );
  useRefreshOn(['get', '/api/v1/deployments/{id}'], ({ sync }) => sync?.deploymentId === asked.data?.id);
  return (
    <Loaded of={asked} loading={<PageSkeleton />}>
      {(deployment) => <DeploymentInFull deployment={deployment} />}
    </Loaded>
  );
}

function DeploymentInFull({ deployment }: { deployment: Deployment }) {
  const { number, status, progress, platform } = deployment;
  return (
    <Stack gap="md">
      <Breadcrumbs separator="›" fz="sm">
        <Anchor component={Link} href="/deployments" size="sm">
          Deployments
        </Anchor>
        <Text size="sm">{number}</Text>
      </Breadcrumbs>
      <Group justify="space-between">
        <div>
          <Group gap="sm">
            <Title order={1} size="h3">
              {deployment.rollbackOf ? 'Rollback' : deployment.promotedFrom ? 'Promotion' : 'Deployment'} {number}
            </Title>
            <StatusBadge status={status} />
          </Group>
          <Text size="md" component="p" m={0} mt={4}>
            <Counts of={deployment} />
          </Text>
        </div>
        <NextSteps deployment={deployment} />
      </Group>
      {deployment.errorMessage && (
        <Alert color="red" title={deployment.errorCode}>
          <Text size="sm" className="breakable">
            {deployment.errorMessage}
          </Text>
        </Alert>
      )}
      <Section title="Progress">
        <DeploymentStages deployment={deployment} />
        <Progress
          value={progress.percent}
          color={status === 'FAILED' ? 'red' : status === 'PARTIAL' ? 'yellow' : 'indigo'}
          animated={status === 'IN_PROGRESS'}
          aria-label="Items with a final status"
          mb="xs"
        />
        <Text size="sm" mb="md" role="status">
          {progress.percent} %: {progress.settled} of {progress.total} settled, {progress.succeeded} succeeded, attempt{' '}
          {progress.attempt}
        </Text>
        <DeploymentProperties deployment={deployment} />
      </Section>
      {groupsOf(deployment).map((group) => (
        <DeployedItems key={group.key} platform={platform} group={group} />
      ))}
    </Stack>
  );
}

/** A deployment from before there were plans has no actions. */
function Counts({ of: { items, planId } }: { of: Deployment }) {
  const params = { path: { id: planId ?? '' } };
  const plan = api.useQuery('get', '/api/v1/plans/{id}', { params }, { enabled: planId !== null, staleTime: Infinity });
  if (items.some(({ action }) => action === null)) return null;
  const count = (action: string) => items.filter((item) => item.action === action).length;
  const counts = { create: count('CREATE'), update: count('UPDATE'), delete: count('DELETE') };
  return <PlanCounts of={counts} breaking={plan.data?.counts.breaking} />;
}
