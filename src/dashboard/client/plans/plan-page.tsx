import { Alert, Anchor, Breadcrumbs, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, type Schemas } from '../api/client.ts';
import { Dialog } from '../ui/dialog.tsx';
import { formatCount, formatCounted } from '../ui/format.ts';
import { Loaded } from '../ui/loaded.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { Section } from '../ui/section.tsx';
import { DecisionForm } from './decision-form.tsx';
import { DeployForm } from './deploy-form.tsx';
import { NewPlanForm } from '../planning/new-plan-form.tsx';
import { PlanCounts } from './plan-counts.tsx';
import { PlanFindings } from './plan-findings.tsx';
import { PlanItems } from './plan-items.tsx';
import { PlanProperties } from './plan-properties.tsx';
import { isBreaking, isSent, keyOf, requestAgain } from '../planning/plan-request.ts';
import { PlanTag, stateOf } from './plan-tag.tsx';

const POLL_MS = 5_000;

/** One plan: what its deployment would change, who must agree, and the button to deploy it. */
export function PlanPage({ id }: { id: string }) {
  const asked = api.useQuery(
    'get',
    '/api/v1/plans/{id}',
    { params: { path: { id } } },
    // A decision is no event of a sync.
    { refetchInterval: ({ state: { data } }) => (data && stateOf(data) === 'waiting' ? POLL_MS : false) },
  );
  return (
    <Loaded of={asked} loading={<PageSkeleton />}>
      {(plan) => <PlanInFull plan={plan} />}
    </Loaded>
  );
}

type Form = 'deploy' | 'approve' | 'refuse' | 'again' | 'again with data loss' | 'selected';
const TITLES: Record<Form, string> = {
  deploy: 'Deploy the plan',
  approve: 'Approve the plan',
  refuse: 'Refuse the plan',
  again: 'Make a new plan',
  'again with data loss': 'Make a new plan that may lose data',
  selected: 'Make a plan of the selected items',
};

function PlanInFull({ plan }: { plan: Schemas['PlanDetailDto'] }) {
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [form, open] = useState<Form>();
  const close = () => open(undefined);
  const state = stateOf(plan);
  const sent = plan.items.filter(isSent);
  const selected = sent.filter((item) => !left.has(keyOf(item)));
  const breaking = sent.filter(isBreaking);
  const isOpen = state === 'waiting' || state === 'ready';
  const isAll = left.size === 0;
  const needsForce = isOpen && breaking.length > 0 && !plan.forced;
  const deploys = `Deploy ${formatCount(sent.length)}`;
  const again = ({ force }: { force: boolean }) => open(force ? 'again with data loss' : 'again');
  return (
    <Stack gap="md">
      <Breadcrumbs separator="›" fz="sm">
        <Anchor component={Link} href="/deployments" size="sm">
          Deployments
        </Anchor>
        <Text size="sm">Plan</Text>
      </Breadcrumbs>
      <Group justify="space-between">
        <div>
          <Group gap="sm">
            <Title order={1} size="h3" className="breakable">
              {plan.source.rollbackOf ? 'Plan of a rollback' : 'Plan'} for {plan.platform} ({plan.environment})
            </Title>
            {!needsForce && <PlanTag plan={plan} />}
          </Group>
          <Text size="md" component="p" m={0} mt={4}>
            <PlanCounts of={plan.counts} breaking={plan.counts.breaking} />
          </Text>
        </div>
        <Group gap="xs">
          {state === 'waiting' && (
            <>
              <Button size="xs" variant="default" onClick={() => open('refuse')}>
                Refuse
              </Button>
              <Button size="xs" onClick={() => open('approve')}>
                Approve
              </Button>
            </>
          )}
          {!isOpen && (
            <Button size="xs" variant="default" onClick={() => open('again')}>
              Make a new plan
            </Button>
          )}
          {isOpen && !isAll && (
            <Button size="xs" disabled={selected.length === 0} onClick={() => open('selected')}>
              Make a plan of {formatCounted(selected.length, 'item')}
            </Button>
          )}
          {state === 'ready' && isAll && sent.length > 0 && (
            <Button size="xs" disabled={needsForce} onClick={() => open('deploy')}>
              {deploys}
            </Button>
          )}
        </Group>
      </Group>
      {state === 'waiting' && (
        <Alert color="blue" title="Waits for approval">
          <Text size="sm" className="breakable">
            {plan.actor} made this plan. Another person must approve it before it can be deployed.
          </Text>
        </Alert>
      )}
      {needsForce && (
        <Alert
          color="red"
          title={`${formatCounted(breaking.length, 'change')} may lose data, and the plan does not allow it`}
        >
          <Text size="sm" className="breakable" mb="sm">
            {breaking.map(({ typeKey }) => typeKey).join(', ')}
          </Text>
          <Group gap="xs">
            <Button size="xs" color="red.9" onClick={() => open('again with data loss')}>
              Make a new plan that may lose data
            </Button>
            {breaking.length < sent.length && (
              <Button size="xs" variant="default" onClick={() => setLeft(new Set(breaking.map(keyOf)))}>
                Leave {breaking.length === 1 ? 'it' : 'them'} out
              </Button>
            )}
          </Group>
        </Alert>
      )}
      <PlanFindings items={plan.items} />
      <PlanItems platform={plan.platform} items={plan.items} left={left} onLeft={isOpen ? setLeft : undefined} />
      <Section title="Plan">
        <PlanProperties plan={plan} />
      </Section>
      <Dialog size="lg" title={form ? TITLES[form] : ''} opened={form !== undefined} onClose={close}>
        {form === 'deploy' && <DeployForm plan={plan} submit={deploys} onAgain={again} onClose={close} />}
        {(form === 'approve' || form === 'refuse') && <DecisionForm plan={plan} decision={form} onClose={close} />}
        {(form === 'again' || form === 'again with data loss' || form === 'selected') && (
          <NewPlanForm
            key={form}
            request={requestAgain(plan, form === 'selected' ? selected : undefined)}
            initial={{ reason: plan.reason, force: plan.forced || form === 'again with data loss' }}
            onClose={close}
          >
            {form === 'selected' && plan.source.deletes && !plan.source.rollbackOf && (
              <Text size="sm">Selected items are not deleted. Only a plan of everything can do that.</Text>
            )}
          </NewPlanForm>
        )}
      </Dialog>
    </Stack>
  );
}
