import { Checkbox, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { api, type Schemas } from '../api/client.ts';
import { NewPlanForm } from '../planning/new-plan-form.tsx';
import { isSent, keyOf } from '../planning/plan-request.ts';
import { PlanTable } from '../plans/plan-table.tsx';
import { SelectionBar } from '../plans/selection-bar.tsx';
import { Loaded } from '../ui/loaded.tsx';

interface Props {
  deployment: Schemas['DeploymentDetailDto'];
  onClose: () => void;
}

/** Undoes chosen items of a deployment: it shows what the record knows of that, and makes a plan against the target. */
export function RollbackForm({ deployment, onClose }: Props) {
  const { id, platform } = deployment;
  const [deletes, setDeletes] = useState(false);
  const at = { params: { path: { id }, query: { deletes } } };
  const draft = api.useQuery('get', '/api/v1/deployments/{id}/rollback', at, { staleTime: 0, retry: false });
  return (
    <Stack gap="md">
      <Deletes of={platform} checked={deletes} onChange={setDeletes} />
      <Loaded of={draft}>
        {(known) => <ChosenItems deployment={deployment} draft={known} deletes={deletes} onClose={onClose} />}
      </Loaded>
    </Stack>
  );
}

function Deletes({ of, ...box }: { of: string; checked: boolean; onChange: (checked: boolean) => void }) {
  const platforms = api.useQuery('get', '/api/v1/platforms', {}, { staleTime: Infinity });
  if (!platforms.data?.items.find(({ name }) => name === of)?.canDelete) return null;
  return (
    <Checkbox
      label="Delete the content types that the deployment created"
      checked={box.checked}
      onChange={({ currentTarget }) => box.onChange(currentTarget.checked)}
    />
  );
}

function ChosenItems({
  deployment,
  draft,
  deletes,
  onClose,
}: Props & { draft: Schemas['DraftDto']; deletes: boolean }) {
  const { id, platform, environment } = deployment;
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const undone = draft.items.filter(isSent);
  const chosen = undone.filter((item) => !left.has(keyOf(item)));
  // Without a choice, what the record does not know is among it.
  const items = left.size > 0 ? chosen.map(({ kind, typeKey }) => ({ kind, typeKey })) : undefined;
  return (
    <NewPlanForm
      request={{ platform, environment, rollbackOf: id, items, ...(deletes && { deletes }) }}
      disabled={left.size > 0 && chosen.length === 0}
      onClose={onClose}
    >
      <Text size="sm">
        The rollback restores these versions. Content types that the deployment created stay, unless you choose to
        delete them. The plan shows also what the rollback would undo of newer changes.
      </Text>
      {undone.length === 0 ? (
        <Text size="sm">As far as the record knows, the target has these versions already.</Text>
      ) : (
        <>
          <SelectionBar items={undone} left={left} onLeft={setLeft} />
          <PlanTable platform={platform} items={undone} left={left} onLeft={setLeft} />
        </>
      )}
    </NewPlanForm>
  );
}
