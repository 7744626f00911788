import { Button, Checkbox, CopyButton, Group, Menu } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';
import type { SyncDetail } from './sync-detail.ts';
import { Dialog } from '../ui/dialog.tsx';

export function SyncActions({ sync }: { sync: SyncDetail }) {
  const [opened, modal] = useDisclosure(false);
  const hasSent = sync.direction === 'PUSH' && (sync.pushedDigest !== null || sync.removal);
  const canReplay = hasSent && sync.status !== 'IN_PROGRESS';
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
            label="curl command"
            value={`curl -s '${origin}/api/v1/sync/${sync.id}?include=events,version,deployment,replays'`}
          />
          <CopyItem
            label="curl command for the content"
            value={`curl -s '${origin}/api/v1/sync/${sync.id}/snapshot'`}
          />
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={opened} onClose={modal.close} title={`Replay ${sync.typeKey}`}>
        <ReplayForm syncId={sync.id} onClose={modal.close} />
      </Dialog>
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
  const [includeHealed, setIncludeHealed] = useState(false);
  const replay = api.useMutation('post', '/api/v1/sync/{syncId}/replay', {
    onSuccess: ({ id }) => {
      onClose();
      go(`/syncs/${id}`);
    },
  });
  return (
    <RequestForm
      submit="Send again"
      sending={replay}
      onSubmit={(body) => replay.mutate({ params: { path: { syncId } }, body: { ...body, includeHealed } })}
      onClose={onClose}
    >
      <Checkbox
        label="Send it although a newer push has succeeded"
        checked={includeHealed}
        onChange={({ currentTarget }) => setIncludeHealed(currentTarget.checked)}
      />
    </RequestForm>
  );
}
