import { Text } from '@mantine/core';
import { Difference } from '../content-types/version-changes.tsx';
import { NewPlanForm } from '../planning/new-plan-form.tsx';
import { keyOf } from '../planning/plan-request.ts';
import type { Deployment, Item } from './item-groups.ts';

interface Props {
  deployment: Deployment;
  items: Item[];
  /** The items whose change the platform refused because data would be lost; they are allowed now. */
  losing: Item[];
  onClose: () => void;
}

/** Plans again what a deployment did not apply. */
export function RetryForm({ deployment, items, losing, onClose }: Props) {
  const { id, platform, environment, rollbackOf, reason } = deployment;
  const source = rollbackOf === null ? { deployment: id } : { rollbackOf };
  const named = items.map(({ kind, typeKey }) => ({ kind, typeKey }));
  return (
    <NewPlanForm
      request={{ platform, environment, ...source, items: named }}
      initial={{ reason, force: losing.length > 0 }}
      onClose={onClose}
    >
      <Text size="sm">The plan has what this deployment did not apply, in the same versions.</Text>
      {losing.length > 0 && (
        <>
          <Text size="sm" fw={600}>
            These changes lose data:
          </Text>
          {losing.map((item) => (
            <LostData key={keyOf(item)} platform={platform} item={item} />
          ))}
        </>
      )}
    </NewPlanForm>
  );
}

/** What a change would take from the content that exists. */
function LostData({ platform, item }: { platform: string; item: Item }) {
  const { kind, typeKey, previousHash, versionHash, errorMessage } = item;
  return (
    <details>
      <summary>{typeKey}</summary>
      <Text size="sm" className="breakable" my="xs">
        {errorMessage}
      </Text>
      {previousHash !== null && versionHash !== null && (
        <Difference type={{ platform, kind, typeKey }} from={previousHash} to={versionHash} />
      )}
    </details>
  );
}
