import { DomainError } from '../domain-error.ts';

export class UnknownDeploymentError extends DomainError {
  readonly code = 'UNKNOWN_DEPLOYMENT';
  readonly httpStatus = 404;

  constructor(deploymentId: string) {
    super(`There is no deployment ${deploymentId}. Leave out deploymentId, or keep your own id in metadata.`, {
      deploymentId,
    });
  }
}

/** The service pushes the items of a deployment itself: no other system's sync is part of it. */
export class DeploymentOwnedError extends DomainError {
  readonly code = 'DEPLOYMENT_OWNED';
  readonly httpStatus = 409;

  constructor(deploymentId: string) {
    super(
      `The service runs the deployment ${deploymentId} itself, so an external sync cannot be part of it. ` +
        'Leave out deploymentId.',
      { deploymentId },
    );
  }
}

/** Throws the error about one of several syncs; with its index where there is more than one. */
export function throwOneOf(syncs: unknown[], index: number, error: unknown): never {
  throw syncs.length > 1 && error instanceof DomainError ? new IndexedError(index, error) : error;
}

/** What is wrong with one of many. */
class IndexedError extends DomainError {
  readonly code: string;
  readonly httpStatus: number;

  constructor(index: number, cause: DomainError) {
    super(`syncs[${index}]: ${cause.message}`, { ...cause.details, index }, { cause });
    this.code = cause.code;
    this.httpStatus = cause.httpStatus;
  }
}
