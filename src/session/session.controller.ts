import { Body, Controller, Delete, Get, HttpCode, Inject, Optional, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import {
  ACCESS_OPTIONS,
  type AccessOptions,
  type AccessRequest,
  grantText,
  type Principal,
  principalText,
  Public,
} from '#access';
import { AccessLog, markSignIn } from '#access-log';
import { KeyAuthenticator } from '#keys';
import { IssuerSignIn } from '#oidc';
import { Refuses } from '#problems';
import { FailureLimit } from '#rate-limit';
import { SessionDto, SignInDto } from './session.dto.ts';
import { AccessIsOpenError } from './session.errors.ts';
import { keepSecure, sessionOf, SIGN_IN_PAGE } from './session.ts';

@ApiTags('keys')
@Public()
@Controller('session')
export class SessionController {
  constructor(
    private readonly keys: KeyAuthenticator,
    private readonly log: AccessLog,
    private readonly failures: FailureLimit,
    @Inject(ACCESS_OPTIONS) private readonly access: AccessOptions,
    @Optional() @Inject(IssuerSignIn) private readonly issuer?: IssuerSignIn,
  ) {}

  /** Shows who makes the requests of this browser, or with this key. Answers also when nobody is signed in. */
  @Get()
  getSession(@Req() request: FastifyRequest & AccessRequest): SessionDto {
    return this.dto(request.principal, sessionOf(request)?.get('user')?.signOutUrl ?? null);
  }

  /** Signs a browser in with an API key. The answer sets a cookie that scripts cannot read, for 12 hours. */
  @Post()
  @HttpCode(200)
  @Refuses('ACCESS_IS_OPEN', 'RECORDING_UNAVAILABLE')
  async signIn(@Body() { key }: SignInDto, @Req() request: FastifyRequest): Promise<SessionDto> {
    if (!this.access.findPrincipal) throw new AccessIsOpenError();
    markSignIn(request);
    const principal = await this.failures.check(request, (isSuspect) => this.keys.principalOf(key, isSuspect));
    await this.log.appendSession('session.opened', principal);
    request.session.set('apiKey', key);
    request.session.set('user', undefined);
    keepSecure(request, request.headers.origin);
    return this.dto(principal, null);
  }

  /** Signs this browser out. Safe to repeat. */
  @Delete()
  @HttpCode(204)
  @Refuses('RECORDING_UNAVAILABLE')
  async signOut(@Req() request: FastifyRequest & AccessRequest): Promise<void> {
    if (!this.access.findPrincipal) return;
    request.session.delete();
    if (request.principal) await this.log.appendSession('session.closed', request.principal);
  }

  private dto(principal: Principal | undefined, signOutUrl: string | null): SessionDto {
    return {
      access: this.access.findPrincipal ? 'keys' : 'open',
      name: principal?.name ?? null,
      principal: principal ? principalText(principal) : null,
      grants: principal?.grants.map(grantText) ?? [],
      signInUrl: this.issuer ? `/${SIGN_IN_PAGE}` : null,
      signOutUrl,
    };
  }
}
