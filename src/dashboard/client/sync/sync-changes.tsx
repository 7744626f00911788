import { Text } from '@mantine/core';
import { Link } from 'wouter';
import { api } from '../api/client.ts';
import { type Change, ChangeList } from '../ui/change-list.tsx';
import { shortId } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { Loading } from '../ui/loading.tsx';

/** How the content differs from the one before, of the same type at the same place. */
export function SyncChanges({ syncId, direction }: { syncId: string; direction: 'PUSH' | 'PULL' }) {
  const { data, error } = api.useQuery(
    'get',
    '/api/v1/sync/{syncId}/diff',
    { params: { path: { syncId }, query: { against: 'previous' } } },
    { staleTime: Infinity },
  );
  const before = data?.against;
  return (
    <Section
      title={direction === 'PUSH' ? 'Changes since the previous push' : 'Changes since the previous pull'}
      aside={
        before && (
          <Text size="sm">
            Against <Link href={`/syncs/${before}`}>{shortId(before)}</Link>
          </Text>
        )
      }
    >
      {error ? (
        <ErrorAlert error={error} />
      ) : !data ? (
        <Loading height={120} />
      ) : before ? (
        <ChangeList
          changes={changesOf(data)}
          omitted={data.omitted}
          file={`/api/v1/sync/${syncId}/diff?against=previous&format=ndjson`}
        />
      ) : (
        <Text size="sm">This is the first sync of the content type with this target.</Text>
      )}
    </Section>
  );
}

interface Comparison {
  added: { path: string; value: unknown }[];
  removed: { path: string; value: unknown }[];
  modified: { path: string; before: unknown; after: unknown }[];
}

function changesOf({ added, removed, modified }: Comparison): Change[] {
  const changes: Change[] = [
    ...added.map(({ path, value }) => ({ path, after: value })),
    ...removed.map(({ path, value }) => ({ path, before: value })),
    ...modified,
  ];
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}
