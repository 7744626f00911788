import { Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { searchOf } from '../history/filter.ts';
import { formatCounted } from '../ui/format.ts';
import { Tag } from '../badges/tag.tsx';
import { Timestamp } from '../ui/timestamp.tsx';

/** A recurring pull: its times, its last pull and its next one. */
export function WatchLine({ watch }: { watch: Schemas['WatchDto'] }) {
  const { cron, timeZone, nextAt, runningSince, lastRun } = watch;
  return (
    <>
      Drift watch at {cron} ({timeZone}){lastRun && ' '}
      {lastRun && <Result of={lastRun} />}
      <Text size="xs" c="dimmed" component="p" m={0} className="breakable">
        {lastRun ? (
          <>
            <Link href={`/?${searchOf({ callId: [lastRun.callId] })}`}>Last pull</Link>{' '}
            <Timestamp of={lastRun.endedAt} />
          </>
        ) : (
          'No pull yet'
        )}
        {runningSince && (
          <>
            , a pull runs since <Timestamp of={runningSince} />
          </>
        )}
        {nextAt && (
          <>
            , next pull <Timestamp of={nextAt} />
          </>
        )}
        {lastRun?.error && `. ${lastRun.error.message}`}
      </Text>
    </>
  );
}

function Result({ of: { differences, accepted, error } }: { of: Schemas['WatchRunDto'] }) {
  if (error) {
    return (
      <Tag tone="bad" title={error.message}>
        Failed: {error.code}
      </Tag>
    );
  }
  const title = `${formatCounted(accepted ?? 0, 'further difference')} expected by drift rules`;
  return (
    <Tag tone={differences === 0 ? 'quiet' : 'caution'} title={title}>
      {formatCounted(differences ?? 0, 'difference')}
    </Tag>
  );
}
