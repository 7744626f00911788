import { Button, Group, Select, Stack, Table, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'wouter';
import { http, type Schemas } from '../api/client.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { MoreRows } from '../ui/more-rows.tsx';
import { WaitingPlans } from '../plans/waiting-plans.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Loading } from '../ui/loading.tsx';
import { StatusBadge } from '../badges/status-badge.tsx';

const STATUSES = [
  { value: 'SUCCESS', label: 'Success' },
  { value: 'FAILED', label: 'Failed' },
  { value: 'PARTIAL', label: 'Partial' },
  { value: 'IN_PROGRESS', label: 'In progress' },
  { value: 'QUEUED', label: 'Queued' },
  { value: 'CANCELLED', label: 'Cancelled' },
];

export function DeploymentsPage() {
  const [params, setParams] = useSearchParams();
  const status = STATUSES.find(({ value }) => value === params.get('status'))?.value as
    Schemas['DeploymentDto']['status'] | undefined;
  const list = useInfiniteQuery({
    queryKey: ['deployments', status],
    queryFn: async ({ pageParam }) => {
      const query = { status, limit: 50, cursor: pageParam };
      const { data, error } = await http.GET('/api/v1/deployments', { params: { query } });
      if (error) throw error;
      return data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  useRefreshOn(['deployments'], ({ sync }) => sync?.deploymentId !== null);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1} size="h3">
          Deployments
        </Title>
        <Group gap="xs">
          <Select
            size="xs"
            w={150}
            aria-label="Status"
            placeholder="Any status"
            clearable
            clearButtonProps={{ 'aria-label': 'Any status' }}
            data={STATUSES}
            value={status ?? null}
            onChange={(value) => setParams(value ? { status: value } : {}, { replace: true })}
          />
          <Button size="xs" component={Link} href="/deployments/new">
            New deployment
          </Button>
        </Group>
      </Group>
      <WaitingPlans />
      <Loaded of={list} loading={<Loading height={320} />}>
        {({ pages }) => <Listed deployments={pages.flatMap(({ items }) => items)} isFiltered={status !== undefined} />}
      </Loaded>
      <MoreRows list={list} />
    </Stack>
  );
}

function Listed({ deployments, isFiltered }: { deployments: Schemas['ListedDeploymentDto'][]; isFiltered: boolean }) {
  return (
    <div className="card">
      <Table.ScrollContainer minWidth={760}>
        <Table highlightOnHover verticalSpacing="xs" horizontalSpacing="md">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Status</Table.Th>
              <Table.Th>Deployment</Table.Th>
              <Table.Th>Platform</Table.Th>
              <Table.Th>Succeeded</Table.Th>
              <Table.Th>Actor</Table.Th>
              <Table.Th>Reason</Table.Th>
              <Table.Th>Started</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {deployments.map((deployment) => (
              <Table.Tr key={deployment.id}>
                <Table.Td>
                  <StatusBadge status={deployment.status} />
                </Table.Td>
                <Table.Td>
                  <Link href={`/deployments/${deployment.id}`}>
                    {deployment.rollbackOf ? 'Rollback' : 'Deployment'} {deployment.number}
                  </Link>
                </Table.Td>
                <Table.Td>
                  {deployment.platform}{' '}
                  <Text span size="sm" c="dimmed">
                    {deployment.environment}
                  </Text>
                </Table.Td>
                <Table.Td>
                  {deployment.succeeded} of {deployment.total}
                </Table.Td>
                <Table.Td className="breakable">{deployment.actor}</Table.Td>
                <Table.Td className="breakable">{deployment.reason}</Table.Td>
                <Table.Td>
                  <Timestamp of={deployment.createdAt} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {deployments.length === 0 && (
        <EmptyState title={isFiltered ? 'No deployment has this status' : 'There are no deployments yet'}>
          {isFiltered ? 'Choose another status.' : 'Choose “New deployment” to start one.'}
        </EmptyState>
      )}
    </div>
  );
}
