import { Alert, Checkbox, List, Text } from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { api, type Schemas } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { shortId } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import { PlanTable } from './plan-table.tsx';

/** Undoes a deployment, after showing what exactly would be restored. */
export function RollbackForm({ id, onClose }: { id: string; onClose: () => void }) {
  const [, go] = useLocation();
  const [includeNewer, setIncludeNewer] = useState(false);
  const at = { params: { path: { id } } };
  const plan = api.useQuery('get', '/api/v1/deployments/{id}/rollback', at, { staleTime: 0, retry: false });
  const rollback = api.useMutation('post', '/api/v1/deployments/{id}/rollback', {
    onSuccess: (undoing) => {
      onClose();
      go(`/deployments/${undoing.id}`);
    },
  });
  if (plan.error) return <ErrorAlert error={plan.error} />;
  const newer = (plan.data?.items ?? []).flatMap((item) => item.newer ?? []);
  return (
    <RequestForm
      submit="Roll back"
      color="red"
      sending={rollback}
      disabled={newer.length > 0 && !includeNewer}
      onSubmit={(body) => rollback.mutate({ ...at, body: { ...body, includeNewer } })}
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
      {newer.length > 0 && (
        <Alert color="yellow" title="The rollback would also undo">
          <List size="sm" mb="sm">
            {newer.map((state) => (
              <List.Item key={`${state.kind} ${state.typeKey}`} className="breakable">
                <Newer state={state} />
              </List.Item>
            ))}
          </List>
          <Checkbox
            label="Undo these newer changes too"
            checked={includeNewer}
            onChange={({ currentTarget }) => setIncludeNewer(currentTarget.checked)}
          />
        </Alert>
      )}
    </RequestForm>
  );
}

/** A change since the deployment: of which item, by whom and when. */
function Newer({ state }: { state: Schemas['NewerStateDto'] }) {
  const { typeKey, drift, deploymentId, syncId, changedBy, changedAt } = state;
  return (
    <>
      {typeKey}: {newerState(state)}
      {changedBy && ` by ${changedBy}`}, <Timestamp of={changedAt} />,{' '}
      {deploymentId && !drift ? (
        <Link href={`/deployments/${deploymentId}`}>deployment {shortId(deploymentId)}</Link>
      ) : (
        <Link href={`/syncs/${syncId}`}>sync {shortId(syncId)}</Link>
      )}
    </>
  );
}

function newerState({ state, drift }: Schemas['NewerStateDto']): string {
  if (state === 'UNKNOWN') return 'unknown state';
  if (drift) return state === 'ABSENT' ? 'deleted on the platform' : 'changed on the platform';
  return state === 'ABSENT' ? 'absent' : 'deployed';
}
