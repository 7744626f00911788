import { Accordion, Checkbox, Group, Skeleton, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import type { Schemas } from '../api/client.ts';
import { Difference } from '../content-types/version-changes.tsx';
import { formatCounted, shortHash } from '../ui/format.ts';

type Item = Schemas['PlannedItemDto'];

interface Props {
  platform: string;
  items: Item[];
  isLoading: boolean;
  /** What is said when there is nothing to do. */
  none: string;
  /** What is not to be sent, by kind and key; without `onLeft` everything is. */
  left?: ReadonlySet<string>;
  onLeft?: (left: ReadonlySet<string>) => void;
}

const NONE: ReadonlySet<string> = new Set();
const ROW_PX = 58;

/** What would be sent, and how each type differs from what is live. Of a large model only the rows in sight are drawn. */
export function PlanTable({ platform, items, isLoading, none, left = NONE, onLeft }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => keyOf(items[index]!),
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  if (isLoading) return <Skeleton height={160} />;
  if (items.length === 0) return <Text size="sm">{none}</Text>;
  const rows = virtualizer.getVirtualItems();
  return (
    <div ref={scroller} style={{ maxHeight: 320, overflow: 'auto' }}>
      <Accordion
        keepMounted={false}
        variant="contained"
        pt={rows[0]?.start}
        pb={virtualizer.getTotalSize() - (rows.at(-1)?.end ?? 0)}
      >
        {rows.map(({ key, index }) => (
          <Accordion.Item key={key} value={String(key)} data-index={index} ref={virtualizer.measureElement}>
            <PlannedItem platform={platform} item={items[index]!} left={left} onLeft={onLeft} />
          </Accordion.Item>
        ))}
      </Accordion>
    </div>
  );
}

type PlannedItemProps = Pick<Props, 'platform' | 'onLeft'> & { item: Item; left: ReadonlySet<string> };

function PlannedItem({ platform, item, left, onLeft }: PlannedItemProps) {
  const { kind, typeKey, versionHash, previousHash, changes, unknownFields, moreUnknownFields } = item;
  const key = keyOf(item);
  return (
    <>
      <Group wrap="nowrap" gap={0}>
        {onLeft && (
          <Checkbox
            ml="sm"
            aria-label={`Send ${typeKey}`}
            checked={!left.has(key)}
            onChange={({ currentTarget }) => onLeft(toggled(left, key, !currentTarget.checked))}
          />
        )}
        <Accordion.Control py={4}>
          <Text size="sm" span fw={600} className="breakable">
            {typeKey}
          </Text>{' '}
          <Text size="xs" span c="dimmed">
            {summary(item)}
          </Text>
        </Accordion.Control>
      </Group>
      <Accordion.Panel>
        {unknownFields.length > 0 && (
          <Text size="sm" className="breakable">
            The platform may ignore unknown fields: {unknownFields.join(', ')}
            {moreUnknownFields > 0 && ` and ${moreUnknownFields} more`}
          </Text>
        )}
        {previousHash === null ? (
          <Text size="sm">No push has sent it to this target.</Text>
        ) : changes === null ? (
          <Text size="sm">The live content comes from an external sync and is not in the catalogue.</Text>
        ) : (
          <Difference type={{ platform, kind, typeKey }} from={previousHash} to={versionHash} />
        )}
      </Accordion.Panel>
    </>
  );
}

/** By which a planned item is left out. */
export function keyOf({ kind, typeKey }: Pick<Item, 'kind' | 'typeKey'>): string {
  return `${kind} ${typeKey}`;
}

function summary(item: Item): string {
  const unknown = item.unknownFields.length + item.moreUnknownFields;
  return unknown === 0 ? effect(item) : `${effect(item)}, ${formatCounted(unknown, 'unknown field')}`;
}

function effect({ versionHash, previousHash, impact, changes }: Item): string {
  if (previousHash === null) return 'new there';
  const what =
    changes === null
      ? 'replaces content that is not in the catalogue'
      : `${formatCounted(changes, 'change')}, ${impact}`;
  return `${what}, ${shortHash(previousHash)} → ${shortHash(versionHash)}`;
}

function toggled(set: ReadonlySet<string>, key: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (isIn) next.add(key);
  else next.delete(key);
  return next;
}
