import { Text } from '@mantine/core';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { PlanTable } from './plan-table.tsx';

/** Undoes a deployment, after showing what exactly would be restored. */
export function RollbackForm({ id, onClose }: { id: string; onClose: () => void }) {
  const [, go] = useLocation();
  const at = { params: { path: { id } } };
  const plan = api.useQuery('get', '/api/v1/deployments/{id}/rollback', at, { staleTime: 0, retry: false });
  const rollback = api.useMutation('post', '/api/v1/deployments/{id}/rollback', {
    onSuccess: (undoing) => {
      onClose();
      go(`/deployments/${undoing.id}`);
    },
  });
  if (plan.error) return <ErrorAlert error={plan.error} />;
  return (
    <RequestForm
      submit="Roll back"
      color="red"
      sending={rollback}
      onSubmit={(body) => rollback.mutate({ ...at, body })}
      onClose={onClose}
    >
      <Text size="sm">
        The rollback restores these versions. Content types that the deployment created stay, because a push never
        deletes.
      </Text>
      <PlanTable
        platform={plan.data?.platform ?? ''}
        items={plan.data?.items ?? []}
        isLoading={plan.isLoading}
        none="Nothing would be restored."
      />
    </RequestForm>
  );
}
