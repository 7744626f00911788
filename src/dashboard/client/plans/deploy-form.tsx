import { Checkbox, Select, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { api, type Schemas } from '../api/client.ts';
import { RequestForm } from '../shell/request-form.tsx';
import { labelsOf } from './typed-labels.ts';
import { PlanProblem } from './plan-problem.tsx';

type OnDrift = NonNullable<Schemas['DeploymentRequestDto']['onDrift']>;
const ON_DRIFT: { value: OnDrift; label: string }[] = [
  { value: 'stop', label: 'Stop: send nothing' },
  { value: 'overwrite', label: 'Overwrite: send what was planned' },
  { value: 'skip', label: 'Skip: leave out what has changed there' },
];

interface Props {
  plan: Schemas['PlanDetailDto'];
  submit: string;
  onAgain: (again: { force: boolean }) => void;
  onClose: () => void;
}

/** Sends what a plan says. The service reads the target again first. */
export function DeployForm({ plan, submit, onAgain, onClose }: Props) {
  const [, go] = useLocation();
  const queries = useQueryClient();
  const [onDrift, setOnDrift] = useState<OnDrift>('stop');
  const [labels, setLabels] = useState('');
  const [includeNewer, setIncludeNewer] = useState(false);
  const read = labelsOf(labels);
  const hasNewer = plan.items.some(({ newer }) => newer !== null);
  const deploy = api.useMutation('post', '/api/v1/deployments', {
    onSuccess: async (deployment) => {
      if ('id' in deployment) go(`/deployments/${deployment.id}`);
      await queries.invalidateQueries({ queryKey: ['get', '/api/v1/plans/{id}'] });
    },
  });
  return (
    <RequestForm
      submit={submit}
      withForce={false}
      initial={plan}
      disabled={typeof read === 'string' || (hasNewer && !includeNewer)}
      sending={deploy}
      failure={<PlanProblem error={deploy.error} onAgain={onAgain} />}
      onSubmit={({ actor, reason }) => {
        if (typeof read === 'string') return;
        const asked = { actor, reason, onDrift, labels: read, ...(hasNewer && { includeNewer }) };
        deploy.mutate({ body: { planId: plan.id, ...asked } });
      }}
      onClose={onClose}
    >
      <Select
        label="If content types have changed at the target since the plan was made"
        allowDeselect={false}
        data={ON_DRIFT}
        value={onDrift}
        onChange={(value) => setOnDrift(ON_DRIFT.find((one) => one.value === value)?.value ?? 'stop')}
      />
      <Textarea
        label="Labels"
        description="Where the deployment comes from, one a line, such as ticket=SHOP-1043"
        autosize
        minRows={1}
        value={labels}
        error={typeof read === 'string' && read}
        onChange={({ currentTarget }) => setLabels(currentTarget.value)}
      />
      {hasNewer && (
        <Checkbox
          label="Undo the newer changes too"
          checked={includeNewer}
          onChange={({ currentTarget }) => setIncludeNewer(currentTarget.checked)}
        />
      )}
    </RequestForm>
  );
}
