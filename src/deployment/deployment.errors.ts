import { DomainError } from '../domain-error.ts';

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

  constructor(platform: string) {
    super(`The catalogue of "${platform}" has no content types. Import a manifest first.`, { platform });
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
      `The deployment ${id} replaced no version of the catalogue. Its content types were new to the platform or ` +
        'unchanged, and a push never deletes content types.',
      { deploymentId: id },
    );
  }
}
