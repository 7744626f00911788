import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';
import { configureApp, httpAdapter } from '#http';
import { DomainErrorFilter } from '#problems';
import { FailureLimit, RateLimit, RateLimitModule } from '#rate-limit';
import { DomainError } from '../../src/domain-error.ts';
import { OWN_REDACTION } from '../support/own-redaction.ts';

const MINUTE_MS = 60_000;

class WrongKeyError extends DomainError {
  readonly code = 'INVALID_KEY';
  readonly httpStatus = 401;
}

let suspects: boolean[];

/** Three failures of an address, and those that are right go on. */
@Injectable()
class SignInGuard implements CanActivate {
  constructor(private readonly failures: FailureLimit) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest & { principal?: { id: string } }>();
    const key = request.headers['x-key'] as string | undefined;
    await this.failures.check(request, (isSuspect) => {
      suspects.push(isSuspect);
      return key === 'wrong' ? Promise.reject(new WrongKeyError('The key is wrong.')) : Promise.resolve();
    });
    if (key !== undefined) request.principal = { id: key };
    return true;
  }
}

@Controller('things')
class ThingsController {
  @Get()
  list(): string[] {
    return [];
  }

  @Get('dear')
  @RateLimit({ limit: 2, withinMs: MINUTE_MS })
  make(): string[] {
    return [];
  }
}

@Module({ providers: [{ provide: APP_GUARD, useClass: SignInGuard }] })
class SignInModule {}

@Module({
  imports: [SignInModule, RateLimitModule.forRoot(5, 3)],
  controllers: [ThingsController],
  providers: [OWN_REDACTION, { provide: APP_FILTER, useClass: DomainErrorFilter }],
})
class ThingsModule {}

let app: NestFastifyApplication;

beforeEach(async () => {
  suspects = [];
  const http = { trustedProxies: ['loopback'], allowedHosts: ['*'] };
  const options = { logger: false as const, abortOnError: false };
  app = configureApp(await NestFactory.create<NestFastifyApplication>(ThingsModule, httpAdapter(http), options), http);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
});
afterEach(() => app.close());

async function get(path: string, headers: Record<string, string> = {}): Promise<number> {
  return (await app.inject({ method: 'GET', url: `/api/v1/things${path}`, headers })).statusCode;
}

async function inTurn(count: number, path: string, headers?: Record<string, string>): Promise<number[]> {
  const statuses = [];
  for (let request = 0; request < count; request += 1) statuses.push(await get(path, headers));
  return statuses;
}

describe('a limit', () => {
  it('is of the principal, whatever its address, and of the address of those who are none', async () => {
    const [first, second] = [{ 'x-forwarded-for': '10.0.0.1' }, { 'x-forwarded-for': '10.0.0.2' }];
    expect(await inTurn(3, '', { 'x-key': 'jane', ...first })).toEqual([200, 200, 200]);
    expect(await inTurn(3, '', { 'x-key': 'jane', ...second })).toEqual([200, 200, 429]);
    expect(await inTurn(6, '', first)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await get('', { 'x-key': 'john', ...first })).toBe(200);
  });

  it('of a route counts this route alone, beside the general one', async () => {
    expect(await inTurn(3, '/dear')).toEqual([200, 200, 429]);
    expect(await inTurn(3, '')).toEqual([200, 200, 429]);
  });

  it('of failures counts failures alone, by address, and lets those through that are right', async () => {
    expect(await inTurn(2, '', { 'x-key': 'jane' })).toEqual([200, 200]);
    expect(await inTurn(5, '', { 'x-key': 'wrong' })).toEqual([401, 401, 401, 429, 429]);
    expect(await get('', { 'x-key': 'jane' })).toBe(200);
    expect(await get('', { 'x-key': 'wrong', 'x-forwarded-for': '10.0.0.2' })).toBe(401);
    expect(suspects).toEqual([false, false, false, false, false, true, true, true, false]);
  });

  it('of failures says when it begins anew', async () => {
    await inTurn(3, '', { 'x-key': 'wrong' });
    const { statusCode, headers, json } = await app.inject({ url: '/api/v1/things', headers: { 'x-key': 'wrong' } });
    const seconds = Number(headers['retry-after']);
    expect([statusCode, seconds > 0 && seconds <= 60]).toEqual([429, true]);
    expect(headers).toMatchObject({
      'ratelimit-limit': '3',
      'ratelimit-remaining': '0',
      'ratelimit-reset': `${seconds}`,
    });
    expect(json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', limit: 3, retryAfter: seconds });
  });

  it('remembers only the callers that came last', async () => {
    const address = (number: number) => ({ 'x-forwarded-for': `10.1.${number >> 8}.${number & 255}` });
    expect((await inTurn(6, '', { 'x-forwarded-for': '10.0.0.1' })).at(-1)).toBe(429);
    for (let number = 0; number < 5_000; number += 1) await get('', address(number));
    expect(await get('', { 'x-forwarded-for': '10.0.0.1' })).toBe(200);
  });
});
