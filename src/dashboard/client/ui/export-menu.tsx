import { Button, Menu } from '@mantine/core';

interface Props {
  /** Address of the export. */
  of: string;
  /** The filter, as the query of an address. */
  search: URLSearchParams | string;
  /** Name of the file without its ending. */
  file: string;
}

/** Everything under a filter as a file. */
export function ExportMenu({ of, search, file }: Props) {
  const href = (format: string) => `${of}?${new URLSearchParams({ format })}&${search}`;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" size="xs">
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href={href('csv')} download={`${file}.csv`}>
          CSV, for spreadsheets
        </Menu.Item>
        <Menu.Item component="a" href={href('ndjson')} download={`${file}.ndjson`}>
          NDJSON, for programs
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
