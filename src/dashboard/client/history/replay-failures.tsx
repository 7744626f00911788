import { Alert, Button, Checkbox, Group, Modal, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDisclosure, useLocalStorage } from '@mantine/hooks';
import { useState } from 'react';
import { api, type Schemas } from '../api/client.ts';
import { TroubleAlert } from '../shell/trouble.tsx';
import { type Filter, queryOf } from './filter.ts';

type ReplayFilter = Schemas['SyncFilterDto'];

/** Sends again what failed under the filter: first it is counted, then it needs a reason. */
export function ReplayFailures({ filter }: { filter: Filter }) {
  const [opened, modal] = useDisclosure(false);
  return (
    <>
      <Button variant="default" size="xs" onClick={modal.open}>
        Replay failures
      </Button>
      <Modal opened={opened} onClose={modal.close} title="Replay failures" closeButtonProps={{ 'aria-label': 'Close' }}>
        <ReplayForm filter={filter} onClose={modal.close} />
      </Modal>
    </>
  );
}

function ReplayForm({ filter, onClose }: { filter: Filter; onClose: () => void }) {
  const [actor, setActor] = useLocalStorage({ key: 'synctrail.actor', defaultValue: '' });
  const [reason, setReason] = useState('');
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
    <form
      onSubmit={(event) => {
        event.preventDefault();
        replay.mutate({ body: { ...request, actor, reason, dryRun: false, force: false } });
      }}
    >
      <Stack gap="sm">
        {plan.error ? (
          <TroubleAlert error={plan.error} />
        ) : (
          <Alert color={count > 0 ? 'indigo' : 'gray'} role="status">
            {plan.data
              ? `${plan.data.matched} failed pushes are like this; ${plan.data.healed} were healed by a newer success. ${count} would be sent again, byte for byte, in their order.`
              : 'Counting…'}
          </Alert>
        )}
        <Checkbox
          label="Also what a newer success has healed"
          checked={includeHealed}
          onChange={({ currentTarget }) => setIncludeHealed(currentTarget.checked)}
        />
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
        {replay.error && <TroubleAlert error={replay.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={count === 0} loading={replay.isPending}>
            Replay {count}
          </Button>
        </Group>
        <Text size="xs" c="dimmed">
          Each replay is a new sync that names the old one.
        </Text>
      </Stack>
    </form>
  );
}
