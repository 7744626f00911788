import { SimpleGrid } from '@mantine/core';
import { api } from '../api/client.ts';
import { JsonView } from '../ui/json-view.tsx';
import { Section } from '../ui/section.tsx';
import type { SyncDetail } from './sync-detail.ts';
import { Loading } from '../ui/loading.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';

const REMOVED = 'The sync is a removal: it asked the platform to delete the item, and sent no content.';

/** What was sent and what came back, side by side. */
export function SyncContents({ sync }: { sync: SyncDetail }) {
  const asked = api.useQuery(
    'get',
    '/api/v1/sync/{syncId}/snapshot',
    // Another digest is another content.
    { params: { path: { syncId: sync.id } }, headers: { 'x-digest': sync.responseDigest ?? '' } },
    { staleTime: Infinity, gcTime: 60_000 },
  );
  const { data } = asked;
  if (!data && (asked.error ?? asked.failureReason)) return <NotLoaded of={asked} />;
  const sides = [
    { title: 'Sent content', side: data?.sent, none: sync.removal ? REMOVED : 'The sync sent no content.' },
    { title: 'Answer of the platform', side: data?.received, none: 'There is no answer, or it was not kept.' },
  ];
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
      {sides.map(({ title, side, none }) => (
        <Section key={title} title={title}>
          {data ? side ? <JsonView value={side.content} label={title} /> : none : <Loading height={320} />}
        </Section>
      ))}
    </SimpleGrid>
  );
}
