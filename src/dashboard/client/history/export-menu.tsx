import { Button, Menu } from '@mantine/core';
import { type Filter, searchOf } from './filter.ts';

/** Everything under the filter as a file. */
export function ExportMenu({ filter }: { filter: Filter }) {
  const href = (format: string) => `/api/v1/sync/history/export?${new URLSearchParams({ format })}&${searchOf(filter)}`;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" size="xs">
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={href('csv')} download="sync-history.csv">
          CSV, for spreadsheets
        </Menu.Item>
        <Menu.Item component="a" href={href('ndjson')} download="sync-history.ndjson">
          NDJSON, for programs
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
