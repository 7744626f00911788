import { Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { formatCount } from '../ui/format.ts';
import { Timestamp } from '../ui/timestamp.tsx';
import classes from './health-tile.module.css';
import type { TargetHealth } from './target.ts';

type Found = Schemas['ListedEvidenceDto'];

/** How many items of a target are not as they were put there, each with the way to their list. */
export function LiveCounts({ of: { drift, absent, unknown, observedAt } }: { of: TargetHealth }) {
  return (
    <div className={classes.live}>
      {drift && absent && unknown ? (
        <div className={classes.numbers}>
          <Count
            name="Drift"
            title="Items that differ from what was last sent; absent ones are among them."
            of={drift}
          />
          <Count name="Absent" title="Items that were sent to the target and that it lacks." of={absent} />
          <Count name="Unknown" title="Items of which nobody knows what stands at the target." of={unknown} />
        </div>
      ) : (
        <Text size="xs">The live state is being made.</Text>
      )}
      <Text size="xs" c="dimmed" component="p" m={0} mt={6}>
        {observedAt ? (
          <>
            Last complete pull <Timestamp of={observedAt} />
          </>
        ) : (
          'No complete pull yet'
        )}
      </Text>
    </div>
  );
}

/** The page of the live state takes the filter of the API. */
function Count({ name, title, of: { count, href } }: { name: string; title: string; of: Found }) {
  const figure = (
    <>
      <strong>{formatCount(count)}</strong> {name}
    </>
  );
  if (count === 0) {
    return (
      <span className={classes.quiet} title={title}>
        {figure}
      </span>
    );
  }
  return (
    <Link href={href.replace('/api/v1', '')} title={title}>
      {figure}
    </Link>
  );
}
