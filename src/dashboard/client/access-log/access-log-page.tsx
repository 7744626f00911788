import { Button, Group, Stack, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { http } from '../api/client.ts';
import { ExportMenu } from '../ui/export-menu.tsx';
import { Loaded } from '../ui/loaded.tsx';
import { Loading } from '../ui/loading.tsx';
import { MoreRows } from '../ui/more-rows.tsx';
import { AccessFilterBar } from './access-filter-bar.tsx';
import { type AccessFilter, accessQuery, useAccessFilter } from './access-query.ts';
import { AccessTable } from './access-table.tsx';

/** Who read, exported, managed, signed in and was refused. */
export function AccessLogPage() {
  const [filter, change] = useAccessFilter();
  const list = useInfiniteQuery({
    queryKey: ['access-log', filter],
    queryFn: async ({ pageParam }) => {
      const query = { ...pageParam.query, limit: 50, cursor: pageParam.cursor };
      const { data, error } = await http.GET('/api/v1/access-log', { params: { query } });
      if (error) throw error;
      return { ...data, query: pageParam.query };
    },
    // All pages are of one time.
    initialPageParam: { query: accessQuery(filter), cursor: undefined as string | undefined },
    getNextPageParam: ({ next, query }) => (next === null ? undefined : { query, cursor: next }),
  });
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1} size="h3">
          Access log
        </Title>
        <Group gap="xs">
          <Button variant="default" size="xs" loading={list.isRefetching} onClick={() => void list.refetch()}>
            Refresh
          </Button>
          <ExportMenu of="/api/v1/access-log/export" search={searchOf(filter)} file="access-log" />
        </Group>
      </Group>
      <AccessFilterBar filter={filter} onChange={change} />
      <Loaded of={list} loading={<Loading height={320} />}>
        {({ pages }) => (
          <AccessTable events={pages.flatMap(({ items }) => items)} isFiltered={Object.keys(filter).length > 0} />
        )}
      </Loaded>
      <MoreRows list={list} />
    </Stack>
  );
}

/** The filter as the query of an address. */
function searchOf(filter: AccessFilter): URLSearchParams {
  return new URLSearchParams(
    Object.entries(accessQuery(filter)).flatMap(([name, value]) =>
      [value ?? []].flat().map((one) => [name, String(one)]),
    ),
  );
}
