import { Accordion } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { keyOf, type PlannedItem as Item } from '../planning/plan-request.ts';
import { PlannedItem } from './planned-item.tsx';

interface Props {
  platform: string;
  items: Item[];
  /** What is not chosen, by kind and key; without `onLeft` there is no choice. */
  left?: ReadonlySet<string>;
  onLeft?: (left: ReadonlySet<string>) => void;
}

const NONE: ReadonlySet<string> = new Set();
const ROW_PX = 58;

/** Items of a plan with their folded changes. Of a large model only the rows in sight are drawn. */
export function PlanTable({ platform, items, left = NONE, onLeft }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => keyOf(items[index]!),
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const rows = virtualizer.getVirtualItems();
  return (
    <div ref={scroller} style={{ maxHeight: 480, overflow: 'auto' }}>
      <Accordion
        keepMounted={false}
        variant="contained"
        multiple
        pt={rows[0]?.start}
        pb={virtualizer.getTotalSize() - (rows.at(-1)?.end ?? 0)}
      >
        {rows.map(({ key, index }) => (
          <Accordion.Item
            key={key}
            value={encodeURIComponent(String(key))}
            data-index={index}
            ref={virtualizer.measureElement}
          >
            <PlannedItem platform={platform} item={items[index]!} left={left} onLeft={onLeft} />
          </Accordion.Item>
        ))}
      </Accordion>
    </div>
  );
}
