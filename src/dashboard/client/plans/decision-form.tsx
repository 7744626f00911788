import { Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api, type Schemas } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';

interface Props {
  plan: Schemas['PlanDetailDto'];
  decision: 'approve' | 'refuse';
  onClose: () => void;
}

/** Says yes or no to a plan, once and for all. */
export function DecisionForm({ plan, decision, onClose }: Props) {
  const queries = useQueryClient();
  const path = decision === 'approve' ? '/api/v1/plans/{id}/approve' : '/api/v1/plans/{id}/refuse';
  const decide = api.useMutation('post', path, {
    onSuccess: async () => {
      onClose();
      await Promise.all([
        queries.invalidateQueries({ queryKey: ['get', '/api/v1/plans/{id}'] }),
        queries.invalidateQueries({ queryKey: ['get', '/api/v1/plans'] }),
      ]);
    },
  });
  return (
    <RequestForm
      submit={decision === 'approve' ? 'Approve' : 'Refuse'}
      color={decision === 'approve' ? undefined : 'red.9'}
      withForce={false}
      sending={decide}
      onSubmit={({ actor, reason }) => decide.mutate({ params: { path: { id: plan.id } }, body: { actor, reason } })}
      onClose={onClose}
    >
      <Text size="sm" className="breakable">
        {decision === 'approve'
          ? `${plan.actor} made the plan, so another person must approve it. The decision is final.`
          : 'A refused plan cannot be deployed. The decision is final.'}
      </Text>
    </RequestForm>
  );
}
