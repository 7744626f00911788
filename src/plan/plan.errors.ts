import type { ItemRef, Target } from '#platform';
import type { ContentTypeVersion } from '#versioning';
import { DomainError } from '../domain-error.ts';
import { cut, quoted } from '../quoted.ts';
import type { NewerState } from './newer-state.ts';
import type { MovedItem } from './plan.ts';

const MAX_NAMED = 50;
/** Items that the sentence of a problem names. */
const MAX_LISTED = 5;

export class DeploymentNotFoundError extends DomainError {
  readonly code = 'DEPLOYMENT_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(id: string) {
    super(`There is no deployment ${id}.`, { deploymentId: id });
  }
}

export class NothingToDeployError extends DomainError {
  readonly code = 'NOTHING_TO_DEPLOY';
  readonly httpStatus = 409;

  constructor(platform: string, skipped: ItemRef[] = []) {
    super(
      skipped.length > 0
        ? `All content types of the deployment belong to the platform "${platform}" itself, and are never sent. Name others.`
        : `The catalogue of "${platform}" has no content types to deploy. Import a manifest, or reinstate a retired content type.`,
      { platform, ...(skipped.length > 0 && { skipped: skipped.slice(0, MAX_NAMED) }) },
    );
  }
}

/** Content types that only one call can create, and that no call takes. */
export class CircleTooLargeError extends DomainError {
  readonly code = 'CIRCLE_TOO_LARGE';
  readonly httpStatus = 409;

  constructor(platform: string, circle: ItemRef[], itemsPerCall: number) {
    const list = circle
      .slice(0, MAX_LISTED)
      .map(({ typeKey }) => quoted(typeKey))
      .join(', ');
    const more = circle.length > MAX_LISTED ? ` and ${circle.length - MAX_LISTED} more` : '';
    super(
      `${circle.length} content types that the target does not have refer to each other in a circle: ${list}${more}. ` +
        `One call to "${platform}" takes at most ${itemsPerCall}. ` +
        'Deploy some of them without these references first, and with them afterwards.',
      { platform, itemsPerCall, items: circle.slice(0, MAX_NAMED).map(({ kind, typeKey }) => ({ kind, typeKey })) },
    );
  }
}

/** A deployment that may lose data, and does not say why. */
export class ForceNeedsReasonError extends DomainError {
  readonly code = 'FORCE_NEEDS_REASON';
  readonly httpStatus = 400;

  constructor() {
    super(
      'The request has "force": true and no reason. Give a "reason" for changes that lose data, or leave "force" out.',
    );
  }
}

/** Content types that are retired, and named for a deployment all the same. */
export class RetiredError extends DomainError {
  readonly code = 'RETIRED';
  readonly httpStatus = 409;

  constructor(platform: string, types: ItemRef[]) {
    const named = types.slice(0, MAX_NAMED).map(({ kind, typeKey }) => ({ kind, typeKey }));
    const list = named.map(({ typeKey }) => quoted(typeKey)).join(', ');
    const more = types.length > named.length ? ` and ${types.length - named.length} more` : '';
    super(`Retired in the catalogue of "${platform}": ${list}${more}. Reinstate them, or leave them out.`, {
      platform,
      items: named,
    });
  }
}

/** A version that only another system has recorded. */
export class NotDeployableError extends DomainError {
  readonly code = 'NOT_DEPLOYABLE';
  readonly httpStatus = 409;

  constructor({ platform, kind, typeKey, versionHash }: ContentTypeVersion) {
    super(
      `Another system recorded the version ${versionHash} of the ${kind} ${quoted(typeKey)}. PUT its definition to make it a version of this catalogue.`,
      { platform, kind, typeKey, versionHash },
    );
  }
}

export class DeploymentRunningError extends DomainError {
  readonly code = 'DEPLOYMENT_RUNNING';
  readonly httpStatus = 409;

  constructor(id: string) {
    super(`The deployment ${id} has not ended yet. Roll it back when it has, or cancel it.`, { deploymentId: id });
  }
}

/** A deployment that changed nothing we could bring back. */
export class NothingToRollBackError extends DomainError {
  readonly code = 'NOTHING_TO_ROLL_BACK';
  readonly httpStatus = 409;

