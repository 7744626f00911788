import { Button, Group } from '@mantine/core';
import { Tag } from '../badges/tag.tsx';
import type { Item } from './item-groups.ts';

const VERDICTS = {
  VERIFIED: { label: 'Verified', tone: 'good', meaning: 'The target was read back and holds the version.' },
  DIVERGED: { label: 'Diverged', tone: 'bad', meaning: 'The target was read back and holds something else.' },
  UNVERIFIABLE: { label: 'Unverifiable', tone: 'caution', meaning: 'The target could not be read back.' },
} as const;

/** What the target held after the deployment. */
export function HeldState({ item, onDifference }: { item: Item; onDifference: () => void }) {
  const { typeKey, verification, versionHash, heldHash } = item;
  if (verification === null) return 'Not read';
  const { label, tone, meaning } = VERDICTS[verification];
  return (
    <Group gap="xs">
      <Tag tone={tone} title={meaning}>
        {label}
      </Tag>
      {verification === 'DIVERGED' && heldHash === null && 'The target does not have it'}
      {verification === 'DIVERGED' && heldHash !== null && versionHash !== null && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Show the difference of ${typeKey}`}
          onClick={onDifference}
        >
          Show the difference
        </Button>
      )}
    </Group>
  );
}
