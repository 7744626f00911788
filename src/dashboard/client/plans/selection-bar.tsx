import { Button, Group, Text } from '@mantine/core';
import { formatCount } from '../ui/format.ts';
import { keyOf } from '../planning/plan-request.ts';

interface Props {
  items: { kind: string; typeKey: string }[];
  /** What is not selected, by kind and key. */
  left: ReadonlySet<string>;
  onLeft: (left: ReadonlySet<string>) => void;
}

/** How many items are selected, and the buttons for all and none. */
export function SelectionBar({ items, left, onLeft }: Props) {
  return (
    <Group gap="xs">
      <Text size="xs" c="dimmed" role="status">
        {formatCount(items.length - left.size)} of {formatCount(items.length)} selected
      </Text>
      <Button size="compact-xs" variant="default" onClick={() => onLeft(new Set())}>
        Select all
      </Button>
      <Button size="compact-xs" variant="default" onClick={() => onLeft(new Set(items.map(keyOf)))}>
        Select none
      </Button>
    </Group>
  );
}
