import { Anchor, Breadcrumbs, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { RequestForm } from '../shell/request-form.tsx';
import { Section } from '../ui/section.tsx';
import { type ChosenSource, requestOf, SourceFields } from './source-fields.tsx';
import { type ChosenTarget, TargetFields } from './target-fields.tsx';
import { useNewPlan } from './use-new-plan.ts';

/** What is to be sent where, and why: it becomes a plan first. The address may name the target. */
export function NewDeploymentPage() {
  const [params] = useSearchParams();
  const [, go] = useLocation();
  const [target, setTarget] = useState<Partial<ChosenTarget>>({
    platform: params.get('platform') ?? undefined,
    environment: params.get('environment') ?? undefined,
  });
  const [source, setSource] = useState<ChosenSource>({ kind: 'catalogue' });
  const plan = useNewPlan();
  return (
    <Stack gap="md">
      <Breadcrumbs separator="›" fz="sm">
        <Anchor component={Link} href="/deployments" size="sm">
          Deployments
        </Anchor>
        <Text size="sm">New</Text>
      </Breadcrumbs>
      <Title order={1} size="h3">
        New deployment
      </Title>
      <Section title="What, where and why">
        <TargetFields
          chosen={target}
          onChoose={(chosen) => {
            setTarget(chosen);
            // What was chosen as the source may be the target now.
            setSource(({ kind }) => ({ kind }));
          }}
        >
          {(chosen, platform) => {
            const request = requestOf(chosen, source);
            return (
              <RequestForm
                submit="Make a plan"
                disabled={!request}
                sending={plan}
                onSubmit={(asked) => request && plan.mutate({ body: { ...request, ...asked } })}
                onClose={() => go('/deployments')}
              >
                <SourceFields target={chosen} platform={platform} source={source} onChange={setSource} />
                <Text size="sm" mt="xs">
                  The plan says what the deployment would change at the target. To make it, the service reads the
                  target. Nothing is sent.
                </Text>
              </RequestForm>
            );
          }}
        </TargetFields>
      </Section>
    </Stack>
  );
}
