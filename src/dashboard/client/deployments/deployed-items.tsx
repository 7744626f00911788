import { Code, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { StatusBadge } from '../badges/status-badge.tsx';
import { typePath } from '../content-types/type-path.ts';
import { Difference } from '../content-types/version-changes.tsx';
import { keyOf } from '../planning/plan-request.ts';
import { Dialog } from '../ui/dialog.tsx';
import { formatCount, formatCounted, shortHash } from '../ui/format.ts';
import { MoreRows } from '../ui/more-rows.tsx';
import { Section } from '../ui/section.tsx';
import { BeforeState } from './before-state.tsx';
import { HeldState } from './held-state.tsx';
import type { Item, ItemGroup } from './item-groups.ts';

const ROWS = 50;
const ACTIONS = { CREATE: 'Create', UPDATE: 'Update', DELETE: 'Delete', UNCHANGED: 'None' } as const;

/** One outcome and its cause: the words of the platform once, then the items. */
export function DeployedItems({ platform, group }: { platform: string; group: ItemGroup }) {
  const { status, title, code, message, items, caused } = group;
  const [diverged, show] = useState<Item>();
  return (
    <Section title={`${title} (${formatCount(items.length)})`} aside={<StatusBadge status={status} />}>
      <Stack gap="sm">
        {(code ?? message) && (
          <div>
            {code && <Code>{code}</Code>}
            {message && (
              <Text size="sm" mt={4} className="breakable" style={{ whiteSpace: 'pre-wrap' }}>
                {message}
              </Text>
            )}
          </div>
        )}
        <ItemTable platform={platform} items={items} label={title} onDifference={show} />
        {caused.length > 0 && (
          <details>
            <summary>{formatCounted(caused.length, 'other item')} not applied because of this</summary>
            <ItemTable platform={platform} items={caused} label="Not applied because of this" onDifference={show} />
          </details>
        )}
      </Stack>
      <Dialog
        size="lg"
        title={diverged && `${diverged.typeKey}: from what was sent to what the target holds`}
        opened={diverged !== undefined}
        onClose={() => show(undefined)}
      >
        {diverged?.versionHash && diverged.heldHash && (
          <Difference type={{ platform, ...diverged }} from={diverged.versionHash} to={diverged.heldHash} />
        )}
      </Dialog>
    </Section>
  );
}

interface TableProps {
  platform: string;
  items: Item[];
  label: string;
  onDifference: (item: Item) => void;
}

function ItemTable({ platform, items, label, onDifference }: TableProps) {
  const [count, setCount] = useState(ROWS);
  const more = {
    hasNextPage: count < items.length,
    isFetchingNextPage: false,
    fetchNextPage: () => setCount(count + ROWS * 10),
  };
  return (
    <>
      <Table.ScrollContainer minWidth={640}>
        <Table highlightOnHover verticalSpacing="xs" aria-label={label}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Content type</Table.Th>
              <Table.Th>Action</Table.Th>
              <Table.Th>Before</Table.Th>
              <Table.Th>Version</Table.Th>
              <Table.Th>After</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {items.slice(0, count).map((item) => (
              <Table.Tr key={keyOf(item)}>
                <Table.Td className="breakable">
                  <Link href={item.syncId ? `/syncs/${item.syncId}` : typePath({ platform, ...item })}>
                    {item.typeKey}
                  </Link>
                  {item.kind !== 'contentType' && (
                    <Text span size="xs" c="dimmed" ml="xs">
                      {item.kind}
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>{item.action === null ? 'Not recorded' : ACTIONS[item.action]}</Table.Td>
                <Table.Td>
                  <BeforeState item={item} />
                </Table.Td>
                <Table.Td>
                  <code className="hash">{item.versionHash === null ? '–' : shortHash(item.versionHash)}</code>
                </Table.Td>
                <Table.Td>
                  <HeldState item={item} onDifference={() => onDifference(item)} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <MoreRows list={more} />
    </>
  );
}
