import { Button, Checkbox, CopyButton, Group, Menu, Modal, Stack, Textarea, TextInput } from '@mantine/core';
import { useDisclosure, useLocalStorage } from '@mantine/hooks';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { TroubleAlert } from '../shell/trouble.tsx';
import type { SyncDetail } from './sync-page.tsx';

export function SyncActions({ sync }: { sync: SyncDetail }) {
  const [opened, modal] = useDisclosure(false);
  const canReplay = sync.direction === 'PUSH' && sync.pushedDigest !== null && sync.status !== 'IN_PROGRESS';
  const { origin } = window.location;
  return (
    <Group gap="xs">
      {canReplay && (
        <Button size="xs" onClick={modal.open}>
          Replay
        </Button>
      )}
      <Menu position="bottom-end" shadow="md" closeOnItemClick={false}>
        <Menu.Target>
          <Button size="xs" variant="default">
            Copy
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <CopyItem label="Link" value={`${origin}/syncs/${sync.id}`} />
          <CopyItem label="Id" value={sync.id} />
          <CopyItem
            label="As curl"
            value={`curl -s '${origin}/api/v1/sync/${sync.id}?include=events,version,deployment,replays'`}
          />
          <CopyItem label="Its content as curl" value={`curl -s '${origin}/api/v1/sync/${sync.id}/snapshot'`} />
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={opened}
        onClose={modal.close}
        title={`Replay ${sync.typeKey}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <ReplayForm syncId={sync.id} onClose={modal.close} />
      </Modal>
    </Group>
  );
}

function CopyItem({ label, value }: { label: string; value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => <Menu.Item onClick={copy}>{copied ? 'Copied' : label}</Menu.Item>}
    </CopyButton>
  );
}

/** A replay is a new sync with the same bytes. */
function ReplayForm({ syncId, onClose }: { syncId: string; onClose: () => void }) {
  const [, go] = useLocation();
  const [actor, setActor] = useLocalStorage({ key: 'synctrail.actor', defaultValue: '' });
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const replay = api.useMutation('post', '/api/v1/sync/{syncId}/replay', {
    onSuccess: ({ id }) => {
      onClose();
      go(`/syncs/${id}`);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        replay.mutate({ params: { path: { syncId } }, body: { actor, reason, force } });
      }}
    >
      <Stack gap="sm">
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
        {replay.error && <TroubleAlert error={replay.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={replay.isPending}>
            Send again
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
