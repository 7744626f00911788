import { Badge, Group, Select, Table, Text, TextInput, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { http } from '../api/client.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { formatCount, shortHash } from '../ui/format.ts';
import { MoreRows } from '../ui/more-rows.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { typePath } from './type-path.ts';
import { ChosenPlatform } from './chosen-platform.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';

/** The catalogue of a platform: the latest version of everything. */
export function ContentTypesPage() {
  return <ChosenPlatform>{(chosen) => <Catalogue {...chosen} />}</ChosenPlatform>;
}

interface CatalogueProps {
  platform: string;
  installed: string[];
  choose: (platform: string) => void;
}

function Catalogue({ platform, installed, choose }: CatalogueProps) {
  const [search, setSearch] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => field.current?.focus()]]);
  const list = useInfiniteQuery({
    queryKey: ['content-types', platform],
    queryFn: async ({ pageParam }) => {
      const query = { platform, limit: 100, cursor: pageParam };
      const { data, error } = await http.GET('/api/v1/content-types', { params: { query } });
      if (error) throw error;
      return data;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
  });
  useRefreshOn(['content-types'], ({ type }) => type === 'sync.recorded');
  if (!list.data) return <NotLoaded of={list} loading={<PageSkeleton />} />;
  const all = list.data.pages.flatMap(({ items }) => items);
  const shown = all.filter(({ typeKey }) => typeKey.toLowerCase().includes(search.toLowerCase()));
  return (
    <>
      {list.error && <NotLoaded of={list} />}
      <Title order={1} size="h3">
        Content types
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {formatCount(all.length)}
        {list.hasNextPage ? ' so far' : ''}; the whole model is {shortHash(list.data.pages[0]!.root)}
      </Text>
      <Group mb="sm" gap="sm">
        {installed.length > 1 && (
          <Select
            aria-label="Platform"
            size="xs"
            allowDeselect={false}
            data={installed}
            value={platform}
            onChange={(chosen) => chosen !== null && choose(chosen)}
          />
        )}
        <TextInput
          ref={field}
          size="xs"
          w={380}
          role="searchbox"
          aria-label="Search content types"
          placeholder="Search  /"
          value={search}
          onChange={({ currentTarget }) => setSearch(currentTarget.value)}
        />
      </Group>
      <div className="card">
        <Table.ScrollContainer minWidth={640}>
          <Table highlightOnHover verticalSpacing="xs" horizontalSpacing="md">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Content type</Table.Th>
                <Table.Th>Version</Table.Th>
                <Table.Th>By</Table.Th>
                <Table.Th>Message</Table.Th>
                <Table.Th>Made</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {shown.map(
                ({ platform: of, kind, typeKey, number, versionHash, author, message, createdAt, retired }) => (
                  <Table.Tr key={`${kind} ${typeKey}`}>
                    <Table.Td>
                      <Link href={typePath({ platform: of, kind, typeKey })}>{typeKey}</Link>
                      {kind !== 'contentType' && (
                        <Text span size="xs" c="dimmed" ml="xs">
                          {kind}
                        </Text>
                      )}
                      {retired && (
                        <Badge size="sm" color="gray" ml="xs" title={`By ${retired.by}: ${retired.reason}`}>
                          Retired
                        </Badge>
                      )}
                    </Table.Td>
                    <Table.Td>
                      {number} <code className="hash">{shortHash(versionHash)}</code>
                    </Table.Td>
                    <Table.Td>{author}</Table.Td>
                    <Table.Td className="breakable">{message}</Table.Td>
                    <Table.Td>
                      <Timestamp of={createdAt} />
                    </Table.Td>
                  </Table.Tr>
                ),
              )}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
        {all.length > 0 && shown.length === 0 && (
          <EmptyState title={list.hasNextPage ? 'None of those that are loaded matches' : 'No content type matches'}>
            {list.hasNextPage ? 'Show more, or search for something else.' : 'Search for something else.'}
          </EmptyState>
        )}
        {all.length === 0 && (
          <EmptyState title="There are no content types yet">
            Import a manifest: <code>synctrail import FILE</code>, or POST it to{' '}
            <code>/api/v1/content-types/import</code>.
          </EmptyState>
        )}
      </div>
      <MoreRows list={list} />
    </>
  );
}
