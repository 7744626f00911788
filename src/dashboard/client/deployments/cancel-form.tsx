import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';

/** Stops a deployment from sending what it has not sent yet. */
export function CancelForm({ id, onClose }: { id: string; onClose: () => void }) {
  const queries = useQueryClient();
  const cancel = api.useMutation('post', '/api/v1/deployments/{id}/cancel', {
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['get', '/api/v1/deployments/{id}'] });
      onClose();
    },
  });
  return (
    <RequestForm
      submit="Cancel deployment"
      color="red.9"
      withForce={false}
      sending={cancel}
      onSubmit={({ actor, reason }) => cancel.mutate({ params: { path: { id } }, body: { actor, reason } })}
      onClose={onClose}
    >
      <Text size="sm">
        Items that were not sent yet stay as they are at the target. A call that is under way is not called back.
      </Text>
    </RequestForm>
  );
}
