import { Group, Text, Title } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { api } from '../api/client.ts';
import { formatCounted, formatMoment } from '../ui/format.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { HIDDEN_AT_FIRST } from './columns.tsx';
import { ExportMenu } from '../ui/export-menu.tsx';
import { FilterBar } from './filter-bar.tsx';
import { queryOf, useHistoryAddress, searchOf } from './filter.ts';
import { ReplayFailures } from './replay-failures.tsx';
import { type Density, SyncHistoryTable } from './sync-history-table.tsx';
import { ViewMenu } from './view-menu.tsx';

/** Everything that was ever sent or received. */
export function HistoryPage() {
  const { filter, sort, change, clear } = useHistoryAddress();
  const [visibility, setVisibility] = useLocalStorage<Record<string, boolean>>({
    key: 'synctrail.columns',
    defaultValue: HIDDEN_AT_FIRST,
    getInitialValueInEffect: false,
  });
  const [density, setDensity] = useLocalStorage<Density>({
    key: 'synctrail.density',
    defaultValue: 'comfortable',
    getInitialValueInEffect: false,
  });
  const query = { params: { query: queryOf(filter) } };
  const facets = api.useQuery('get', '/api/v1/sync/history/facets', query, { placeholderData: (before) => before });
  useRefreshOn(['get', '/api/v1/sync/history/facets'], ({ type }) => type !== 'attempt.failed');
  return (
    <>
      <Group justify="space-between" mb="sm" gap="sm">
        <div>
          <Title order={1} size="h3">
            History
          </Title>
          <Text size="sm" c="dimmed" role="status">
            {facets.data && !facets.isPlaceholderData
              ? summary(facets.data)
              : facets.error
                ? 'The syncs cannot be counted now'
                : 'Counting…'}
          </Text>
        </div>
        <Group gap="xs">
          <ReplayFailures filter={filter} />
          <ExportMenu of="/api/v1/sync/history/export" search={searchOf(filter)} file="sync-history" />
          <ViewMenu {...{ visibility, setVisibility, density, setDensity }} />
        </Group>
      </Group>
      <FilterBar filter={filter} facets={facets.data?.facets} onChange={change} onClear={clear} />
      <SyncHistoryTable
        {...{ filter, sort, density, visibility }}
        onSort={(next) => change({ sort: next })}
        onVisibility={setVisibility}
      />
    </>
  );
}

function summary({ total, window }: { total: number; window: { from: string | null; default: boolean } }): string {
  const syncs = formatCounted(total, 'sync');
  return window.from ? `${syncs} since ${formatMoment(window.from)}${window.default ? ', for all counts' : ''}` : syncs;
}
