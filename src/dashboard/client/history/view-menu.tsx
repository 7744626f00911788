import { Button, Checkbox, Popover, SegmentedControl, Stack, Text } from '@mantine/core';
import { columns } from './columns.tsx';
import type { Density } from './sync-history-table.tsx';

interface Props {
  visibility: Record<string, boolean>;
  setVisibility: (visibility: Record<string, boolean>) => void;
  density: Density;
  setDensity: (density: Density) => void;
}

/** Which columns there are, and how close the lines stand. */
export function ViewMenu({ visibility, setVisibility, density, setDensity }: Props) {
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="xs">
          View
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <SegmentedControl
            size="xs"
            aria-label="Density"
            data={[
              { label: 'Comfortable', value: 'comfortable' },
              { label: 'Compact', value: 'compact' },
            ]}
            value={density}
            onChange={(value) => setDensity(value === 'compact' ? 'compact' : 'comfortable')}
          />
          <Text size="xs" c="dimmed" fw={600}>
            Columns
          </Text>
          {columns.map(({ id = '', header }) => (
            <Checkbox
              key={id}
              size="xs"
              label={String(header)}
              // A row needs its name to be opened by.
              disabled={id === 'typeKey'}
              checked={visibility[id] ?? true}
              onChange={({ currentTarget }) => setVisibility({ ...visibility, [id]: currentTarget.checked })}
            />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
