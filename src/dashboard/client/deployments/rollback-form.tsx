import { Button, Checkbox, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { TroubleAlert } from '../shell/trouble.tsx';
import { PlanTable } from './plan-table.tsx';

/** Undoes a deployment, after showing what exactly would be restored. */
export function RollbackForm({ id, onClose }: { id: string; onClose: () => void }) {
  const [, go] = useLocation();
  const [actor, setActor] = useLocalStorage({ key: 'synctrail.actor', defaultValue: '' });
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const at = { params: { path: { id } } };
  const plan = api.useQuery('get', '/api/v1/deployments/{id}/rollback', at, { staleTime: 0, retry: false });
  const rollback = api.useMutation('post', '/api/v1/deployments/{id}/rollback', {
    onSuccess: (undoing) => {
      onClose();
      go(`/deployments/${undoing.id}`);
    },
  });
  if (plan.error) return <TroubleAlert error={plan.error} />;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rollback.mutate({ ...at, body: { actor, reason, force } });
      }}
    >
      <Stack gap="sm">
        <Text size="sm">
          This would be restored, against what is live now. What the deployment added anew stays: a push never deletes.
        </Text>
        <PlanTable items={plan.data?.items ?? []} isLoading={plan.isLoading} none="Nothing would be restored." />
        <TextInput
          label="Who asks"
          required
          value={actor}
          maxLength={255}
          onChange={({ currentTarget }) => setActor(currentTarget.value)}
        />
        <Textarea
          label="Why"
          required
          value={reason}
          maxLength={2_000}
          autosize
          minRows={2}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        <Checkbox
          label="Force: apply changes that lose data"
          checked={force}
          onChange={({ currentTarget }) => setForce(currentTarget.checked)}
        />
        {rollback.error && <TroubleAlert error={rollback.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red" loading={rollback.isPending}>
            Roll back
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
