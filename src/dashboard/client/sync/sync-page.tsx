import { Alert, Anchor, Breadcrumbs, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { directionName, formatMoment } from '../ui/format.ts';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { Section } from '../ui/section.tsx';
import { OutcomeBadge } from '../badges/outcome-badge.tsx';
import { StatusBadge } from '../badges/status-badge.tsx';
import { SyncActions } from './sync-actions.tsx';
import { SyncChanges } from './sync-changes.tsx';
import { SyncContents } from './sync-contents.tsx';
import { SyncProperties } from './sync-properties.tsx';
import { SyncTimeline } from './sync-timeline.tsx';
import { useSyncStatus } from './use-sync-status.ts';
import { NotLoaded } from '../ui/not-loaded.tsx';

/** One sync in full: who and why, what happened, what was sent and what came back. */
export function SyncPage({ syncId }: { syncId: string }) {
  const query = { include: ['events', 'version', 'deployment', 'replays'] as const };
  const asked = api.useQuery('get', '/api/v1/sync/{syncId}', {
    params: { path: { syncId }, query: { include: [...query.include] } },
  });
  const sync = asked.data;
  useRefreshOn(['get', '/api/v1/sync/{syncId}'], (event) => event.sync?.id === syncId);
  const status = useSyncStatus(syncId, sync?.status);
  if (!sync) return <NotLoaded of={asked} loading={<PageSkeleton />} />;
  return (
    <Stack gap="md">
      {asked.error && <NotLoaded of={asked} />}
      <Breadcrumbs separator="›" fz="sm">
        <Anchor component={Link} href="/" size="sm">
          History
        </Anchor>
        <Text size="sm">{directionName(sync)}</Text>
      </Breadcrumbs>
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Group gap="sm">
            <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
              {sync.typeKey === '*' ? 'Everything' : sync.typeKey}
            </Title>
            <StatusBadge status={sync.status} />
            <OutcomeBadge sync={sync} />
          </Group>
          <Text size="sm" c="dimmed">
            {sync.removal ? 'Removed from' : sync.direction === 'PUSH' ? 'Sent to' : 'Received from'} {sync.platform} (
            {sync.environment}), {formatMoment(sync.startedAt)}
          </Text>
        </div>
        <SyncActions sync={sync} />
      </Group>
      {status?.nextAttemptAt && (
        <Alert color="blue" role="status">
          Attempt {status.attempt} begins {formatMoment(status.nextAttemptAt)}.
        </Alert>
      )}
      {sync.errorMessage && (
        <Alert color={sync.status === 'PARTIAL' ? 'yellow' : 'red'} title={sync.errorCode}>
          <Text size="sm" style={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
            {sync.errorMessage}
          </Text>
        </Alert>
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Section title="Request">
          <SyncProperties sync={sync} />
        </Section>
        <Section title="Events">
          <SyncTimeline sync={sync} />
        </Section>
      </SimpleGrid>
      {(sync.direction === 'PUSH' ? sync.pushedDigest : sync.responseDigest) && sync.typeKey !== '*' && (
        <SyncChanges syncId={sync.id} direction={sync.direction} />
      )}
      <SyncContents sync={sync} />
    </Stack>
  );
}
