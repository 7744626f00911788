import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { JsonObject } from '#json';
import {
  DEFAULT_KIND,
  DEFAULT_MODEL,
  Platform,
  type PlatformAdapter,
  type PlatformModel,
  type RecordedCall,
  type SyncAnswer,
} from '#platform';
import { TrackSync } from '#tracking';
import { DeploymentRunner } from '../../src/deployment/deployment.runner.ts';
import { begin, type DeploymentView, settled } from '../support/deployments.ts';
import { findings } from '../support/fsck.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { connectSql } from '../support/sql.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

let cms: SimulatedCms;
let service: TestApp;

const SLOW = { kind: 'slow', delayMs: 1_500, match: { method: 'POST', path: '/manifest' } };
const put = (key: string, name = key) =>
  service.api('PUT', `/content-types/${key}`, { key, displayName: name, baseType: '_page' });
const of = async (id: string) => (await service.api('GET', `/deployments/${id}`)).body as DeploymentView & Queued;
const cancel = (id: string) =>
  service.api('POST', `/deployments/${id}/cancel`, { actor: 'ann', reason: 'wrong branch' });

interface Queued {
  place: number | null;
  startedAt: string | null;
  cancelledBy: string | null;
  cancelReason: string | null;
}

/** Lets callers through while it is open. */
class Gate {
  isWaitedFor = false;
  private opened = Promise.resolve();
  private open = () => {};

  close(): void {
    ({ promise: this.opened, resolve: this.open } = Promise.withResolvers());
  }

  release(): void {
    this.open();
  }

  async pass(): Promise<void> {
    this.isWaitedFor = true;
    await this.opened;
    this.isWaitedFor = false;
  }
}

/** Takes two items at once. */
@Platform('shop')
@Injectable()
class SmallShop implements PlatformAdapter {
  readonly model: PlatformModel = {
    ...DEFAULT_MODEL,
    itemsPerCall: 2,
    references: ({ refersTo }) => (typeof refersTo === 'string' ? [{ kind: DEFAULT_KIND, typeKey: refersTo }] : []),
  };
  readonly calls: string[][] = [];
  readonly gate = new Gate();

  toPlatform(definition: JsonObject): JsonObject {
    return definition;
  }

  fromPlatform(payload: JsonObject): JsonObject {
    return payload;
  }

  @TrackSync({ direction: 'PUSH' })
  async push({ items }: RecordedCall): Promise<SyncAnswer> {
    await this.gate.pass();
    this.calls.push(items.map(({ typeKey }) => typeKey));
    return { statusCode: 200, items: items.map(({ typeKey }) => ({ typeKey, status: 'SUCCESS' })) };
  }

  @TrackSync({ direction: 'PULL' })
  pull(_call: RecordedCall): Promise<SyncAnswer> {
    return Promise.resolve({ statusCode: 200, items: [] });
  }
}

beforeEach(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
});
afterEach(async () => {
  await service.close();
  await cms.close();
});

