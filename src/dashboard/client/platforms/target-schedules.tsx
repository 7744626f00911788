import { List, Skeleton, Stack, Text } from '@mantine/core';
import { api } from '../api/client.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { ExpectationLine } from './expectation-line.tsx';
import { WatchLine } from './watch-line.tsx';

const EVERY = { refetchInterval: 60_000 };

interface Props {
  platform: string;
  environment: string;
}

/** When a target is pulled for drift, and which syncs are expected there, each with its last result. */
export function TargetSchedules({ platform, environment }: Props) {
  const query = { platform, environment, inForce: true, limit: 100 };
  return (
    <Stack gap="md">
      <Watches query={query} />
      <Expectations query={query} />
    </Stack>
  );
}

interface Asked {
  query: Props & { inForce: boolean; limit: number };
}

function Watches({ query }: Asked) {
  const { data, error, refetch } = api.useQuery('get', '/api/v1/watches', { params: { query } }, EVERY);
  if (error) return <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={40} />;
  if (data.items.length === 0) return <Text size="sm">No watch pulls this target.</Text>;
  return (
    <List size="sm" listStyleType="none" spacing="xs" aria-label="Watches">
      {data.items.map((watch) => (
        <List.Item key={watch.id}>
          <WatchLine watch={watch} />
        </List.Item>
      ))}
    </List>
  );
}

function Expectations({ query }: Asked) {
  const { data, error, refetch } = api.useQuery('get', '/api/v1/expectations', { params: { query } }, EVERY);
  if (error) return <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={40} />;
  if (data.items.length === 0) return <Text size="sm">No syncs are expected at this target.</Text>;
  return (
    <>
      <List size="sm" listStyleType="none" spacing="xs" aria-label="Expectations">
        {data.items.map((expectation) => (
          <List.Item key={expectation.id}>
            <ExpectationLine expectation={expectation} />
          </List.Item>
        ))}
      </List>
      {data.next && <Text size="xs">These are the newest {data.items.length} expectations. The API lists all.</Text>}
    </>
  );
}
