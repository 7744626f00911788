import { asFarAsAllowed } from '#access';
import type { AccessAction } from './access-event.ts';

/** Which events are wanted; everything given must hold, and one of several values. */
export interface AccessFilter {
  action?: AccessAction[];
  principal?: string[];
  actor?: string[];
  address?: string[];
  platform?: string[];
  environment?: string[];
  subject?: string[];
  code?: string[];
  /** At or after. */
  from?: Date;
  /** Before. */
  to?: Date;
}

const EQUAL = ['action', 'principal', 'actor', 'address', 'platform', 'environment', 'subject', 'code'] as const;

/** Gives a value its place in a statement. */
export type Bind = (value: unknown, type: string) => string;

/** The filter as SQL over `access_event e`, as far as the caller may see: who is bound to targets sees only what concerns one of them. */
export function accessWhere(asked: AccessFilter, bind: Bind): string {
  const filter = asFarAsAllowed(asked);
  const conditions = EQUAL.flatMap((column) => {
    const values = filter[column];
    if (!values) return [];
    // One value leaves its index in the order of the positions.
    return values.length === 1
      ? `e.${column} = ${bind(values[0], 'text')}`
      : `e.${column} = any(${bind(values, 'text[]')})`;
  });
  if (filter.from) conditions.push(`e.position >= (${positionAt(bind(filter.from, 'timestamptz'))})`);
  if (filter.to) conditions.push(`e.position < coalesce((${positionAt(bind(filter.to, 'timestamptz'))}), ${BEYOND})`);
  return conditions.join(' and ') || 'true';
}

/** Larger than any position. */
const BEYOND = '9223372036854775807';

/** SQL: the first position at or after a time, because times rise with positions; null after the last event. */
function positionAt(time: string): string {
  return `select b.position from access_event b where b.created_at >= ${time} order by b.created_at, b.position limit 1`;
}