describe('deployments of one target', () => {
  it('run one at a time, in their order', async () => {
    await put('First');
    await put('Second');
    await cms.strike(SLOW);
    const first = await begin(service.api, { items: [{ typeKey: 'First' }] });
    await cms.called(1);
    const later = [
      await begin(service.api, { items: [{ typeKey: 'Second' }] }),
      await begin(service.api, { items: [{ typeKey: 'First' }] }),
    ];
    expect(await of(first)).toMatchObject({ status: 'IN_PROGRESS', place: null });
    for (const [index, id] of later.entries()) {
      expect(await of(id)).toMatchObject({ status: 'QUEUED', place: index + 1, startedAt: null, completedAt: null });
    }
    const ended = [];
    for (const id of [first, ...later]) ended.push(await settled(service.api, id));
    expect(ended.map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    const times = (await Promise.all([first, ...later].map(of))).map(({ startedAt, completedAt }) => [
      startedAt,
      completedAt,
    ]);
    expect(times.flat()).toEqual(times.flat().toSorted((a, b) => Date.parse(a!) - Date.parse(b!)));
  });

  it('are sent once, however often and by how many the queue is looked at', async () => {
    const other = await startTestApp({ ...optimizelyAt(cms.url), DATABASE_URL: service.databaseUrl });
    try {
      for (const key of ['One', 'Two', 'Three']) await put(key);
      const looks = () =>
        [service, other].flatMap(({ app }) => Array.from({ length: 10 }, () => app.get(DeploymentRunner).look()));
      const ids = [];
      for (const typeKey of ['One', 'Two', 'Three']) {
        const begun = begin(service.api, { items: [{ typeKey }] });
        await Promise.all([begun, ...looks()]);
        ids.push(await begun);
      }
      await Promise.all(looks());
      for (const id of ids) expect(await settled(service.api, id)).toMatchObject({ status: 'SUCCESS' });
      const sent = (await cms.calls()).flatMap(({ body }) => body?.contentTypes ?? []).map(({ key }) => key);
      expect(sent).toEqual(['One', 'Two', 'Three']);
    } finally {
      await other.close();
    }
  });

  it('send nothing that another replica took over while they were recorded', async () => {
    await put('Taken');
    const [sql, holder] = [await connectSql(service.databaseUrl), await connectSql(service.databaseUrl)];
    await holder('begin');
    await holder('lock table sync_journal in exclusive mode');
    const id = await begin(service.api, { items: [{ typeKey: 'Taken' }] });
    const waiting = `select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like 'with %entry_in%'`;
    await until('its syncs are being recorded', async () => (await sql(waiting)).length > 0);
    const other = uuidv7();
    await sql(`insert into recorder (owner, host, pid, lease_ms) values ($1, 'elsewhere', 1, 600000)`, [other]);
    await sql(`update deployment set owner = $1`, [other]);
    await holder('rollback');
    await until('they are settled', async () => {
      const [sync] = await sql(`select from sync_history where sync_status = 'FAILED'`);
      return sync !== undefined;
    });
    const sent = async () => (await cms.calls()).filter(({ path }) => path.endsWith('/manifest')).length;
    expect(await sent()).toBe(0);
    await sql('delete from recorder where owner = $1', [other]);
    expect(await settled(service.api, id)).toMatchObject({ status: 'SUCCESS' });
    expect(await sent()).toBe(1);
    expect(await findings(service.databaseUrl)).toEqual([]);
    await sql.close();
    await holder.close();
  });

  it('have short numbers in their order, which stand for their ids', async () => {
    await put('Numbered');
    const ids = [await begin(service.api), await begin(service.api)];
    const numbers = [];
    for (const id of ids) {
      const { number } = await settled(service.api, id);
      numbers.push(number);
      expect((await service.api('GET', `/deployments/${number.toLowerCase()}`)).body).toMatchObject({ id });
    }
    expect(numbers).toEqual(['D-1', 'D-2']);
    expect(await service.api('GET', '/deployments/D-3')).toMatchObject({
      status: 404,
      body: { code: 'DEPLOYMENT_NOT_FOUND' },
    });
    for (const bad of ['D-', 'D-1x', 'D--1', 'D-99999999999999999999', '1043'])
      expect(await service.api('GET', `/deployments/${bad}`)).toMatchObject({ status: 400 });
  });
});

describe('a deployment that is cancelled', () => {
  it('while it waits ends at once, and sends nothing', async () => {
    await put('Running');
    await put('Waiting');
    await cms.strike(SLOW);
    const running = await begin(service.api, { items: [{ typeKey: 'Running' }] });
    const waiting = await begin(service.api, { items: [{ typeKey: 'Waiting' }] });
    expect(await cancel(waiting)).toMatchObject({
      status: 200,
      body: { status: 'CANCELLED', cancelledBy: 'ann', cancelReason: 'wrong branch', items: [{ status: 'NOT_SENT' }] },
    });
    expect(await cancel(waiting)).toMatchObject({ status: 200, body: { status: 'CANCELLED' } });
    await settled(service.api, running);
    const sent = (await cms.calls()).flatMap(({ body }) => body?.contentTypes ?? []).map(({ key }) => key);
    expect(sent).toEqual(['Running']);
    expect(await findings(service.databaseUrl)).toEqual([]);
  });

  it('after its end is refused', async () => {
    await put('Done');
    const id = await begin(service.api);
    await settled(service.api, id);
    expect(await cancel(id)).toMatchObject({ status: 409, body: { code: 'DEPLOYMENT_ENDED' } });
    expect(await service.api('POST', `/deployments/${id}/cancel`, { actor: 'ann' })).toMatchObject({ status: 400 });
  });
});

describe('a platform that takes few items at once', () => {
  it('gets the rest in further calls, until somebody cancels', async () => {
    await service.close();
    service = await startTestApp({}, {}, '127.0.0.1', [SmallShop]);
    const shop = service.app.get(SmallShop, { strict: false });
    for (const key of ['A', 'B', 'C', 'D', 'E']) {
      await service.api('PUT', `/content-types/${key}?platform=shop`, { key, displayName: key });
    }
    const whole = await begin(service.api, { platform: 'shop' });
    expect(await settled(service.api, whole)).toMatchObject({ status: 'SUCCESS', progress: { succeeded: 5 } });
    expect(shop.calls).toEqual([['A', 'B'], ['C', 'D'], ['E']]);

    shop.gate.close();
    const id = await begin(service.api, { platform: 'shop' });
    await until('a call is under way', () => Promise.resolve(shop.gate.isWaitedFor));
    expect(await cancel(id)).toMatchObject({ body: { status: 'IN_PROGRESS', cancelledBy: 'ann' } });
    shop.gate.release();
    const ended = await settled(service.api, id);
    expect(ended.status).toBe('CANCELLED');
    expect(ended.items.map(({ status }) => status)).toEqual(['SUCCESS', 'SUCCESS', 'NOT_SENT', 'NOT_SENT', 'NOT_SENT']);
    expect(await findings(service.databaseUrl)).toEqual([]);
  });

  it('gets what others refer to before them, within a call and from call to call', async () => {
    await service.close();
    service = await startTestApp({}, {}, '127.0.0.1', [SmallShop]);
    const shop = service.app.get(SmallShop, { strict: false });
    for (const [key, refersTo] of ['AB', 'BC', 'CD', 'D'].map(([key, ref]) => [key!, ref])) {
      await service.api('PUT', `/content-types/${key}?platform=shop`, { key, refersTo: refersTo ?? null });
    }
    const made = await service.api('POST', '/plans', { platform: 'shop', actor: 'jane' });
    const { id: planId } = made.body as { id: string };
    const { body } = await service.api('POST', '/deployments', { planId, actor: 'jane' });
    await settled(service.api, (body as { id: string }).id);
    expect(shop.calls).toEqual([
      ['D', 'C'],
      ['B', 'A'],
    ]);
  });
});
