import { Alert, Button, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { api, type Schemas } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import type { TypeRef } from './type-path.ts';
import { Dialog } from '../ui/dialog.tsx';

interface Props {
  type: TypeRef;
  retired: Schemas['RetiredDto'] | null;
}

/** Whether a content type is retired, and a form to retire it or to bring it back. */
export function RetirementPanel({ type: { platform, kind, typeKey }, retired }: Props) {
  const [opened, modal] = useDisclosure(false);
  const queries = useQueryClient();
  const path = retired ? '/api/v1/content-types/{typeKey}/reinstate' : '/api/v1/content-types/{typeKey}/retire';
  const change = api.useMutation('post', path, {
    onSuccess: () => {
      modal.close();
      void queries.invalidateQueries({ queryKey: ['content-types'] });
      void queries.invalidateQueries({ queryKey: ['get', '/api/v1/content-types/{typeKey}'] });
    },
  });
  const verb = retired ? 'Reinstate' : 'Retire';
  return (
    <>
      {retired && (
        <Alert color="gray" title="Retired">
          <Text size="sm" className="breakable">
            By {retired.by}, <Timestamp of={retired.at} />: {retired.reason}
          </Text>
        </Alert>
      )}
      <Group>
        <Button size="xs" variant="default" onClick={modal.open}>
          {verb}
        </Button>
      </Group>
      <Dialog opened={opened} onClose={modal.close} title={`${verb} ${typeKey}`}>
        <RequestForm
          submit={verb}
          withForce={false}
          sending={change}
          onSubmit={({ actor, reason }) =>
            change.mutate({ params: { path: { typeKey }, query: { platform, kind } }, body: { actor, reason } })
          }
          onClose={modal.close}
        >
          <Text size="sm">
            {retired
              ? 'A deployment of everything sends it again.'
              : 'A deployment of everything leaves it out, and a pull does not miss it. Its versions stay.'}
          </Text>
        </RequestForm>
      </Dialog>
    </>
  );
}
