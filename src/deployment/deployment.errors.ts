import { DomainError } from '../domain-error.ts';

/** A deployment that cannot be cancelled any more. */
export class DeploymentEndedError extends DomainError {
  readonly code = 'DEPLOYMENT_ENDED';
  readonly httpStatus = 409;

  constructor(id: string) {
    super(`The deployment ${id} has ended, so there is nothing to cancel. Roll it back instead.`, { deploymentId: id });
  }
}
