import { BadRequestException, Controller, Get, Module } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { configureApp, httpAdapter } from '#http';
import { DomainErrorFilter } from '#problems';
import { DuplicateItemError } from '#tracking';
import { OWN_REDACTION } from '../support/own-redaction.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

const MANY = 50_000;
/** As many as a body may have that holds no snapshot. */
const SOME = 3_000;
const MAX_ANSWER = 60_000;

let service: TestApp;

beforeAll(async () => {
  service = await startTestApp(optimizelyAt('http://127.0.0.1:9'));
});
afterAll(() => service?.close());

interface Problem {
  status: number;
  code: string;
  detail: string;
  instance: string;
  errors: { field: string; detail: string; code: string }[];
  moreErrors?: number;
}

async function problemOf(method: string, path: string, body?: string): Promise<Problem> {
  const response = await fetch(`${service.url}${path}`, {
    method,
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  expect([path.slice(0, 80), response.headers.get('content-type')]).toEqual([
    path.slice(0, 80),
    expect.stringContaining('problem+json'),
  ]);
  expect(text.length).toBeLessThan(MAX_ANSWER);
  return JSON.parse(text) as Problem;
}

const listOf = (element: string, count = MANY) => `[${Array.from({ length: count }, () => element).join(',')}]`;

describe('a list that is too long', () => {
  it.each([
    [
      'POST',
      '/api/v1/deployments',
      `{"platform":"p","actor":"a","items":${listOf('{}', SOME)}}`,
      { field: 'items', detail: 'must contain no more than 1000 elements' },
    ],
    [
      'POST',
      '/api/v1/sync/batch',
      `{"syncs":${listOf('{}')}}`,
      { field: 'syncs', detail: 'must contain no more than 1000 elements' },
    ],
    [
      'POST',
      '/api/v1/sync/batch',
      `{"syncs":${listOf('{"result":{"error":{}}}', 1_001)}}`,
      { field: 'syncs', detail: 'must contain no more than 1000 elements' },
    ],
    [
      'POST',
      '/api/v1/sync/replay',
      `{"actor":"a","reason":"r","filter":{"status":${listOf('"FAILED"', SOME)}}}`,
      { field: 'filter.status', detail: 'must contain no more than 100 elements' },
    ],
  ])('is refused before its elements are looked at: %s %s', async (method, path, body, problem) => {
    const { errors, code } = await problemOf(method, path, body);
    expect({ code, errors }).toEqual({ code: 'INVALID_REQUEST', errors: [{ ...problem, code: 'TOO_MANY' }] });
  });

  it('stands where no list may stand: one problem', async () => {
    const body = `{"platform":${listOf('{"a":[]}', SOME)},"actor":"a"}`;
    const { errors } = await problemOf('POST', '/api/v1/deployments', body);
    expect(errors).toMatchObject([{ field: 'platform', code: 'NOT_ONE_VALUE' }]);
  });

  it('of definitions is refused by their number', async () => {
    const body = `{"contentTypes":${listOf('{}')},"propertyGroups":${listOf('1')}}`;
    expect(await problemOf('POST', '/api/v1/content-types/import', body)).toMatchObject({
      ...{ status: 400, code: 'INVALID_DEFINITION' },
      errors: [{ field: 'manifest', detail: `has ${2 * MANY} definitions; an import takes 2000: send several` }],
    });
  });
});

describe('problems beyond the fiftieth are counted', () => {
  it('of elements', async () => {
    const body = `{"platform":"p","actor":"a","items":${listOf('{}', 1_000)}}`;
    const { errors, moreErrors, detail } = await problemOf('POST', '/api/v1/deployments', body);
    expect([errors.length, moreErrors]).toEqual([50, 950]);
    expect(detail).toMatch(/items\[0\]\.typeKey .*; and 995 more$/);
  });

  it('of members that nobody knows', async () => {
    const members = Array.from({ length: SOME }, (_, index) => `"m${index}":1`).join(',');
    for (const [path, beginning] of [
      ['/api/v1/deployments', '"platform":"p","actor":"a",'],
      ['/api/v1/sync', '"platform":"p","direction":"PUSH","typeKey":"T","actor":"a",'],
    ] as const) {
      const { errors, moreErrors } = await problemOf('POST', path, `{${beginning}${members}}`);
      expect([path, errors.length, moreErrors]).toEqual([path, 50, SOME - 50]);
    }
  });

  it('of recorded syncs', async () => {
    const { errors, moreErrors } = await problemOf('POST', '/api/v1/sync/batch', `{"syncs":${listOf('1', 1_000)}}`);
    expect([errors.length, moreErrors]).toEqual([50, 950]);
    expect(errors[0]).toEqual({ field: 'syncs[0]', detail: 'must be an object', code: 'NOT_AN_OBJECT' });
  });

  it('of definitions', async () => {
    const body = `{"contentTypes":${listOf('{}', 2_000)}}`;
    const { errors, moreErrors } = await problemOf('POST', '/api/v1/content-types/import', body);
    expect([errors.length, moreErrors]).toEqual([50, 1_950]);
  });

  it('of content types that are named twice', async () => {
    const keys = Array.from({ length: 500 }, (_, index) => `${index}${'k'.repeat(250)}`.slice(0, 255));
    const items = JSON.stringify([...keys, ...keys].map((typeKey) => ({ typeKey })));
    for (const typeKey of keys.slice(0, 2)) await service.api('PUT', `/content-types/${typeKey}`, { key: typeKey });
    expect(
      await problemOf('POST', '/api/v1/deployments', `{"platform":"optimizely","actor":"a","items":${items}}`),
    ).toMatchObject({ code: 'DUPLICATE_ITEM', moreErrors: 450 });
    expect(new DuplicateItemError(['a', 'b', 'a', 'a']).details).toEqual({ typeKeys: ['a'] });
    const twice = JSON.stringify([...keys, ...keys].map((key) => ({ key })));
    expect(await problemOf('POST', '/api/v1/content-types/import', `{"contentTypes":${twice}}`)).toMatchObject({
      ...{ code: 'INVALID_DEFINITION', moreErrors: 450 },
    });
  });
});

describe('a value that an error repeats is cut', () => {
  const long = 'x'.repeat(200_000);

  it.each([
    ['POST', '/api/v1/deployments', `{"platform":"p","actor":"a","${long}":1}`],
    ['POST', '/api/v1/sync', `{"platform":"p","direction":"PUSH","typeKey":"T","actor":"a","${long}":1}`],
    ['PUT', '/api/v1/content-types/A', `{"key":"${long}"}`],
    ['PUT', '/api/v1/content-types/A', `{"key":[${listOf('[]')}]}`],
    ['PUT', '/api/v1/content-types/A', `{"${long}":"\\ud800"}`],
    ['POST', '/api/v1/content-types/import', `{"contentTypes":{"${long}":1}}`],
    ['POST', '/api/v1/content-types/import', `{"contentTypes":[{"key":"${long}"}]}`],
    ['POST', '/api/v1/deployments', `{"platform":"p",${long}}`],
  ])('in a body: %s %s', async (method, path, body) => {
    const problem = await problemOf(method, path, body);
    expect(problem.status).toBe(400);
    expect(JSON.stringify(problem).length).toBeLessThan(8_000);
  });

  it.each([
    '/api/v1/nowhere/',
    '/api/v1/sync/',
    '/api/v1/sync/history?',
    '/api/v1/content-types/%zz',
    '/api/v1/deployments?cursor=',
  ])('in an address: %s', async (beginning) => {
    const problem = await problemOf('GET', beginning + 'a'.repeat(12_000));
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.status).toBeLessThan(500);
    expect(problem.instance.length).toBeLessThanOrEqual(500);
    expect(JSON.stringify(problem).length).toBeLessThan(8_000);
  });

  it('in what is answered to an import that was taken', async () => {
    const others = Array.from({ length: 1_000 }, (_, index) => `"${index}${'o'.repeat(300)}":1`).join(',');
    const response = await fetch(`${service.url}/api/v1/content-types/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"contentTypes":[{"key":"Taken"}],${others}}`,
    });
    const text = await response.text();
    expect([response.status, text.length < 10_000]).toEqual([201, true]);
    expect(JSON.parse(text)).toMatchObject({ ignored: { length: 50 }, moreIgnored: 950 });
  });
});

describe('any other error', () => {
  it('is bounded too, whatever it holds', async () => {
    const app = configureApp(
      await NestFactory.create<NestFastifyApplication>(ThrowingModule, httpAdapter(), { logger: false }),
    );
    await app.listen(0, '127.0.0.1');
    const response = await fetch(`${await app.getUrl()}/api/v1/throws`);
    const text = await response.text();
    await app.close();
    expect([response.status, text.length < MAX_ANSWER]).toEqual([400, true]);
    expect(JSON.parse(text)).toMatchObject({ code: 'INVALID_REQUEST', errors: { length: 50 }, moreErrors: MANY - 50 });
  });
});

@Controller('throws')
class ThrowingController {
  @Get()
  throw(): void {
    throw new BadRequestException(Array.from({ length: MANY }, () => 'y'.repeat(10_000)));
  }
}

@Module({
  controllers: [ThrowingController],
  providers: [OWN_REDACTION, { provide: APP_FILTER, useClass: DomainErrorFilter }],
})
class ThrowingModule {}
