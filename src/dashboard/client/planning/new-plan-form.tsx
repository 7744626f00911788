import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { RequestForm } from '../shell/request-form.tsx';
import { formatCounted } from '../ui/format.ts';
import type { PlanRequest } from './plan-request.ts';
import { useNewPlan } from './use-new-plan.ts';

interface Props {
  request: PlanRequest;
  initial?: { reason?: string | null; force?: boolean };
  /** What is special about the plan. */
  children?: ReactNode;
  disabled?: boolean;
  onClose: () => void;
}

/** Asks for a plan, in somebody's name. Nothing is sent by that. */
export function NewPlanForm({ request, initial, children, disabled, onClose }: Props) {
  const plan = useNewPlan();
  const { items } = request;
  return (
    <RequestForm
      submit="Make a plan"
      sending={plan}
      initial={initial}
      disabled={disabled ?? items?.length === 0}
      onSubmit={(asked) => plan.mutate({ body: { ...request, ...asked } }, { onSuccess: onClose })}
      onClose={onClose}
    >
      {children}
      <Text size="sm">
        The service reads {request.platform} ({request.environment}), and plans{' '}
        {items ? formatCounted(items.length, 'item') : 'everything'} of the source. It sends nothing.
      </Text>
    </RequestForm>
  );
}
