import type { Target } from '#platform';

/** What was done, or tried. */
export const ACTIONS = [
  ...(['payload.read', 'export.started', 'export.ended', 'key.created', 'key.revoked'] as const),
  ...(['session.opened', 'session.refused', 'session.closed', 'access.denied'] as const),
  ...(['mute.created', 'mute.removed', 'plan.approved', 'plan.refused', 'catalogue.imported'] as const),
] as const;
export type AccessAction = (typeof ACTIONS)[number];

/** Characters of a stored text of the caller. */
export const MAX_TEXT = 255;

/** An event to be written; who makes the request is known beside it. */
export interface AccessEntry {
  action: AccessAction;
  /** Who did it as they say, where nobody is authenticated. */
  actor?: string;
  /** The target that the request concerns, where that is one. */
  target?: Target;
  /** Id of what it is about: a sync, a key, a plan, a fingerprint. */
  subject?: string;
  /** What was asked for. */
  filter?: object;
  /** Rows or items that it concerns. */
  rows?: number;
  /** HTTP status and code of a refusal. */
  status?: number;
  code?: string;
  /** How many requests the event stands for; 1 by default. */
  count?: number;
}

/** Who makes a request, as the log keeps it. */
export interface AccessCaller {
  principal?: string;
  actor?: string;
  onBehalfOf?: string;
  client?: string;
  address?: string;
  operation?: string;
}

/** An event as it is stored. */
export interface AccessEvent {
  position: number;
  id: string;
  createdAt: Date;
  action: AccessAction;
  principal: string | null;
  actor: string | null;
  onBehalfOf: string | null;
  client: string | null;
  address: string | null;
  operation: string | null;
  platform: string | null;
  environment: string | null;
  subject: string | null;
  filter: Record<string, unknown> | null;
  rows: number | null;
  status: number | null;
  code: string | null;
  count: number;
}
