import { ProblemList } from '#validation';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';

/** The live state is being made from a long history, such as after an update of the service. */
export class LiveStateBehindError extends DomainError {
  readonly code = 'LIVE_STATE_BEHIND';
  readonly httpStatus = 503;

  constructor(events: number) {
    super(
      `The live state is ${events} events behind the record, so it would be out of date. The service is catching up. ` +
        'Try again later.',
      { events },
    );
  }
}

/** An export of a target where the content of an item is not known. */
export class LiveStateIncompleteError extends DomainError {
  readonly code = 'LIVE_STATE_INCOMPLETE';
  readonly httpStatus = 409;

  constructor(items: { kind: string; typeKey: string }[]) {
    const unclear = ProblemList.of(items.map(({ kind, typeKey }) => ({ kind, typeKey })));
    const { errors, ...more } = unclear.members();
    super(
      `The export would be incomplete, because the content of these items is unknown: ${unclear.sentence(({ kind, typeKey }) => `${kind} "${cut(typeKey)}"`)}. ` +
        'Pull from the target and try again.',
      { items: errors, ...more },
    );
  }
}
