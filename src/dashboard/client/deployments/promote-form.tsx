import { Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { NewPlanForm } from '../planning/new-plan-form.tsx';
import { Loaded } from '../ui/loaded.tsx';
import type { Deployment, Item } from './item-groups.ts';

/** As many items as a request may name. */
const MOST_ITEMS = 1_000;

interface Props {
  deployment: Deployment;
  /** What the deployment applied. */
  items: Item[];
  onClose: () => void;
}

/** Plans for another environment what this one has of the items that the deployment applied. */
export function PromoteForm({ deployment, items, onClose }: Props) {
  const { platform, environment } = deployment;
  const platforms = api.useQuery('get', '/api/v1/platforms', {}, { staleTime: Infinity });
  const [target, setTarget] = useState('');
  const named = items.length > MOST_ITEMS ? undefined : items.map(({ kind, typeKey }) => ({ kind, typeKey }));
  return (
    <Loaded of={platforms}>
      {({ items: installed }) => {
        const environments = installed.find(({ name }) => name === platform)?.environments;
        const others = environments?.map(({ name }) => name).filter((name) => name !== environment);
        if (others?.length === 0) return <Text size="sm">{platform} has no other environment that is configured.</Text>;
        return (
          <NewPlanForm
            request={{ platform, environment: target, fromEnvironment: environment, items: named }}
            initial={deployment}
            disabled={target === '' || target === environment}
            onClose={onClose}
          >
            {others ? (
              <Select
                label="Promote to"
                placeholder="Choose"
                allowDeselect={false}
                data={others}
                value={target || null}
                onChange={(name) => setTarget(name ?? '')}
              />
            ) : (
              <TextInput
                label="Promote to"
                value={target}
                onChange={({ currentTarget }) => setTarget(currentTarget.value)}
              />
            )}
            <Text size="sm">
              The other environment gets what {environment} has now
              {named ? ' of the items that this deployment applied' : ': the deployment has too many items to choose'}.
            </Text>
          </NewPlanForm>
        );
      }}
    </Loaded>
  );
}
