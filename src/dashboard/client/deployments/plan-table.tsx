import { Accordion, Checkbox, Group, Skeleton, Text } from '@mantine/core';
import type { Schemas } from '../api/client.ts';
import { Difference } from '../content-types/version-changes.tsx';
import { shortHash } from '../shell/format.ts';

interface Props {
  items: Schemas['PlannedItemDto'][];
  isLoading: boolean;
  /** What is said when there is nothing to do. */
  none: string;
  /** What is not to be sent, by kind and key; without `onLeft` everything is. */
  left?: ReadonlySet<string>;
  onLeft?: (left: ReadonlySet<string>) => void;
}

/** What would be sent, and how each type differs from what is live. */
export function PlanTable({ items, isLoading, none, left, onLeft }: Props) {
  if (isLoading) return <Skeleton height={160} />;
  if (items.length === 0) return <Text size="sm">{none}</Text>;
  return (
    <Accordion variant="contained" mah={320} style={{ overflow: 'auto' }}>
      {items.map((item) => {
        const { kind, typeKey, versionHash, previousHash, changes } = item;
        const key = `${kind} ${typeKey}`;
        return (
          <Accordion.Item key={key} value={key}>
            <Group wrap="nowrap" gap={0}>
              {onLeft && (
                <Checkbox
                  ml="sm"
                  aria-label={`Send ${typeKey}`}
                  checked={!left?.has(key)}
                  onChange={({ currentTarget }) => onLeft(toggled(left ?? new Set(), key, !currentTarget.checked))}
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
              {previousHash === null ? (
                <Text size="sm">It was never sent there.</Text>
              ) : changes === null ? (
                <Text size="sm">What is there was recorded from outside, and is not in the catalogue.</Text>
              ) : (
                <Difference type={{ kind, typeKey }} from={previousHash} to={versionHash} />
              )}
            </Accordion.Panel>
          </Accordion.Item>
        );
      })}
    </Accordion>
  );
}

function summary({ versionHash, previousHash, impact, changes }: Props['items'][number]): string {
  if (previousHash === null) return 'new there';
  const what = changes === null ? 'replaces no version of ours' : `${changes} changes, ${impact}`;
  return `${what}, ${shortHash(previousHash)} → ${shortHash(versionHash)}`;
}

function toggled(set: ReadonlySet<string>, key: string, isIn: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (isIn) next.add(key);
  else next.delete(key);
  return next;
}
