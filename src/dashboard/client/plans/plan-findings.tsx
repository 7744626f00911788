import { Alert, List, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Schemas } from '../api/client.ts';
import { formatCounted, shortHash } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { NewerItem } from './newer-item.tsx';
import { isSent, keyOf, type PlannedItem } from '../planning/plan-request.ts';

/** As many of a finding as are listed. */
const MOST = 20;

/** What somebody should know before the plan is deployed. */
export function PlanFindings({ items }: { items: PlannedItem[] }) {
  const drifted = items.filter(({ drift }) => drift !== null);
  const referring = items.filter(({ missingReferences }) => missingReferences.length > 0);
  const circle = items.filter(({ inCircle }) => inCircle);
  const newer = items.filter((item) => item.newer !== null);
  return (
    <>
      <Finding title="Somebody changed these at the target" items={drifted}>
        {(item) => <Drift item={item} />}
      </Finding>
      <Finding title="The rollback would also undo" items={newer}>
        {(item) => <NewerItem of={item.newer!} />}
      </Finding>
      <Finding title="References that the target would not have" items={referring}>
        {({ typeKey, missingReferences }) => `${typeKey} refers to ${missingReferences.map(nameOf).join(', ')}`}
      </Finding>
      <Finding title="These refer to each other in a circle, and are sent together" items={circle}>
        {({ typeKey }) => typeKey}
      </Finding>
    </>
  );
}

interface FindingProps {
  title: string;
  items: PlannedItem[];
  children: (item: PlannedItem) => ReactNode;
}

function Finding({ title, items, children }: FindingProps) {
  if (items.length === 0) return null;
  return (
    <Alert color="yellow" title={title}>
      <List size="sm">
        {items.slice(0, MOST).map((item) => (
          <List.Item key={keyOf(item)} className="breakable">
            {children(item)}
          </List.Item>
        ))}
      </List>
      {items.length > MOST && <Text size="sm">and {formatCounted(items.length - MOST, 'other item')}</Text>}
    </Alert>
  );
}

function Drift({ item }: { item: PlannedItem }) {
  const { changedBy, changedAt, expectedHash } = item.drift!;
  const there = item.seen.state === 'ABSENT' ? 'removed' : 'changed';
  return (
    <>
      {item.typeKey}: {there} by {changedBy ?? 'somebody whom the platform does not name'}
      {changedAt && (
        <>
          , <Timestamp of={changedAt} />
        </>
      )}
      . The version that was put there last is {shortHash(expectedHash)}.{' '}
      {isSent(item) ? 'The deployment overwrites the change.' : 'The plan leaves it as it is.'}
    </>
  );
}

function nameOf({ typeKey }: Schemas['ItemRefDto']): string {
  return typeKey;
}
