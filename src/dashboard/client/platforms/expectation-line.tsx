import { Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Schemas } from '../api/client.ts';
import { formatCounted } from '../ui/format.ts';
import { Tag } from '../badges/tag.tsx';
import { Timestamp } from '../ui/timestamp.tsx';

type Check = Schemas['ExpectationCheckDto'];

const LOOKS: Record<Check['outcome'], { label: string; tone: 'good' | 'bad' | 'caution'; title: string }> = {
  MET: { label: 'Met', tone: 'good', title: 'The syncs succeeded in time.' },
  MISSED: { label: 'Missed', tone: 'bad', title: 'No sync succeeded in time.' },
  TOO_FEW: { label: 'Too few', tone: 'bad', title: 'Fewer syncs than expected succeeded in time.' },
  LATE: { label: 'Late', tone: 'caution', title: 'The syncs succeeded after the due time.' },
};

/** Syncs that have to succeed by a time: the last check, and the next. */
export function ExpectationLine({ expectation }: { expectation: Schemas['ExpectationDto'] }) {
  const { name, direction, atLeast, by, timeZone, nextAt, lastCheck } = expectation;
  const things = direction === 'PUSH' ? 'pushes' : 'pulls';
  return (
    <>
      <span className="breakable">{name}</span>: at least{' '}
      {formatCounted(atLeast, direction === 'PUSH' ? 'push' : 'pull', things)} by {by} ({timeZone}){' '}
      {lastCheck && <Tag {...LOOKS[lastCheck.outcome]}>{LOOKS[lastCheck.outcome].label}</Tag>}
      <Text size="xs" c="dimmed" component="p" m={0}>
        {lastCheck ? <Last check={lastCheck} /> : 'Not due yet'}
        {nextAt && (
          <>
            , next check <Timestamp of={nextAt} />
          </>
        )}
      </Text>
    </>
  );
}

function Last({ check: { dueAt, counted, lastSyncId, lateAt, lateSyncId } }: { check: Check }) {
  const shown = lateSyncId ?? lastSyncId;
  return (
    <>
      Last due <Timestamp of={dueAt} />: {formatCounted(counted, 'sync')} counted
      {lateAt && (
        <>
          , fulfilled <Timestamp of={lateAt} />
        </>
      )}
      {shown && (
        <>
          , <Link href={`/syncs/${shown}`}>last sync</Link>
        </>
      )}
    </>
  );
}
