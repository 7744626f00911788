import { Group, Select, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useSearchParams } from 'wouter';
import { api } from '../api/client.ts';
import type { ChosenTarget, TargetHealth } from './target.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { Section } from '../ui/section.tsx';
import { ActivityChart } from './activity-chart.tsx';
import { FailurePatterns } from './failure-patterns.tsx';
import { HealthTile } from './health-tile.tsx';
import { LatestReport } from './latest-report.tsx';
import { TargetSchedules } from './target-schedules.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';

const TIMES = [
  { value: '24h', label: 'Last 24 hours', bucket: 'hour' },
  { value: '7d', label: 'Last 7 days', bucket: 'hour' },
  { value: '30d', label: 'Last 30 days', bucket: 'day' },
  { value: '365d', label: 'Last year', bucket: 'week' },
] as const;

/** The condition of every platform, and what happened to it over time. */
export function PlatformsPage() {
  const [params, setParams] = useSearchParams();
  const health = api.useQuery('get', '/api/v1/sync/health', {}, { refetchInterval: 60_000 });
  const { data } = health;
  useRefreshOn(['get', '/api/v1/sync/health'], ({ type }) => type !== 'attempt.failed' && type !== 'sync.recorded');
  if (!data) return <NotLoaded of={health} loading={<PageSkeleton />} />;
  const time = TIMES.find(({ value }) => value === params.get('last')) ?? TIMES[0];
  const [platform, environment] = [params.get('platform') ?? undefined, params.get('environment') ?? undefined];
  const scope: ChosenTarget = { platform, environment };
  const choose = (place: TargetHealth) => {
    const isChosen = place.platform === platform && place.environment === environment;
    setParams(
      (before) => {
        const next = new URLSearchParams(before);
        for (const name of ['platform', 'environment'] as const) {
          if (isChosen) next.delete(name);
          else next.set(name, place[name]);
        }
        return next;
      },
      { replace: true },
    );
  };
  return (
    <Stack gap="md">
      {health.error && <NotLoaded of={health} />}
      <Group justify="space-between">
        <Title order={1} size="h3">
          Health
        </Title>
        <Select
          size="xs"
          w={160}
          aria-label="Time"
          allowDeselect={false}
          data={TIMES.map(({ value, label }) => ({ value, label }))}
          value={time.value}
          onChange={(value) =>
            setParams(
              (before) =>
                new URLSearchParams([...[...before].filter(([name]) => name !== 'last'), ['last', value ?? '24h']]),
              { replace: true },
            )
          }
        />
      </Group>
      {data.items.length === 0 && (
        <EmptyState title="There are no syncs yet">Start a deployment, and its platform appears here.</EmptyState>
      )}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {data.items.map((place) => (
          <HealthTile
            key={`${place.platform} ${place.environment}`}
            place={place}
            isChosen={place.platform === platform && place.environment === environment}
            onChoose={() => choose(place)}
          />
        ))}
      </SimpleGrid>
      <Section
        title="Activity"
        aside={
          <Text size="xs" c="dimmed">
            {platform ? `${platform}, ${environment}` : 'All platforms'}
          </Text>
        }
      >
        <ActivityChart scope={scope} last={time.value} bucket={time.bucket} />
      </Section>
      <Section title="Failure patterns">
        <FailurePatterns scope={scope} last={time.value} />
      </Section>
      {platform && environment && (
        <>
          <Section title="Schedules">
            <TargetSchedules platform={platform} environment={environment} />
          </Section>
          <Section title="Latest report">
            <LatestReport platform={platform} environment={environment} />
          </Section>
        </>
      )}
    </Stack>
  );
}
