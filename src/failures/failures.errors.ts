import { DomainError } from '../domain-error.ts';

/** An error that never happened. */
export class UnknownFingerprintError extends DomainError {
  readonly code = 'FINGERPRINT_NOT_FOUND';
  readonly httpStatus = 404;

  constructor(fingerprint: string) {
    super(`No sync has failed with the fingerprint "${fingerprint}".`, { fingerprint });
  }
}
