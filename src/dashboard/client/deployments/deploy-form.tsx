import { Alert, Button, Checkbox, Group, Select, Stack, Textarea, TextInput } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { TroubleAlert } from '../shell/trouble.tsx';
import { PlanTable } from './plan-table.tsx';

/** Deploys the latest version of everything that is not live yet, or what is chosen of it. */
export function DeployForm({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation();
  const [actor, setActor] = useLocalStorage({ key: 'synctrail.actor', defaultValue: '' });
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  const [place, setPlace] = useState<string | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const platforms = api.useQuery('get', '/api/v1/platforms');
  const places = (platforms.data?.items ?? []).flatMap(({ name, environments }) =>
    (environments ?? ['default']).map((environment) => ({
      value: JSON.stringify([name, environment]),
      label: `${name}, ${environment}`,
    })),
  );
  const chosen = place ?? places[0]?.value;
  const [platform = '', environment = ''] = chosen ? (JSON.parse(chosen) as [string, string]) : [];
  const plan = api.useQuery(
    'post',
    '/api/v1/deployments',
    { params: { query: { dryRun: true } }, body: { platform, environment, actor: 'dry run', force: false } },
    { enabled: chosen !== undefined, staleTime: 0 },
  );
  const planned = (plan.data && 'items' in plan.data ? plan.data.items : []).filter(
    ({ impact, previousHash }) => impact !== 'none' || previousHash === null,
  );
  const items = planned.filter(({ kind, typeKey }) => !left.has(`${kind} ${typeKey}`));
  const deploy = api.useMutation('post', '/api/v1/deployments', {
    onSuccess: (deployment) => {
      onClose();
      if ('id' in deployment) go(`/deployments/${deployment.id}`);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const sent = items.map(({ kind, typeKey, versionHash }) => ({ kind, typeKey, versionHash }));
        deploy.mutate({ body: { platform, environment, actor, reason, force, items: sent } });
      }}
    >
      <Stack gap="sm">
        {platforms.data && places.length === 0 && (
          <Alert color="yellow">No platform is configured: see “Configuration” in the README.</Alert>
        )}
        <Select label="Where" data={places} value={chosen ?? null} onChange={setPlace} allowDeselect={false} />
        {plan.error ? (
          <TroubleAlert error={plan.error} />
        ) : (
          <PlanTable
            items={planned}
            isLoading={plan.isLoading}
            none="Everything in the catalogue is live there already."
            left={left}
            onLeft={setLeft}
          />
        )}
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
        {deploy.error && <TroubleAlert error={deploy.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={items.length === 0} loading={deploy.isPending}>
            Deploy {items.length}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
