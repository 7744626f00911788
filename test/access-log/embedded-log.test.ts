import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { LoggedRouteCheck } from '#access-log';
import { NeedsAtTarget, Routes } from '#access';
import { type FindPrincipal, grantsOf } from '#embedding';
import { DiscoveryModule, NestFactory } from '@nestjs/core';
import { Retention } from '#retention';
import { startForeignApp } from '../support/foreign-app.ts';
import { connectSql } from '../support/sql.ts';
import { startTestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const SYNC = { platform: 'shop', direction: 'PUSH', typeKey: 'Product', data: { a: 1 } };

interface Page {
  items: Record<string, unknown>[];
}

describe('in an application of others', () => {
  const userOf: FindPrincipal = (incoming) => {
    const name = String((incoming as { headers: Record<string, unknown> }).headers['x-user']);
    return name === 'undefined'
      ? undefined
      : { type: 'user', id: `sub-${name}`, name, grants: grantsOf(name === 'ann' ? 'admin' : 'viewer') };
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

  const read = (path: string, user?: string) => {
    const sent = request(app.getHttpServer()).get(path);
    return user === undefined ? sent : sent.set('x-user', user);
  };
  const events = async (query: string) => ((await read(`/access-log?${query}`, 'ann')).body as Page).items;

  it('the routes write what they give out, and whom they refuse', async () => {
    const recorded = await request(app.getHttpServer()).post('/sync').set('x-user', 'ann').send(SYNC);
    const { id } = recorded.body as { id: string };
    expect((await read(`/sync/${id}/snapshot`, 'ann')).status).toBe(200);
    expect((await read('/sync/history/export?platform=shop', 'ann')).status).toBe(200);
    expect(await events('action=payload.read&action=export.started')).toMatchObject([
      { action: 'export.started', principal: 'user:sub-ann', actor: 'ann', rows: 1, filter: { platform: 'shop' } },
      { action: 'payload.read', subject: id, operation: 'getSyncSnapshot', platform: 'shop', environment: 'default' },
    ]);
    expect((await read(`/sync/${id}/snapshot`, 'bob')).status).toBe(403);
    expect((await read(`/sync/${id}/snapshot`)).status).toBe(401);
    await until('both denials are written', async () => (await events('action=access.denied')).length === 2);
    expect(await events('action=access.denied')).toMatchObject([
      { principal: null, code: 'UNAUTHENTICATED', operation: 'getSyncSnapshot' },
      { principal: 'user:sub-bob', code: 'FORBIDDEN', operation: 'getSyncSnapshot', subject: id },
    ]);
  });
});

describe('while access is open', () => {
  it('events have the address and the client, and for changes what the caller calls himself', async () => {
    const service = await startTestApp({});
    const sql = await connectSql(service.databaseUrl);
    try {
      const { body } = await service.api('POST', '/sync', { ...SYNC, actor: 'jane' });
      const { id } = body as { id: string };
      await request(service.url).get(`/api/v1/sync/${id}/snapshot`).set('x-client', 'tool').expect(200);
      await service.api('POST', '/keys', { name: 'first', grants: ['viewer'], actor: 'jane' });
      const page = (await service.api('GET', '/access-log')).body as Page;
      expect(page.items).toMatchObject([
        { action: 'key.created', principal: null, actor: 'jane', address: '127.0.0.1' },
        { action: 'payload.read', principal: null, actor: null, client: 'tool', address: '127.0.0.1', subject: id },
      ]);
      // A page of another site that reads through a browser is refused here as well.
      await request(service.url).get('/api/v1/access-log').set('origin', 'https://evil.example').expect(403);
      await until('the denial is written', async () => {
        const [event] = ((await service.api('GET', '/access-log?code=FOREIGN_ORIGIN')).body as Page).items;
        return event?.operation === 'listAccessEvents';
      });
    } finally {
      await sql.close();
      await service.close();
    }
  });
});

describe('a route that gives out payloads', () => {
  @Controller('unseen')
  class UnseenController {
    @Get('payload')
    @NeedsAtTarget('payload:read')
    readUnseen(): string {
      return 'a payload';
    }
  }

  @Module({ imports: [DiscoveryModule], controllers: [UnseenController], providers: [Routes, LoggedRouteCheck] })
  class UnseenModule {}

  it('fails the start where it does not say so to the log', async () => {
    const starting = NestFactory.createApplicationContext(UnseenModule, { logger: false, abortOnError: false });
    await expect(starting).rejects.toThrow(
      'UnseenController.readUnseen must be @Logged: the route gives out payloads or exports.',
    );
  });
});

it('is dropped with facts, the oldest first, and the next position stays the next', async () => {
  const service = await startTestApp({ RETENTION_FACT_MONTHS: '2' });
  const sql = await connectSql(service.databaseUrl);
  try {
    await sql('alter table access_event disable trigger all');
    await sql(`insert into access_event (position, id, created_at, action, count)
      select n, uuid_at(t), t, 'payload.read', 1
      from (select n, now() - (5010 - n) * interval '1 hour' as t from generate_series(1, 5000) n) events`);
    await sql('alter table access_event enable trigger all');
    await sql('update access_position set last = 5000, last_at = now()');
    const [old] = await sql<{ count: number }>(
      `select count(*)::integer as count from access_event
       where created_at < (date_trunc('month', now() at time zone 'UTC') - interval '2 months') at time zone 'UTC'`,
    );
    expect(old!.count).toBeGreaterThan(2_000);
    const retention = service.app.get(Retention);
    expect(await retention.plan()).toMatchObject({ accessEvents: old!.count });
    expect(await retention.apply()).toMatchObject({ accessEvents: old!.count });
    expect(await retention.apply()).toMatchObject({ accessEvents: 0 });
    expect(await sql('select last::integer, dropped::integer from access_position')).toEqual([
      { last: 5_000, dropped: old!.count },
    ]);
    expect(await sql(`select data from sync_event where type = 'retention.applied'`)).toEqual([
      { data: { plans: 0, checks: 0, accessEvents: old!.count } },
    ]);
    await service.api('POST', '/keys', { name: 'next', grants: ['viewer'], actor: 'jane' });
    const { items } = (await service.api('GET', '/access-log?limit=1')).body as Page;
    expect(items).toMatchObject([{ action: 'key.created', position: 5_001 }]);
    await expect(sql('select drop_access_events(now(), 10)')).rejects.toThrow('may not drop the access log');
  } finally {
    await sql.close();
    await service.close();
  }
}, 60_000);
