import { Text, Timeline } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Schemas } from '../api/client.ts';
import { evidenceSentence } from '../badges/evidence.ts';
import { formatDuration, formatMoment, shortHash } from '../ui/format.ts';
import { ABSENT, OUTCOMES } from '../badges/outcome-badge.tsx';
import { ReadBackLink } from './read-back-link.tsx';
import type { SyncDetail } from './sync-detail.ts';

type Event = Schemas['SyncEventDto'];
/** Of what an event may say, the fields that are shown. */
type EventData = Partial<Pick<SyncDetail, 'statusCode' | 'errorCode' | 'errorMessage' | 'outcome' | 'evidence'>> & {
  durationMs?: number;
  waitMs?: number;
  resolvedBy?: string;
  readBackCallId?: string;
  held?: string | null;
  absent?: boolean;
  /** Of an adoption. */
  actor?: string;
  reason?: string;
};

const LOOKS: Record<Event['type'], { title: string; color: string }> = {
  'sync.recorded': { title: 'Recorded before the call', color: 'gray' },
  'attempt.failed': { title: 'Attempt failed', color: 'orange' },
  'sync.succeeded': { title: 'Succeeded', color: 'green' },
  'sync.failed': { title: 'Failed', color: 'red' },
  'sync.partial': { title: 'Applied in part', color: 'yellow' },
  'sync.outcome_known': { title: 'The outcome became known', color: 'blue' },
  'sync.late_result': { title: 'Late result, kept without effect', color: 'gray' },
  'sync.version_linked': { title: 'Version linked', color: 'gray' },
  'sync.adopted': { title: 'Adopted into the catalogue', color: 'green' },
  'epoch.began': { title: 'The database was restored or has failed over', color: 'orange' },
  'retention.applied': { title: 'Old content removed', color: 'gray' },
};

/** Every attempt and wait, from the events. */
export function SyncTimeline({ sync: { events = [] } }: { sync: SyncDetail }) {
  return (
    <Timeline bulletSize={14} lineWidth={2} active={events.length}>
      {events.map((event) => {
        const { title, color } = LOOKS[event.type];
        const attempt = event.type === 'attempt.failed' ? ` ${String(event.data.attempt)}` : '';
        return (
          <Timeline.Item
            key={event.id}
            color={color}
            title={
              <Text size="sm" fw={600}>
                {title.replace('Attempt', `Attempt${attempt}`)}
              </Text>
            }
          >
            <Text size="xs" c="dimmed" component="time">
              {formatMoment(event.createdAt)}
            </Text>
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {particulars(event)}
            </Text>
          </Timeline.Item>
        );
      })}
    </Timeline>
  );
}

function particulars({ type, data }: Event): ReactNode {
  const { statusCode, errorCode, errorMessage, durationMs, waitMs, ...found }: EventData = data;
  const { outcome, evidence, resolvedBy, readBackCallId, held, absent, actor, reason } = found;
  const parts = [
    statusCode && `HTTP ${statusCode}`,
    errorCode,
    type === 'attempt.failed' && errorMessage,
    durationMs !== undefined && `after ${formatDuration(durationMs)}`,
    waitMs !== undefined && `waits ${formatDuration(waitMs)}`,
    outcome && `outcome: ${OUTCOMES[outcome].label.toLowerCase()}`,
    resolvedBy && `known by ${resolvedBy}`,
    held !== undefined && (held === null ? 'the platform had no such item' : `the platform had ${shortHash(held)}`),
    absent && ABSENT,
    evidence && evidenceSentence(evidence),
    type === 'sync.adopted' && `by ${actor}: ${reason}`,
  ];
  return (
    <>
      {parts.filter(Boolean).join(' · ')}
      {readBackCallId && (
        <>
          {' '}
          <ReadBackLink callId={readBackCallId} />
        </>
      )}
    </>
  );
}
