import { Button, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { typePath } from '../content-types/type-path.ts';
import { Difference } from '../content-types/version-changes.tsx';
import { formatCounted } from '../ui/format.ts';
import { MoreRows } from '../ui/more-rows.tsx';
import { StateBadge } from './state-badge.tsx';
import { VersionName } from './version-name.tsx';
import { Dialog } from '../ui/dialog.tsx';

type Item = Schemas['ComparedItemDto'];
const ROWS = 100;

interface Props {
  platform: string;
  items: Item[];
  /** Names of the two sides. */
  here: string;
  there: string;
}

/** The items that are not the same on both sides, with the impact of the change from one to the other. */
export function ComparedTable({ platform, items, here, there }: Props) {
  const [count, setCount] = useState(ROWS);
  const [opened, open] = useState<Item>();
  const results: Record<Item['result'], string> = {
    same: 'Same',
    different: 'Different',
    'only-here': `Only in ${here}`,
    'only-there': `Only in ${there}`,
    unknown: 'Unknown',
  };
  const more = {
    hasNextPage: count < items.length,
    isFetchingNextPage: false,
    fetchNextPage: () => setCount(count + ROWS),
  };
  return (
    <>
      <Table.ScrollContainer minWidth={760}>
        <Table verticalSpacing="xs" horizontalSpacing="md" aria-label="Differences">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Content type</Table.Th>
              <Table.Th>Result</Table.Th>
              <Table.Th>{here}</Table.Th>
              <Table.Th>{there}</Table.Th>
              <Table.Th>Impact</Table.Th>
              <Table.Th>Changes</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.slice(0, count).map((item) => (
              <Table.Tr key={JSON.stringify([item.kind, item.typeKey])}>
                <Table.Td className="breakable">
                  <Link href={typePath({ platform, ...item })}>{item.typeKey}</Link>
                  {item.kind !== 'contentType' && (
                    <Text span size="xs" c="dimmed" ml="xs">
                      {item.kind}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{results[item.result]}</Table.Td>
                <Table.Td>
                  <Side of={item.here} />
                </Table.Td>
                <Table.Td>
                  <Side of={item.there} />
                </Table.Td>
                <Table.Td>{item.impact ?? unmeasured(item)}</Table.Td>
                <Table.Td>
                  {item.changes === null ? (
                    unmeasured(item)
                  ) : (
                    <Button
                      size="compact-xs"
                      variant="subtle"
                      aria-label={`${formatCounted(item.changes, 'change')} of ${item.typeKey}`}
                      onClick={() => open(item)}
                    >
                      {formatCounted(item.changes, 'change')}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <MoreRows list={more} />
      <Dialog
        opened={opened !== undefined}
        onClose={() => open(undefined)}
        title={opened && `${opened.typeKey}: from ${here} to ${there}`}
        size="lg"
      >
        {opened?.here?.versionHash && opened.there?.versionHash && (
          <Difference type={{ platform, ...opened }} from={opened.here.versionHash} to={opened.there.versionHash} />
        )}
      </Dialog>
    </>
  );
}

function Side({ of }: { of: Item['here'] }) {
  if (of === null) return 'Not in the record';
  return of.state === 'PRESENT' ? <VersionName of={of} /> : <StateBadge state={of.state} />;
}

/** Impact and changes are of items that are on both sides. */
function unmeasured({ result }: Item): string {
  return result === 'different' ? 'Unknown' : '–';
}