  constructor(id: string, hasCreated: boolean) {
    super(
      hasCreated
        ? `The deployment ${id} only created content types. Ask with "deletes": true to delete them.`
        : `The deployment ${id} applied no version in place of another. Its content types were refused, new to the platform ` +
            'or unchanged, or nobody knows what stood there before. Where the outcome of a sync is UNKNOWN, pull first.',
      { deploymentId: id },
    );
  }
}

/** A rollback that would undo more than its deployment. */
export class WouldLoseNewerError extends DomainError {
  readonly code = 'WOULD_LOSE_NEWER';
  readonly httpStatus = 409;

  constructor(id: string, newer: NewerState[]) {
    const named = newer.slice(0, MAX_NAMED);
    const list = named.slice(0, MAX_LISTED).map(sentence).join('; ');
    const more = newer.length > MAX_LISTED ? `; and ${newer.length - MAX_LISTED} more` : '';
    super(
      `Since the deployment ${id}, content types have changed at the target: ${list}${more}. ` +
        'The rollback would undo that too. Ask for it with "includeNewer": true, or roll back what is newer first.',
      { deploymentId: id, items: named },
    );
  }
}

/** A rollback of what a deployment did not have. */
export class NotOfDeploymentError extends DomainError {
  readonly code = 'NOT_OF_DEPLOYMENT';
  readonly httpStatus = 400;

  constructor(id: string, items: ItemRef[]) {
    const list = items
      .slice(0, MAX_LISTED)
      .map(({ typeKey }) => quoted(typeKey))
      .join(', ');
    super(`The deployment ${id} has no items ${list}. Name items that it has.`, {
      deploymentId: id,
      items: items.slice(0, MAX_NAMED),
    });
  }
}

/** A plan of a catalogue in a state that it does not have any more. */
export class CatalogueMovedError extends DomainError {
  readonly code = 'CATALOGUE_MOVED';
  readonly httpStatus = 409;

  constructor(platform: string, wanted: string, root: string) {
    super(
      `The catalogue of "${platform}" has the root ${root}, not ${quoted(wanted)}. Plan with that root, or import the content types again.`,
      { platform, root },
    );
  }
}

/** A platform whose adapter cannot delete. */
export class CannotDeleteError extends DomainError {
  readonly code = 'CANNOT_DELETE';
  readonly httpStatus = 409;

  constructor(platform: string) {
    super(`The service cannot delete content types of "${platform}". Leave "deletes" out.`, { platform });
  }
}

export class PlanNotFoundError extends DomainError {
  readonly code = 'PLAN_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(id: string) {
    super(`There is no plan ${id}.`, { planId: id });
  }
}

/** What is told of a plan that somebody decided. */
interface DecidedPlan {
  id: string;
  approval: string;
  isExpired: boolean;
  deploymentId: string | null;
  decidedBy: string | null;
  decisionReason: string | null;
}

/** A plan that nobody can approve or refuse any more, or that needs no approval. */
export class PlanDecidedError extends DomainError {
  readonly code = 'PLAN_DECIDED';
  readonly httpStatus = 409;

  constructor({ id, approval, isExpired, deploymentId }: DecidedPlan) {
    const why =
      deploymentId !== null
        ? `was deployed (deployment ${deploymentId})`
        : isExpired
          ? 'has expired'
          : approval === 'NOT_NEEDED'
            ? 'needs no approval'
            : `is ${approval.toLowerCase()} already`;
    super(`The plan ${id} ${why}.`, { planId: id, approval });
  }
}

/** The person who made a plan approves it, under whatever name. */
export class ApprovalByAuthorError extends DomainError {
  readonly code = 'APPROVAL_BY_AUTHOR';
  readonly httpStatus = 409;

  constructor(id: string, author: string) {
    super(
      `${quoted(author)} made the plan ${id}, so another person must approve it, and not by a key that one of the two has made.`,
      { planId: id },
    );
  }
}

/** A target that needs a second person. */
export class ApprovalRequiredError extends DomainError {
  readonly code = 'APPROVAL_REQUIRED';
  readonly httpStatus = 409;

  constructor({ platform, environment }: Target, planId?: string) {
    const wayOut =
      planId === undefined
        ? 'Make a plan with POST /plans, have it approved, and deploy it by its "planId".'
        : `Let another person approve the plan with POST /plans/${planId}/approve.`;
    super(`Deployments to "${platform}" "${environment}" need a second person. ${wayOut}`, {
      ...{ platform, environment },
      ...(planId !== undefined && { planId }),
    });
  }
}

