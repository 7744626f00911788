import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { shortId } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';

/** A change since the deployment that is rolled back: of which item, by whom and when. */
export function NewerItem({ of }: { of: Schemas['NewerStateDto'] }) {
  const { typeKey, drift, deploymentId, syncId, changedBy, changedAt } = of;
  return (
    <>
      {typeKey}: {stateName(of)}
      {changedBy && ` by ${changedBy}`}, <Timestamp of={changedAt} />,{' '}
      {deploymentId && !drift ? (
        <Link href={`/deployments/${deploymentId}`}>deployment {shortId(deploymentId)}</Link>
      ) : (
        <Link href={`/syncs/${syncId}`}>sync {shortId(syncId)}</Link>
      )}
    </>
  );
}

function stateName({ state, drift }: Schemas['NewerStateDto']): string {
  if (state === 'UNKNOWN') return 'unknown state';
  if (drift) return state === 'ABSENT' ? 'deleted on the platform' : 'changed on the platform';
  return state === 'ABSENT' ? 'absent' : 'deployed';
}
