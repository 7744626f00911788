import type { ItemRef } from '#platform';
import type { ContentTypeVersion } from '#versioning';
import { DomainError } from '../domain-error.ts';
import { quoted } from '../quoted.ts';
import type { NewerState } from './newer-state.ts';

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
    super(`The deployment ${id} is still running. Roll it back when it has ended.`, { deploymentId: id });
  }
}

/** A deployment that changed nothing we could bring back. */
export class NothingToRollBackError extends DomainError {
  readonly code = 'NOTHING_TO_ROLL_BACK';
  readonly httpStatus = 409;

  constructor(id: string) {
    super(
      `The deployment ${id} applied no version in place of another. Its content types were refused, new to the platform or ` +
        'unchanged, and a push never deletes content types. Where the outcome of a sync is UNKNOWN, pull first.',
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

function sentence({ typeKey, state, drift, deploymentId, changedBy }: NewerState): string {
  const who = changedBy === null ? 'somebody' : quoted(changedBy);
  if (drift && state === 'ABSENT') return `${quoted(typeKey)} was deleted on the platform`;
  if (drift) return `${quoted(typeKey)} was changed on the platform by ${who}`;
  if (state === 'UNKNOWN') return `what stands there of ${quoted(typeKey)} is unknown`;
  if (state === 'ABSENT') return `${quoted(typeKey)} is not there any more`;
  return `${quoted(typeKey)} was deployed by ${who}${deploymentId === null ? '' : ` (deployment ${deploymentId})`}`;
}
