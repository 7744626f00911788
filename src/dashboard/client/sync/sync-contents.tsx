import { SimpleGrid, Skeleton } from '@mantine/core';
import { api } from '../api/client.ts';
import { JsonView } from '../ui/json-view.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import type { SyncDetail } from './sync-detail.ts';

/** What was sent and what came back, side by side. */
export function SyncContents({ sync }: { sync: SyncDetail }) {
  const { data, error, refetch } = api.useQuery(
    'get',
    '/api/v1/sync/{syncId}/snapshot',
    // Another digest is another content.
    { params: { path: { syncId: sync.id } }, headers: { 'x-digest': sync.responseDigest ?? '' } },
    { staleTime: Infinity, gcTime: 60_000 },
  );
  if (error) return <ErrorAlert error={error} onRetry={() => void refetch()} />;
  const sides = [
    { title: 'Sent content', side: data?.sent, none: 'The sync sent no content.' },
    { title: 'Answer of the platform', side: data?.received, none: 'There is no answer, or it was not kept.' },
  ];
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      {sides.map(({ title, side, none }) => (
        <Section key={title} title={title}>
          {data ? side ? <JsonView value={side.content} label={title} /> : none : <Skeleton height={320} />}
        </Section>
      ))}
    </SimpleGrid>
  );
}
