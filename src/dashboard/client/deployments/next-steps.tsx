import { Button, Group } from '@mantine/core';
import { useState } from 'react';
import { Dialog } from '../ui/dialog.tsx';
import { formatCounted } from '../ui/format.ts';
import { CancelForm } from './cancel-form.tsx';
import { type Deployment, hasFailed } from './item-groups.ts';
import { PromoteForm } from './promote-form.tsx';
import { RetryForm } from './retry-form.tsx';
import { RollbackForm } from './rollback-form.tsx';

type Step = 'cancel' | 'retry' | 'retry with data loss' | 'roll back' | 'promote';
const TITLES: Record<Step, string> = {
  cancel: 'Cancel',
  retry: 'Retry',
  'retry with data loss': 'Retry with data loss',
  'roll back': 'Roll back',
  promote: 'Promote',
};

/** What somebody can do about a deployment. Each step but the first makes a plan. */
export function NextSteps({ deployment }: { deployment: Deployment }) {
  const [step, take] = useState<Step>();
  const close = () => take(undefined);
  const { number, items, completedAt, cancelledAt, rollbackOf } = deployment;
  const isOver = completedAt !== null;
  // A version that is deleted is sent again only by a rollback.
  const failed = items.filter((item) => hasFailed(item) && (rollbackOf !== null || item.versionHash !== null));
  const losing = failed.filter(({ errorCode }) => errorCode === 'DATA_LOSS_REFUSED');
  const applied = items.filter(({ status, versionHash }) => status === 'SUCCESS' && versionHash !== null);
  return (
    <Group gap="xs" role="group" aria-label="Next steps">
      {!isOver && (
        <Button size="xs" variant="default" disabled={cancelledAt !== null} onClick={() => take('cancel')}>
          Cancel
        </Button>
      )}
      {isOver && failed.length > 0 && (
        <Button size="xs" onClick={() => take('retry')}>
          Retry {formatCounted(failed.length, 'item')}
        </Button>
      )}
      {isOver && losing.length > 0 && (
        <Button size="xs" color="red.9" onClick={() => take('retry with data loss')}>
          Retry with data loss
        </Button>
      )}
      {isOver && (
        <Button size="xs" variant="default" onClick={() => take('roll back')}>
          Roll back
        </Button>
      )}
      {isOver && applied.length > 0 && (
        <Button size="xs" variant="default" onClick={() => take('promote')}>
          Promote
        </Button>
      )}
      <Dialog size="lg" title={step && `${TITLES[step]} ${number}`} opened={step !== undefined} onClose={close}>
        {step === 'cancel' && <CancelForm id={deployment.id} onClose={close} />}
        {step === 'retry' && <RetryForm deployment={deployment} items={failed} losing={[]} onClose={close} />}
        {step === 'retry with data loss' && (
          <RetryForm deployment={deployment} items={failed} losing={losing} onClose={close} />
        )}
        {step === 'roll back' && <RollbackForm deployment={deployment} onClose={close} />}
        {step === 'promote' && <PromoteForm deployment={deployment} items={applied} onClose={close} />}
      </Dialog>
    </Group>
  );
}
