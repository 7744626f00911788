import { Alert, Anchor, Breadcrumbs, Button, Group, Modal, Progress, Stack, Table, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import { searchOf } from '../history/filter.ts';
import { useConnection, useRefreshOn } from '../live/use-live.ts';
import { DescriptionList } from '../ui/description-list.tsx';
import { shortHash, shortId } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { Section } from '../ui/section.tsx';
import { StatusBadge } from '../ui/status-badge.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { RollbackForm } from './rollback-form.tsx';

const POLL_MS = 2_000;

/** One deployment: how far it is, and what became of each item. */
export function DeploymentPage({ id }: { id: string }) {
  const [opened, modal] = useDisclosure(false);
  const isLive = useConnection() === 'live';
  const {
    data: deployment,
    error,
    refetch,
  } = api.useQuery(
    'get',
    '/api/v1/deployments/{id}',
    { params: { path: { id } } },
    // Its own end is no event of a sync, and comes right after the last of those.
    {
      refetchInterval: ({ state: { data } }) =>
        data?.status === 'IN_PROGRESS' ? (isLive && data.progress.percent < 100 ? POLL_MS : POLL_MS / 4) : false,
    },
  );
  useRefreshOn(['get', '/api/v1/deployments/{id}'], ({ sync }) => sync?.deploymentId === id);
  if (error && !deployment) return <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (!deployment) return <PageSkeleton />;
  const { progress, items } = deployment;
  return (
    <Stack gap="md">
      <Breadcrumbs separator="›" fz="sm">
        <Anchor component={Link} href="/deployments" size="sm">
          Deployments
        </Anchor>
        <Text size="sm">{shortId(id)}</Text>
      </Breadcrumbs>
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={1} size="h3">
            {deployment.rollbackOf ? 'Rollback' : 'Deployment'} {shortId(id)}
          </Title>
          <StatusBadge status={deployment.status} />
        </Group>
        {deployment.status !== 'IN_PROGRESS' && (
          <Button size="xs" variant="default" onClick={modal.open}>
            Roll back
          </Button>
        )}
      </Group>
      <Modal
        opened={opened}
        onClose={modal.close}
        title={`Roll back ${shortId(id)}`}
        size="lg"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <RollbackForm id={id} onClose={modal.close} />
      </Modal>
      {deployment.errorMessage && (
        <Alert color="red" title={deployment.errorCode}>
          <Text size="sm" className="breakable">
            {deployment.errorMessage}
          </Text>
        </Alert>
      )}
      <Section title="Progress">
        <Progress
          value={progress.percent}
          color={deployment.status === 'FAILED' ? 'red' : deployment.status === 'PARTIAL' ? 'yellow' : 'indigo'}
          animated={deployment.status === 'IN_PROGRESS'}
          aria-label="Items with a final status"
          mb="xs"
        />
        <Text size="sm" mb="md" role="status">
          {progress.percent} %: {progress.settled} of {progress.total} settled, {progress.succeeded} succeeded, attempt{' '}
          {progress.attempt}
        </Text>
        <DescriptionList
          of={{
            Target: `${deployment.platform}, ${deployment.environment}`,
            Actor: deployment.actor,
            Reason: deployment.reason,
            Forced: deployment.forced && 'The caller allowed changes that lose data',
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
            Started: <Timestamp of={deployment.createdAt} />,
            Ended: deployment.completedAt && <Timestamp of={deployment.completedAt} />,
            Syncs: <Link href={`/?${searchOf({ deploymentId: [id] })}`}>In the history</Link>,
          }}
        />
      </Section>
      <div className="card">
        <Table.ScrollContainer minWidth={640}>
          <Table highlightOnHover verticalSpacing="xs" horizontalSpacing="md">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Status</Table.Th>
                <Table.Th>Content type</Table.Th>
                <Table.Th>Version</Table.Th>
                <Table.Th>Before</Table.Th>
                <Table.Th>Error</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((item) => (
                <Table.Tr key={`${item.kind} ${item.typeKey}`}>
                  <Table.Td>
                    <StatusBadge status={item.status} />
                  </Table.Td>
                  <Table.Td className="breakable">
                    {item.syncId ? <Link href={`/syncs/${item.syncId}`}>{item.typeKey}</Link> : item.typeKey}
                    {item.kind !== 'contentType' && (
                      <Text span size="xs" c="dimmed" ml="xs">
                        {item.kind}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <code className="hash">{shortHash(item.versionHash)}</code>
                  </Table.Td>
                  <Table.Td>
                    <code className="hash">{item.previousHash ? shortHash(item.previousHash) : '–'}</code>
                  </Table.Td>
                  <Table.Td>{item.errorCode}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </div>
    </Stack>
  );
}
