import { Alert, Button, Checkbox, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { api, type Schemas } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { type Filter, queryOf } from './filter.ts';
import { Dialog } from '../ui/dialog.tsx';

type ReplayFilter = Schemas['SyncFilterDto'];

/** Sends again what failed under the filter: first it is counted, then it needs a reason. */
export function ReplayFailures({ filter }: { filter: Filter }) {
  const [opened, modal] = useDisclosure(false);
  return (
    <>
      <Button variant="default" size="xs" onClick={modal.open}>
        Replay failures
      </Button>
      <Dialog opened={opened} onClose={modal.close} title="Replay failures">
        <ReplayForm filter={filter} onClose={modal.close} />
      </Dialog>
    </>
  );
}

function ReplayForm({ filter, onClose }: { filter: Filter; onClose: () => void }) {
  const [includeHealed, setIncludeHealed] = useState(false);
  const failures = { ...queryOf(filter), status: filter.status ?? ['FAILED', 'PARTIAL'], direction: ['PUSH'] };
  // The API takes one flag as a word in an address, but as what it is in a body.
  const body = { ...failures, ...(filter.forced && { forced: filter.forced === 'true' }) } as ReplayFilter;
  const request = { filter: body, includeHealed };
  const plan = api.useQuery('post', '/api/v1/sync/replay', {
    body: { ...request, actor: 'dry run', reason: 'dry run', dryRun: true, force: false },
  });
  const replay = api.useMutation('post', '/api/v1/sync/replay', { onSuccess: onClose });
  const count = plan.data?.replays ?? 0;
  return (
    <RequestForm
      submit={plan.data ? `Replay ${count}` : 'Replay'}
      disabled={count === 0}
      withForce={false}
      sending={replay}
      onSubmit={(asked) => replay.mutate({ body: { ...request, ...asked, dryRun: false } })}
      onClose={onClose}
    >
      {plan.error ? (
        <ErrorAlert error={plan.error} onRetry={() => void plan.refetch()} />
      ) : (
        <Alert color={count > 0 ? 'indigo' : 'gray'} role="status">
          {plan.data
            ? `${plan.data.matched} failed pushes match the filter; ${plan.data.older} of them have older content, and ${plan.data.healed} a newer success. The replay sends ${count} again, byte for byte, in the original order; what was one call is one call again.`
            : 'Counting…'}
        </Alert>
      )}
      <Checkbox
        label="Include syncs with a newer success"
        checked={includeHealed}
        onChange={({ currentTarget }) => setIncludeHealed(currentTarget.checked)}
      />
      <Text size="xs" c="dimmed">
        Each replay is a new sync with a link to the original sync.
      </Text>
    </RequestForm>
  );
}
