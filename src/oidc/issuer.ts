import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Configuration } from 'openid-client';
import { ISSUER_OPTIONS, type IssuerOptions } from './issuer.options.ts';
import { IssuerUnavailableError } from './oidc.errors.ts';

const TIMEOUT_S = 5;
/** After a failure, callers are told of it for this time before the issuer is asked again. */
const PAUSE_MS = 5_000;

/** The issuer, as it describes itself. It is asked when it is needed first: the service starts without it. */
@Injectable()
export class Issuer {
  private readonly logger = new Logger(Issuer.name);
  private found: Promise<Configuration> | undefined;

  constructor(@Inject(ISSUER_OPTIONS) readonly options: IssuerOptions) {}

  /** Throws {@link IssuerUnavailableError}. */
  async configuration(): Promise<Configuration> {
    this.found ??= this.discover();
    return this.found;
  }

  /** Tells what went wrong at the issuer, and gives the error for the caller. */
  unavailable(error: unknown): IssuerUnavailableError {
    const { message, code, cause } = error as Error & { code?: string };
    this.logger.warn({ err: { message, code, cause: (cause as Error | undefined)?.message } }, 'The issuer failed');
    return new IssuerUnavailableError(this.options.url, error);
  }

  private async discover(): Promise<Configuration> {
    const { url, audience, client, clockToleranceMs } = this.options;
    try {
      // Loaded here: most services have no issuer, and all of them start.
      const { discovery, allowInsecureRequests, clockTolerance, enableNonRepudiationChecks } =
        await import('openid-client');
      const execute = [enableNonRepudiationChecks];
      // The configuration allows it on this machine only.
      if (url.startsWith('http:')) execute.push(allowInsecureRequests);
      const metadata = { [clockTolerance]: Math.ceil(clockToleranceMs / 1000), client_secret: client?.secret };
      return await discovery(new URL(url), client?.id ?? audience!, metadata, undefined, {
        execute,
        timeout: TIMEOUT_S,
      });
    } catch (error) {
      setTimeout(() => (this.found = undefined), PAUSE_MS).unref();
      throw this.unavailable(error);
    }
  }
}
