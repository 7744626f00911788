import { Button, List } from '@mantine/core';
import { Link } from 'wouter';
import { errorTextOf, itemsOf, memberOf, type NamedItem } from '../api/problem.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { keyOf } from '../planning/plan-request.ts';

interface Props {
  error: unknown;
  /** Plans the same again; with the permission to lose data, or as it was. */
  onAgain: (again: { force: boolean }) => void;
}

/** By which a plan cannot be deployed any more, as it is. */
const OUTDATED = new Set([
  'PLAN_STALE',
  'PLAN_EXPIRED',
  'PLAN_REFUSED',
  'PLAN_USED',
  'CATALOGUE_MOVED',
  'PLAN_DECIDED',
]);

/** Why a plan was not deployed, which content types that is about, and the way out. */
export function PlanProblem({ error, onAgain }: Props) {
  const { code } = errorTextOf(error);
  const items = itemsOf(error);
  const deploymentId = memberOf(error, 'deploymentId');
  return (
    <ErrorAlert error={error} isChange>
      {items.length > 0 && (
        <List size="sm" mt="xs" aria-label="Content types">
          {items.map((item) => (
            <List.Item key={keyOf(item)} className="breakable">
              {item.typeKey}
              {movedText(item)}
            </List.Item>
          ))}
        </List>
      )}
      {code !== null && OUTDATED.has(code) && (
        <Button size="xs" mt="sm" mr="sm" onClick={() => onAgain({ force: false })}>
          Make a new plan
        </Button>
      )}
      {code === 'FORCE_NEEDED' && (
        <Button size="xs" mt="sm" mr="sm" color="red.9" onClick={() => onAgain({ force: true })}>
          Make a new plan that may lose data
        </Button>
      )}
      {code === 'PLAN_USED' && deploymentId && (
        <Button size="xs" mt="sm" variant="default" component={Link} href={`/deployments/${deploymentId}`}>
          Show its deployment
        </Button>
      )}
    </ErrorAlert>
  );
}

function movedText({ moved, changedBy }: NamedItem): string {
  if (moved === 'SOURCE') return ': the source has another version now';
  if (moved === 'TARGET') return `: changed at the target${changedBy ? ` by ${changedBy}` : ''}`;
  return '';
}
