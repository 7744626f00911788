import { Button, CopyButton, Group, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { formatCount } from './format.ts';
import classes from './json-view.module.css';

const LINE_PX = 19;
const MAX_PX = 480;

/**
 * JSON line by line, however long. Contents are kept in canonical form, in which every number is the shortest text of a
 * double: reading and writing it again changes no digit.
 */
export function JsonView({ value, label }: { value: unknown; label: string }) {
  const text = useMemo(() => JSON.stringify(value, null, 2), [value]);
  const lines = useMemo(() => text.split('\n'), [text]);
  const box = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  return (
    <>
      <div
        ref={box}
        className={classes.box}
        style={{ height: Math.min(lines.length * LINE_PX + 16, MAX_PX) }}
        role="region"
        aria-label={`Lines of: ${label}`}
        tabIndex={0}
      >
        <div className={classes.lines} style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => (
            <div key={index} className={classes.line} style={{ transform: `translateY(${start}px)` }}>
              <span className={classes.number} aria-hidden>
                {index + 1}
              </span>
              {lines[index]}
            </div>
          ))}
        </div>
      </div>
      <Group justify="space-between" mt={6}>
        <Text size="xs" c="dimmed">
          {formatCount(lines.length)} lines
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button size="compact-xs" variant="subtle" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </>
  );
}