export class PlanRefusedError extends DomainError {
  readonly code = 'PLAN_REFUSED';
  readonly httpStatus = 409;

  constructor({ id, decidedBy, decisionReason }: DecidedPlan) {
    super(`${quoted(decidedBy)} refused the plan ${id}: ${cut(decisionReason ?? '')}. Make another plan.`, {
      planId: id,
    });
  }
}

export class PlanExpiredError extends DomainError {
  readonly code = 'PLAN_EXPIRED';
  readonly httpStatus = 409;

  constructor(id: string, expiresAt: Date) {
    const at = expiresAt.toISOString();
    super(`The plan ${id} has expired at ${at}. Make a new plan.`, { planId: id, expiresAt: at });
  }
}

/** A plan is deployed once. */
export class PlanUsedError extends DomainError {
  readonly code = 'PLAN_USED';
  readonly httpStatus = 409;

  constructor(id: string, deploymentId: string) {
    super(`The plan ${id} was deployed already, by the deployment ${deploymentId}. Make a new plan.`, {
      planId: id,
      deploymentId,
    });
  }
}

/** Too many plans are compared with their targets at this moment. */
export class TooManyPlansError extends DomainError {
  readonly code = 'TOO_MANY_PLANS';
  readonly httpStatus = 429;

  constructor(most: number) {
    super(`${most} plans are being compared with their targets. Try again in a moment.`, { most, retryAfter: 1 });
  }
}

/** A plan that may lose data, and does not say that this is meant. */
export class ForceNeededError extends DomainError {
  readonly code = 'FORCE_NEEDED';
  readonly httpStatus = 409;

  constructor(breaking: ItemRef[], planId?: string) {
    const named = breaking.slice(0, MAX_NAMED).map(({ kind, typeKey }) => ({ kind, typeKey }));
    const list = named
      .slice(0, MAX_LISTED)
      .map(({ typeKey }) => quoted(typeKey))
      .join(', ');
    const more = breaking.length > MAX_LISTED ? ` and ${breaking.length - MAX_LISTED} more` : '';
    super(
      `Content may be lost by the changes of ${list}${more}. Ask again with "force": true and a "reason", or leave them out.`,
      { ...(planId !== undefined && { planId }), items: named },
    );
  }
}

/** The target or the catalogue is not as it was when the plan was made. */
export class PlanStaleError extends DomainError {
  readonly code = 'PLAN_STALE';
  readonly httpStatus = 409;

  constructor(planId: string, moved: MovedItem[]) {
    super(
      `Since the plan ${planId} was made, content types have changed: ${movedText(moved)}. Nothing was sent. ` +
        'Make a new plan, or set "onDrift" for changes at the target.',
      { planId, items: moved.slice(0, MAX_NAMED) },
    );
  }
}

/** The moved items of a plan, as a sentence lists them. */
export function movedText(moved: Pick<MovedItem, 'typeKey' | 'moved' | 'changedBy'>[]): string {
  const list = moved.slice(0, MAX_LISTED).map(({ typeKey, moved: who, changedBy }) => {
    if (who === 'SOURCE') return `${quoted(typeKey)} has another version to send`;
    return `${quoted(typeKey)} was changed at the target${changedBy === null ? '' : ` by ${quoted(changedBy)}`}`;
  });
  const more = moved.length > MAX_LISTED ? `; and ${moved.length - MAX_LISTED} more` : '';
  return `${list.join('; ')}${more}`;
}

function sentence({ typeKey, state, drift, deploymentId, changedBy }: NewerState): string {
  const who = changedBy === null ? 'somebody' : quoted(changedBy);
  if (drift && state === 'ABSENT') return `${quoted(typeKey)} was deleted on the platform`;
  if (drift) return `${quoted(typeKey)} was changed on the platform by ${who}`;
  if (state === 'UNKNOWN') return `what stands there of ${quoted(typeKey)} is unknown`;
  if (state === 'ABSENT') return `${quoted(typeKey)} is not there any more`;
  return `${quoted(typeKey)} was deployed by ${who}${deploymentId === null ? '' : ` (deployment ${deploymentId})`}`;
}
