import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { type FindPrincipal, grantsOf } from '#embedding';
import { startForeignApp } from '../support/foreign-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const SYNC = { platform: 'shop', direction: 'PUSH', typeKey: 'Product', result: { status: 'SUCCESS' } };
const GRANTS: Record<string, string[]> = { ann: ['operator'], bob: ['viewer@shop/staging'] };

/** As an application finds its user; here by a header that its own proxy would set. */
const userOf: FindPrincipal = (incoming) => {
  const name = String((incoming as { headers: Record<string, unknown> }).headers['x-user']);
  const grants = GRANTS[name];
  return grants && { type: 'user', id: `sub-${name}`, name: `${name}@example.com`, grants: grants.flatMap(grantsOf) };
};

let database: TestDatabase;
let app: NestFastifyApplication;

beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  app = await startForeignApp(database.url, { tracking: { http: true, principal: userOf } });
}, 60_000);
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

const as = (user: string | undefined, sending: request.Test) =>
  user === undefined ? sending : sending.set('x-user', user);
const record = (user: string | undefined, body: object) =>
  as(user, request(app.getHttpServer()).post('/sync').send(body));
const read = (user: string | undefined, path: string) => as(user, request(app.getHttpServer()).get(path));

describe('the routes in an application that says who makes a request', () => {
  it('have the user of the application as the actor', async () => {
    const { status, body } = await record('ann', { ...SYNC, actor: 'import-job' });
    expect(status).toBe(201);
    const { id } = body as { id: string };
    expect((await read('ann', `/sync/${id}`)).body).toMatchObject({
      actor: 'ann@example.com',
      principal: 'user:sub-ann',
      onBehalfOf: 'import-job',
    });
  });

  it('refuse a request without a user, and a user without the scope or at another target', async () => {
    expect((await record(undefined, SYNC)).body).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    expect((await record('bob', SYNC)).body).toMatchObject({ status: 403, scope: 'sync:write' });
    expect((await read('bob', '/sync/history?environment=default')).body).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('show a user the targets that are granted', async () => {
    await record('ann', { ...SYNC, environment: 'staging' });
    const { items } = (await read('bob', '/sync/history')).body as { items: { environment: string }[] };
    expect(items.map(({ environment }) => environment)).toEqual(['staging']);
  });
});
