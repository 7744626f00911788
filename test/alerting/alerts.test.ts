import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { AlertSender, AlertWatcher } from '#alerting';
import { isPublicAddress } from '../../src/alerting/public-address.ts';
import { sendWebhook } from '../../src/alerting/webhook.ts';
import { sql } from '../support/fsck.ts';
import { readBothWays } from '../support/pages.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import { until } from '../support/until.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

interface Message {
  type: string;
  id: string;
  data: { platform?: string; health?: string; cause?: string; path?: string };
}

/** A receiver as its owner would write it: it takes what the library verifies. */
async function startReceiver() {
  const taken: Message[] = [];
  const refused: string[] = [];
  const answers: { status: number; headers?: Record<string, string> }[] = [];
  const take = async (request: IncomingMessage): Promise<number> => {
    const body = await text(request);
    try {
      taken.push(new Webhook(SECRET).verify(body, request.headers as Record<string, string>) as Message);
      return 204;
    } catch (error) {
      refused.push(String(error));
      return 401;
    }
  };
  const server = createServer((request, response) => {
    const scripted = answers.shift();
    if (scripted) response.writeHead(scripted.status, scripted.headers).end();
    else void take(request).then((status) => response.writeHead(status).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    ...{ taken, refused, answers },
    close: () => server.close(),
  };
}

const sync = (status: 'SUCCESS' | 'FAILED') => ({
  ...{ platform: 'shop', direction: 'PUSH', typeKey: 'Article', actor: 'jane' },
  result: { status, ...(status === 'FAILED' && { error: { code: 'DOWN', message: 'It is down' } }) },
});

describe('alerts', () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let services: TestApp[];
  let databaseUrl: string;
  let database: TestDatabase;

  beforeEach(async () => {
    receiver = await startReceiver();
    database = await createTestDatabase();
    databaseUrl = database.url;
    const env = {
      DATABASE_URL: databaseUrl,
      ALERT_WEBHOOK_URL: receiver.url,
      ALERT_WEBHOOK_SECRET: SECRET,
      ALERT_ALLOW_PRIVATE: 'true',
      ALERT_AFTER_MS: '0',
      // The tests look by themselves.
      ALERT_EVERY_MS: '3600000',
      ALERT_RETRY_MS: '20',
      HEALTH_CONSECUTIVE_FAILURES: '3',
    };
    services = await Promise.all([startTestApp(env), startTestApp(env)]);
  });

  afterEach(async () => {
    for (const service of services) await service.close();
    await database.drop();
    receiver.close();
  });

  const record = async (...statuses: ('SUCCESS' | 'FAILED')[]) => {
    for (const status of statuses) await services[0]!.api('POST', '/sync', sync(status));
  };
  const look = () => Promise.all(services.map(({ app }) => app.get(AlertWatcher).look()));
  const listed = async () =>
    (await services[0]!.api('GET', '/alerts')).body as {
      items: { id: string; type: string; status: string; attempts: number; error: string | null }[];
    };

  it('tell of an outage once and of its end once, however long it is and however many look', async () => {
    await record('SUCCESS');
    await look();
    for (let round = 0; round < 4; round += 1) {
      await record('FAILED', 'FAILED', 'FAILED');
      await look();
    }
    await record('SUCCESS', 'SUCCESS', 'SUCCESS');
    for (let round = 0; round < 3; round += 1) await look();
    await until('both have arrived', () => receiver.taken.length >= 2);
    await look();
    expect(receiver.taken).toMatchObject([
      {
        type: 'health.alert',
        data: {
          platform: 'shop',
          health: 'FAILING',
          cause: expect.stringMatching(/3 syncs failed.*DOWN/),
          path: '/platforms?platform=shop&environment=default',
        },
      },
      { type: 'health.recovery', data: { platform: 'shop' } },
    ]);
    expect(receiver.refused).toEqual([]);
    expect((await listed()).items).toMatchObject([
      { type: 'health.recovery', status: 'DELIVERED', attempts: 1 },
      { type: 'health.alert', status: 'DELIVERED', attempts: 1 },
    ]);
  });

  it('are sent again until they arrive, under the same id', async () => {
    receiver.answers.push({ status: 500 }, { status: 302, headers: { location: `${receiver.url}/elsewhere` } });
    const { id } = (await services[0]!.api('POST', '/alerts/test', { actor: 'jane' })).body as { id: string };
    await until('it has arrived', () => receiver.taken.length > 0);
    expect(receiver.taken).toMatchObject([{ type: 'health.test', id, data: { actor: 'jane' } }]);
    await until('it is noted', async () => (await listed()).items[0]!.status === 'DELIVERED');
    expect((await listed()).items).toMatchObject([{ id, attempts: 3, error: null }]);
  });

  it('are listed page by page', async () => {
    const ids: string[] = [];
    for (const actor of ['ann', 'bob', 'cleo']) {
      ids.unshift(((await services[0]!.api('POST', '/alerts/test', { actor })).body as { id: string }).id);
      await until('all are delivered', async () =>
        (await listed()).items.every(({ status }) => status === 'DELIVERED'),
      );
    }
    const alerts = await readBothWays<{ id: string }>(async (cursor) => {
      return (await services[0]!.api('GET', `/alerts?limit=2${cursor ? `&cursor=${cursor}` : ''}`)).body;
    });
    expect(alerts.map(({ id }) => id)).toEqual(ids);
  });

  it('are taken over from a process that died while it sent', async () => {
    const sender = services[0]!.app.get(AlertSender);
    await sql(
      databaseUrl,
      `insert into alert (id, type, payload, attempts, locked_until)
       values ('019a5f0e-7c11-7aaa-8000-000000000000', 'health.test', '{"type":"health.test"}', 1, now() + interval '1 hour')`,
    );
    await sender.send();
    expect(receiver.taken).toEqual([]);
    await sql(databaseUrl, `update alert set locked_until = now() - interval '1 second'`);
    await sender.send();
    await until('it has arrived', () => receiver.taken.length === 1);
  });

  it('list what does not fit an address of ours as a 400', async () => {
    expect(await services[0]!.api('GET', '/alerts?cursor=x')).toMatchObject({ status: 400 });
    expect(await services[0]!.api('POST', '/alerts/test', {})).toMatchObject({ status: 400 });
  });
});

describe('a change that does not last', () => {
  it('is told to nobody', async () => {
    const receiver = await startReceiver();
    const service = await startTestApp({
      ...{ ALERT_WEBHOOK_URL: receiver.url, ALERT_WEBHOOK_SECRET: SECRET, ALERT_ALLOW_PRIVATE: 'true' },
      ...{ ALERT_AFTER_MS: '60000', ALERT_EVERY_MS: '3600000', HEALTH_CONSECUTIVE_FAILURES: '1' },
    });
    const look = () => service.app.get(AlertWatcher).look();
    for (const status of ['FAILED', 'SUCCESS', 'FAILED', 'SUCCESS'] as const) {
      await service.api('POST', '/sync', sync(status));
      await look();
      await look();
    }
    expect((await service.api('GET', '/alerts')).body).toEqual({ items: [], next: null, prev: null });
    await service.close();
    receiver.close();
  });
});

describe('a target', () => {
  it('that is not there is a 409 for a test', async () => {
    const service = await startTestApp();
    expect(await service.api('POST', '/alerts/test', { actor: 'jane' })).toMatchObject({
      status: 409,
      body: { code: 'NO_ALERT_TARGET' },
    });
    await service.close();
  });

  it.each([
    'https://127.0.0.1/hook',
    'https://10.0.0.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/hook',
    'https://[::ffff:10.0.0.1]/hook',
    'https://[fd00::1]/hook',
    'https://2130706433/hook',
    'https://localhost/hook',
  ])('is refused unless it is meant: %s', async (url) => {
    const sent = async () => sendWebhook({ url, secret: SECRET }, { id: 'x', payload: '{}', allowPrivate: false });
    await expect(sent()).rejects.toThrow(/which is not public/);
  });

  it('is asked only by https', async () => {
    const sent = async () =>
      sendWebhook({ url: 'http://example.com', secret: SECRET }, { id: 'x', payload: '{}', allowPrivate: false });
    await expect(sent()).rejects.toThrow(/needs https/);
  });

  it('is public or not by its address', () => {
    expect(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'].map(isPublicAddress)).toEqual([true, true]);
    const others = [
      ...['::127.0.0.1', '::7f00:1', '::10.0.0.1', '::169.254.169.254', '::8.8.8.8', '::ffff:0:127.0.0.1'],
      ...['::ffff:10.0.0.1', '::ffff:7f00:1', '2002:7f00:1::', '2002:a00:1::1', '2001:0:7f00:1::', '64:ff9b:1::1'],
      ...[
        '::',
        '::1',
        'fc00::1',
        'fd00:ec2::254',
        'fec0::1',
        'ff02::1',
        '2001:db8::1',
        '100::1',
        '4000::1',
        'fe80::1%1',
      ],
      ...['0.1.2.3', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '169.254.169.254', '168.63.129.16', '198.18.0.1'],
      ...['192.0.0.192', '240.0.0.1', '::ffff:168.63.129.16', ''],
      '0.0.0.0',
      '100.64.0.1',
      '192.168.1.1',
      '224.0.0.1',
      '255.255.255.255',
      'fe80::1',
      '64:ff9b::a00:1',
      'x',
    ];
    expect(others.map(isPublicAddress)).toEqual(others.map(() => false));
  });

  it('and its secret come together, and the secret is not repeated', async () => {
    await expect(startTestApp({ ALERT_WEBHOOK_URL: 'https://example.com' })).rejects.toThrow(
      /ALERT_WEBHOOK_SECRET must/,
    );
    const wrong = startTestApp({ ALERT_WEBHOOK_SECRET: 'whsec_short' });
    await expect(wrong).rejects.toThrow(/ALERT_WEBHOOK_URL must/);
    await expect(wrong).rejects.not.toThrow(/whsec_short/);
  });
});
