import { Stack, Text, Title } from '@mantine/core';
import { formatCount } from '../ui/format.ts';
import { Section } from '../ui/section.tsx';
import { isSent, type PlannedItem } from '../planning/plan-request.ts';
import { PlanTable } from './plan-table.tsx';
import { SelectionBar } from './selection-bar.tsx';

type Action = PlannedItem['action'];
const SENT = { CREATE: 'Create', UPDATE: 'Update', DELETE: 'Delete' } as const satisfies Partial<
  Record<Action, string>
>;
const LEFT_ALONE = {
  UNCHANGED: 'Unchanged: they stand there already',
  RETIRED: 'Retired in the catalogue: the target keeps them',
  KEPT: 'Only at the target: it keeps them',
  BUILT_IN: 'They belong to the platform itself',
} as const satisfies Partial<Record<Action, string>>;

interface Props {
  platform: string;
  items: PlannedItem[];
  left: ReadonlySet<string>;
  /** Left out where there is nothing to choose any more. */
  onLeft?: (left: ReadonlySet<string>) => void;
}

/** The items of a plan by what happens to them; of those that would be sent, some can be chosen. */
export function PlanItems({ platform, items, left, onLeft }: Props) {
  const sent = items.filter(isSent);
  const of = (action: string) => items.filter((item) => item.action === action);
  return (
    <Section
      title="Changes"
      aside={onLeft && sent.length > 0 && <SelectionBar items={sent} left={left} onLeft={onLeft} />}
    >
      <Stack gap="md">
        {sent.length === 0 && (
          <Text size="sm">The target has everything as the source has it. There is nothing to send.</Text>
        )}
        {Object.entries(SENT).map(([action, name]) => {
          const group = of(action);
          return (
            group.length > 0 && (
              <div key={action} role="group" aria-label={name}>
                <Title order={3} size="h6" mb={6}>
                  {name} ({formatCount(group.length)})
                </Title>
                <PlanTable platform={platform} items={group} left={left} onLeft={onLeft} />
              </div>
            )
          );
        })}
        {Object.entries(LEFT_ALONE).map(([action, name]) => {
          const group = of(action);
          return (
            group.length > 0 && (
              <details key={action}>
                <summary>
                  {name} ({formatCount(group.length)})
                </summary>
                <Text size="sm" className="breakable" mt={4}>
                  {group.map(({ typeKey }) => typeKey).join(', ')}
                </Text>
              </details>
            )
          );
        })}
      </Stack>
    </Section>
  );
}
