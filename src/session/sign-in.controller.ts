import { Controller, Get, Inject, Logger, Optional, Query, Redirect, Req, VERSION_NEUTRAL } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { Public } from '#access';
import { AccessLog, markSignIn } from '#access-log';
import { identified, IssuerSignIn, SignInFailedError } from '#oidc';
import { PROBLEM_OBSERVER, type ProblemObserver } from '#problems';
import { RateLimit } from '#rate-limit';
import { DomainError } from '../domain-error.ts';
import { SignInQuery } from './session.dto.ts';
import { NoIssuerError, TooManyRolesError } from './session.errors.ts';
import { keepSecure, SIGN_IN_PAGE } from './session.ts';

/** Characters of roles that a cookie has room for. */
const MAX_ROLES_LENGTH = 2_000;

/** Sign-ins of one address in a minute. */
const MAX_CALLBACKS = 120;

/** Where a browser goes next. */
interface Next {
  url: string;
  statusCode: 303;
}

/**
 * The two stops of a browser on its way to the OpenID Connect issuer and back: pages, and no part of the API. Whatever goes wrong, the
 * browser comes to the dashboard, which tells it by the code in the fragment of its address.
 */
@ApiExcludeController()
@Public()
@Controller({ path: SIGN_IN_PAGE, version: VERSION_NEUTRAL })
export class SignInController {
  private readonly logger = new Logger(SignInController.name);

  constructor(
    private readonly log: AccessLog,
    @Inject(PROBLEM_OBSERVER) private readonly refusals: ProblemObserver,
    @Optional() @Inject(IssuerSignIn) private readonly issuer?: IssuerSignIn,
  ) {}

  /** Sends a browser to the issuer. */
  @Get()
  @Redirect()
  start(@Query() { returnTo }: SignInQuery, @Req() request: FastifyRequest): Promise<Next> {
    return this.next(request, async (issuer) => {
      const base = issuer.options.publicUrl ?? `${request.protocol}://${request.host}`;
      const { url, attempt } = await issuer.start(`${base}/${SIGN_IN_PAGE}/callback`);
      request.signIn.set('attempt', { ...attempt, returnTo });
      request.signIn.options({ secure: base.startsWith('https:') });
      return url;
    });
  }

  /** Signs a browser in that the issuer sends back. Each answer is a question to the issuer. */
  @Get('callback')
  @RateLimit({ limit: MAX_CALLBACKS, withinMs: 60_000, what: 'answers of the issuer' })
  @Redirect()
  finish(@Query() _answer: Record<string, string>, @Req() request: FastifyRequest): Promise<Next> {
    return this.next(request, async (issuer) => {
      const attempt = request.signIn.get('attempt');
      // Whatever comes of it: an answer counts once.
      request.signIn.delete();
      if (!attempt) throw new SignInFailedError('this browser has not begun one, or began it too long ago');
      const identity = await issuer.finish(new URL(request.url, attempt.redirectUri).search, attempt);
      if (identity.roles.join().length > MAX_ROLES_LENGTH) throw new TooManyRolesError(identity.roles.length);
      await this.log.appendSession('session.opened', identified(identity));
      const until = Date.now() + issuer.options.sessionMs;
      // A person who signs out here and stays signed in at the issuer is in again by a click.
      const signOutUrl = await issuer.endUrl(new URL('/', attempt.redirectUri).href);
      request.session.set('user', { ...identity, until, signOutUrl });
      request.session.set('apiKey', undefined);
      keepSecure(request, attempt.redirectUri);
      return attempt.returnTo;
    });
  }

  private async next(request: FastifyRequest, find: (issuer: IssuerSignIn) => Promise<string>): Promise<Next> {
    try {
      if (!this.issuer) throw new NoIssuerError();
      return { url: await find(this.issuer), statusCode: 303 };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.logger.warn(`A browser did not sign in: ${error.message}`);
      markSignIn(request);
      this.refusals.answered(error, { status: error.httpStatus, code: error.code }, request);
      return { url: `/#sign-in=${error.code}`, statusCode: 303 };
    }
  }
}
