import { Alert, Select } from '@mantine/core';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { keyOf, PlanTable } from './plan-table.tsx';

/** Deploys the latest version of everything that is not live yet, or what is chosen of it. */
export function DeployForm({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation();
  const [place, setPlace] = useState<string | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const platforms = api.useQuery('get', '/api/v1/platforms');
  const places = (platforms.data?.items ?? []).flatMap(({ name, environments }) =>
    (environments?.map((one) => one.name) ?? ['default']).map((environment) => ({
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
  const items = planned.filter((item) => !left.has(keyOf(item)));
  const deploy = api.useMutation('post', '/api/v1/deployments', {
    onSuccess: (deployment) => {
      onClose();
      if ('id' in deployment) go(`/deployments/${deployment.id}`);
    },
  });
  return (
    <RequestForm
      submit={`Deploy ${items.length}`}
      disabled={items.length === 0}
      sending={deploy}
      onSubmit={(asked) => {
        const sent = items.map(({ kind, typeKey, versionHash }) => ({ kind, typeKey, versionHash }));
        deploy.mutate({ body: { ...asked, platform, environment, items: sent } });
      }}
      onClose={onClose}
    >
      {platforms.data && places.length === 0 && (
        <Alert color="yellow">No platform is configured. See docs/configuration.md.</Alert>
      )}
      <Select label="Target" data={places} value={chosen ?? null} onChange={setPlace} allowDeselect={false} />
      {plan.error ? (
        <ErrorAlert error={plan.error} />
      ) : (
        <PlanTable
          platform={platform}
          items={planned}
          isLoading={plan.isLoading}
          none="Everything in the catalogue is live there already."
          left={left}
          onLeft={setLeft}
        />
      )}
    </RequestForm>
  );
}
