import type { Target } from '#platform';
import { DomainError } from '../domain-error.ts';
import { cut, quoted } from '../quoted.ts';

export class FreezeNotFoundError extends DomainError {
  readonly code = 'FREEZE_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(id: string) {
    super(`There is no freeze "${id}".`, { id });
  }
}

export class FreezeEndedError extends DomainError {
  readonly code = 'FREEZE_ENDED';
  readonly httpStatus = 409;

  constructor(id: string, endedAt: Date) {
    const at = endedAt.toISOString();
    super(`The freeze "${id}" has ended at ${at}. Create a new one.`, { id, endedAt: at });
  }
}

/** Nothing may be sent to a target now. */
export class TargetFrozenError extends DomainError {
  readonly code = 'TARGET_FROZEN';
  readonly httpStatus = 409;

  constructor(freeze: Target & { id: string; until: Date; reason: string; actor: string }) {
    const { id, platform, environment, reason, actor } = freeze;
    const until = freeze.until.toISOString();
    super(
      `Nothing is sent to "${platform}" "${environment}" until ${until}, because ${quoted(actor)} froze it: ${cut(reason, 500)}. ` +
        `Try again then, or end the freeze with POST /freezes/${id}/end.`,
      { platform, environment, freezeId: id, until },
    );
  }
}
