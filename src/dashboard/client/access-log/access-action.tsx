import type { Schemas } from '../api/client.ts';
import { Tag } from '../badges/tag.tsx';

export type AccessEvent = Schemas['AccessEventDto'];
type Action = AccessEvent['action'];

const LABELS: Record<Action, string> = {
  'payload.read': 'Payload read',
  'export.started': 'Export started',
  'export.ended': 'Export ended',
  'key.created': 'Key created',
  'key.revoked': 'Key revoked',
  'session.opened': 'Signed in',
  'session.refused': 'Sign-in refused',
  'session.closed': 'Signed out',
  'access.denied': 'Access denied',
  'mute.created': 'Error muted',
  'mute.removed': 'Mute removed',
  'plan.approved': 'Plan approved',
  'plan.refused': 'Plan refused',
  'catalogue.imported': 'Catalogue imported',
};

export const ACTIONS = Object.entries(LABELS).map(([value, label]) => ({ value: value as Action, label }));

/** What was done or tried, and why it was refused. */
export function AccessAction({ event: { action, status, code, count } }: { event: AccessEvent }) {
  return (
    <>
      {LABELS[action]}{' '}
      {code !== null && (
        <Tag tone={status === null ? 'caution' : 'bad'} title={status === null ? code : `${code}, HTTP ${status}`}>
          {code}
        </Tag>
      )}{' '}
      {count > 1 && (
        <Tag tone="quiet" title={`The event stands for ${count} more requests of one minute.`}>
          × {count}
        </Tag>
      )}
    </>
  );
}
