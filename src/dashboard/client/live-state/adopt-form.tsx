import { Alert, Checkbox, List, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type Schemas } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';

interface Props {
  target: { platform: string; environment: string };
  /** The item to adopt; everything that somebody changed there without it. */
  item?: Schemas['LiveItemDto'];
  onClose: () => void;
}

const WHY: Record<Schemas['LeftItemDto']['why'], string> = {
  newer: 'the catalogue has a newer version',
  removed: 'somebody removed it',
  retired: 'it is retired',
  'built-in': 'it belongs to the platform',
  unknown: 'its content is not known',
  redacted: 'its content has secrets, which the record does not have',
};

/** Makes what somebody changed on a platform the latest version in the catalogue. */
export function AdoptForm({ target: { platform, environment }, item, onClose }: Props) {
  const queries = useQueryClient();
  const [includeRemoved, setIncludeRemoved] = useState(false);
  const [includeNewer, setIncludeNewer] = useState(false);
  const [left, setLeft] = useState<Schemas['LeftItemDto'][]>([]);
  const adoption = api.useMutation('post', '/api/v1/platforms/{platform}/adopt', {
    onSuccess: async (result) => {
      await queries.invalidateQueries();
      if (result.left.length === 0) onClose();
      else setLeft(result.left);
    },
  });
  const items = item && [{ kind: item.kind, typeKey: item.typeKey, versionHash: item.versionHash ?? undefined }];
  return (
    <RequestForm
      submit="Adopt"
      withForce={false}
      sending={adoption}
      onSubmit={({ actor, reason }) =>
        adoption.mutate({
          params: { path: { platform } },
          body: { actor, reason, environment, items, includeRemoved, includeNewer },
        })
      }
      onClose={onClose}
    >
      <Text size="sm">
        {item ? `The content of ${item.typeKey}` : 'All content that somebody changed'} on {platform} ({environment})
        becomes the latest version. Nothing is sent.
      </Text>
      <Checkbox
        label="Retire content types that somebody removed"
        checked={includeRemoved}
        onChange={({ currentTarget }) => setIncludeRemoved(currentTarget.checked)}
      />
      <Checkbox
        label="Replace newer versions of the catalogue"
        checked={includeNewer}
        onChange={({ currentTarget }) => setIncludeNewer(currentTarget.checked)}
      />
      {left.length > 0 && (
        <Alert color="yellow" title="Not adopted">
          <List size="sm">
            {left.map(({ kind, typeKey, why }) => (
              <List.Item key={`${kind} ${typeKey}`} className="breakable">
                {typeKey}: {WHY[why]}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </RequestForm>
  );
}
