import type { ItemRef, Target } from '#platform';
import { DomainError } from '../domain-error.ts';

/** An item that was not adopted, and the reason. */
export interface LeftItem extends ItemRef {
  /**
   * `newer`: the catalogue has a version that was never sent there; `removed`: somebody removed it; `retired`: it is retired;
   * `built-in`: it belongs to the platform; `moved`: another version stands there; `unknown`: nobody knows what stands there;
   * `redacted`: its content has secrets, which the record does not have.
   */
  why: 'newer' | 'removed' | 'retired' | 'built-in' | 'moved' | 'unknown' | 'redacted';
}

const MAX_NAMED = 20;
const WAY_OUT: Record<LeftItem['why'], string> = {
  newer: 'the catalogue has a newer version (set includeNewer to replace it)',
  removed: 'somebody removed it (set includeRemoved to retire it)',
  retired: 'it is retired (reinstate it first)',
  'built-in': 'it belongs to the platform',
  moved: 'another version stands there now (look at it again)',
  unknown: 'its content there is not known (pull first)',
  redacted: 'its content has secrets, which the record does not have (take them out there, and pull)',
};

export class NotAdoptableError extends DomainError {
  readonly code = 'NOT_ADOPTABLE';
  readonly httpStatus = 409;

  constructor({ platform, environment }: Target, items: LeftItem[]) {
    const named = items.slice(0, MAX_NAMED);
    const reasons = named.map(({ kind, typeKey, why }) => `${kind} "${typeKey}": ${WAY_OUT[why]}`);
    const more = items.length > named.length ? `, and ${items.length - named.length} more` : '';
    super(`Nothing was adopted from ${platform} "${environment}". ${reasons.join('; ')}${more}.`, {
      items: named.map(({ kind, typeKey, why }) => ({ kind, typeKey, why })),
    });
  }
}
