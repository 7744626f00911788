import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { api, type Schemas } from '../api/client.ts';
import { Loaded } from '../ui/loaded.tsx';
import { formatCount, formatDuration } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import type { Deployment } from './item-groups.ts';
import classes from './deployment-stages.module.css';

type StageState = 'done' | 'now' | 'bad' | 'open';

/** Where a deployment is: planned, approved, queued, sending, verified. */
export function DeploymentStages({ deployment }: { deployment: Deployment }) {
  const { status, place, startedAt, completedAt, createdAt, progress, verifiedAt } = deployment;
  const hasFailures = progress.settled > progress.succeeded + unchangedOf(deployment);
  return (
    <ol className={classes.stages} aria-label="Stages">
      {deployment.planId === null ? (
        <>
          <Stage name="Planned" state="open">
            Without a plan
          </Stage>
          <Stage name="Approved" state="open">
            Not asked for
          </Stage>
        </>
      ) : (
        <PlanStages id={deployment.planId} />
      )}
      <Stage name="Queued" state={startedAt ? 'done' : completedAt ? 'bad' : 'now'}>
        {startedAt
          ? `Waited ${formatDuration(Date.parse(startedAt) - Date.parse(createdAt))}`
          : completedAt
            ? 'It ended in the queue'
            : place === null
              ? 'Its turn comes next'
              : `${formatCount(place)} of the same target before it`}
      </Stage>
      <Stage
        name={status === 'IN_PROGRESS' ? 'Sending' : 'Sent'}
        state={status === 'IN_PROGRESS' ? 'now' : !startedAt ? 'open' : hasFailures ? 'bad' : 'done'}
      >
        {startedAt ? <Sending deployment={deployment} /> : 'Nothing was sent'}
      </Stage>
      <Stage name="Verified" state={verifiedAt ? (isVerified(deployment) ? 'done' : 'bad') : 'open'}>
        {verification(deployment)}
      </Stage>
    </ol>
  );
}

function Stage({ name, state, children }: { name: string; state: StageState; children: ReactNode }) {
  return (
    <li className={classes.stage} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
      <span className={classes.name}>{name}</span>
      {children}
    </li>
  );
}

function PlanStages({ id }: { id: string }) {
  const plan = api.useQuery('get', '/api/v1/plans/{id}', { params: { path: { id } } }, { staleTime: Infinity });
  return (
    <>
      <Stage name="Planned" state="done">
        <Link href={`/plans/${id}`}>Plan</Link>
        {plan.data && (
          <>
            {' '}
            by {plan.data.actor}, <Timestamp of={plan.data.createdAt} />
          </>
        )}
      </Stage>
      <Stage name="Approved" state={plan.data ? 'done' : 'open'}>
        <Loaded of={plan} loading="Loading…">
          {(known) => <Approval of={known} />}
        </Loaded>
      </Stage>
    </>
  );
}

function Approval({ of: { decidedBy, decidedAt } }: { of: Schemas['PlanDetailDto'] }) {
  if (decidedAt === null) return 'Not needed';
  return (
    <>
      By {decidedBy}, <Timestamp of={decidedAt} />
    </>
  );
}

function Sending({ deployment: { progress } }: { deployment: Deployment }) {
  return (
    <>
      {formatCount(progress.succeeded)} of {formatCount(progress.total)} succeeded, attempt {progress.attempt}
      {progress.nextAttemptAt && (
        <>
          , next try <Timestamp of={progress.nextAttemptAt} />
        </>
      )}
    </>
  );
}

function verification({ planId, verifiedAt, completedAt, items }: Deployment): ReactNode {
  if (planId === null) return 'Without a plan, nothing is read back';
  if (verifiedAt === null) return completedAt === null ? 'Not read back yet' : 'Not read back';
  const count = (verdict: string) => items.filter((item) => item.verification === verdict).length;
  const [diverged, unreadable] = [count('DIVERGED'), count('UNVERIFIABLE')];
  return [
    `${formatCount(count('VERIFIED'))} verified`,
    diverged > 0 && `${formatCount(diverged)} diverged`,
    unreadable > 0 && `${formatCount(unreadable)} unverifiable`,
  ]
    .filter(Boolean)
    .join(', ');
}

function isVerified({ items }: Deployment): boolean {
  return items.every(({ verification: verdict }) => verdict === null || verdict === 'VERIFIED');
}

function unchangedOf({ items }: Deployment): number {
  return items.filter(({ status }) => status === 'UNCHANGED').length;
}
