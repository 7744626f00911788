import { Code } from '@mantine/core';
import { Link } from 'wouter';
import { typePath } from '../content-types/type-path.ts';
import { searchOf } from '../history/filter.ts';
import { DescriptionList } from '../ui/description-list.tsx';
import { evidenceSentence } from '../badges/evidence.ts';
import { formatDuration, shortHash, shortId } from '../ui/format.ts';
import { ABSENT, OUTCOMES } from '../badges/outcome-badge.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { StatusBadge } from '../badges/status-badge.tsx';
import { ReadBackLink } from './read-back-link.tsx';
import type { SyncDetail } from './sync-detail.ts';

const TRIGGERS: Record<SyncDetail['trigger'], string> = {
  API: 'by API',
  CLI: 'by command line',
  SCHEDULE: 'by schedule',
  DEPLOYMENT: 'by a deployment',
  ROLLBACK: 'by a rollback',
  REPLAY: 'by a replay',
  PROMOTION: 'by a promotion',
};

export function SyncProperties({ sync }: { sync: SyncDetail }) {
  const { version, deployment, replays = [] } = sync;
  const readBackCallId = sync.metadata?.readBackCallId;
  return (
    <DescriptionList
      of={{
        Actor: `${sync.actor}, ${TRIGGERS[sync.trigger]}`,
        Reason: sync.reason,
        Version: sync.versionHash && (
          <>
            <Link href={typePath(sync)}>{version ? `Version ${version.number}` : 'Not in the catalogue'}</Link>{' '}
            <Code>{shortHash(sync.versionHash)}</Code>
            {version && ` by ${version.author}`}
            {version?.message && `: ${version.message}`}
          </>
        ),
        Deployment: deployment && (
          <>
            <Link href={`/deployments/${deployment.id}`}>{shortId(deployment.id)}</Link>, {deployment.succeeded} of{' '}
            {deployment.total} succeeded
          </>
        ),
        'Sent to': sync.targetAddress && (
          <>
            {sync.targetAddress}
            {sync.targetAccount && ` as ${sync.targetAccount}`}
          </>
        ),
        Outcome: sync.outcome && OUTCOMES[sync.outcome].meaning,
        'On the platform': sync.metadata?.absent === true && ABSENT,
        Evidence: sync.evidence && evidenceSentence(sync.evidence),
        'Read-back': typeof readBackCallId === 'string' && <ReadBackLink callId={readBackCallId} />,
        Forced: sync.forced && 'The caller allowed changes that lose data',
        Backfilled: sync.backfilled && 'Another system recorded this sync after the fact',
        Attempts: String(sync.retryCount + 1),
        Took: sync.durationMs === null ? null : formatDuration(sync.durationMs),
        Started: <Timestamp of={sync.startedAt} />,
        Ended: sync.completedAt && <Timestamp of={sync.completedAt} />,
        'Changed there': (sync.changedBy ?? sync.changedAt) && (
          <>
            {sync.changedBy} {sync.changedAt && <Timestamp of={sync.changedAt} />}
          </>
        ),
        'HTTP status': sync.statusCode,
        'Request id': sync.requestId && <Code>{sync.requestId}</Code>,
        'Replay of': sync.replayOf && <Link href={`/syncs/${sync.replayOf}`}>{shortId(sync.replayOf)}</Link>,
        'Replayed by': replays.length > 0 && (
          <>
            {replays.map((replay) => (
              <div key={replay.id}>
                <Link href={`/syncs/${replay.id}`}>{shortId(replay.id)}</Link> <StatusBadge status={replay.status} />
              </div>
            ))}
          </>
        ),
        'Same error': sync.errorFingerprint && (
          <Link href={`/?${searchOf({ errorFingerprint: [sync.errorFingerprint] })}`}>All syncs with this error</Link>
        ),
        Call: <Link href={`/?${searchOf({ callId: [sync.callId] })}`}>All syncs of this call</Link>,
      }}
    />
  );
}
