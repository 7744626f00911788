import { v7 as uuidv7 } from 'uuid';
import { SyncHistoryService } from '#tracking';
import { answerIn, RawConnection } from '../support/raw-http.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

let service: TestApp;

beforeAll(async () => {
  service = await startTestApp(optimizelyAt('http://127.0.0.1:9'));
  expect((await service.api('PUT', '/content-types/Article', { key: 'Article' })).status).toBe(201);
  const syncs = Array.from({ length: 4 }, () => ({
    ...{ platform: 'p', direction: 'PUSH', typeKey: 'T', actor: 'a', result: { status: 'SUCCESS', durationMs: 7 } },
  }));
  expect((await service.api('POST', '/sync/batch', { syncs })).status).toBe(201);
});
afterAll(() => service?.close());

interface Answer {
  status: number;
  body: { code?: string; detail?: string; errors?: string[] } & Record<string, unknown>;
}

async function get(path: string): Promise<Answer> {
  return service.api('GET', path);
}

async function send(method: string, path: string, body: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${service.url}/api/v1${path}`, { method, headers, body });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

const refused = { status: 400, body: { code: 'INVALID_REQUEST' } };

describe('a number in a query', () => {
  const lists = [
    '/deployments?limit=',
    '/content-types?limit=',
    '/content-types/Article/versions?limit=',
    '/sync/history?limit=',
    '/sync/T/history?limit=',
    '/sync/events?limit=',
    '/sync/events?after=',
    '/sync/health-reports?limit=',
    '/sync/analytics?slowest=',
    '/alerts?limit=',
  ];

  it.each(['1e1', '0x10', '%205', '5%20', '5.0', '%2B5', '05', '-0', '', '0b11', '1_0', '٥', 'Infinity', '5%00'])(
    'is plain decimal: %s is a 400 everywhere',
    async (number) => {
      for (const list of lists) expect([list, await get(list + number)]).toMatchObject([list, refused]);
    },
  );

  it('is taken in plain decimal everywhere', async () => {
    for (const list of lists) expect([list, (await get(`${list}5`)).status]).toEqual([list, 200]);
  });
});

describe('a boolean in a query', () => {
  it.each(['TRUE', '1', '0', 'yes', 'on', '%20true', 'null'])('is true or false: %s is a 400', async (value) => {
    expect(await get(`/sync/history?forced=${value}`)).toMatchObject(refused);
    expect(
      await service.api('POST', `/deployments?dryRun=${value}`, { platform: 'optimizely', actor: 'a' }),
    ).toMatchObject(refused);
  });
});

describe('a name that objects inherit', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])(
    'is no parameter and no member: %s',
    async (name) => {
      for (const path of ['/sync/history', '/deployments', '/content-types', '/sync/events', '/sync/analytics']) {
        expect([path, await get(`${path}?${name}=1`)]).toMatchObject([path, refused]);
      }
      const bodies: [string, string, string][] = [
        ['POST', '/deployments?dryRun=true', `{"platform":"optimizely","actor":"a","${name}":1}`],
        [
          'POST',
          '/deployments?dryRun=true',
          `{"platform":"optimizely","actor":"a","items":[{"typeKey":"A","${name}":{}}]}`,
        ],
        ['POST', '/sync/replay', `{"actor":"a","reason":"r","filter":{"last":"1d","${name}":[]}}`],
        ['POST', '/platforms/optimizely/pull', `{"actor":"a","${name}":{"environment":"x"}}`],
        ['POST', '/sync', `{"platform":"p","direction":"PUSH","typeKey":"T","actor":"a","${name}":1}`],
      ];
      for (const [method, path, body] of bodies) {
        const answer = await send(method, path, body);
        expect([body, answer]).toMatchObject([body, refused]);
        expect(answer.body.detail).toContain(`${name} should not exist`);
      }
    },
  );

  it('stays in what is free-form', async () => {
    const body = `{"key":"Odd","__proto__":{"a":1},"constructor":2}`;
    expect((await send('PUT', '/content-types/Odd', body)).status).toBe(201);
    expect(await (await fetch(`${service.url}/api/v1/content-types/Odd`)).text()).toContain('"__proto__":{"a":1}');
  });
});

describe('a parameter of a route that reads none', () => {
  const reason = { actor: 'a', reason: 'r' };
  it.each<[string, string, object | undefined]>([
    ['GET', '/platforms', undefined],
    ['GET', '/sync/health', undefined],
    ['GET', `/plans/${uuidv7()}`, undefined],
    ['GET', `/deployments/${uuidv7()}`, undefined],
    ['POST', '/alerts/test', { actor: 'a' }],
    ['POST', '/freezes', { ...reason, platform: 'optimizely', until: '2090-01-01T00:00:00Z' }],
    ['POST', `/deployments/${uuidv7()}/cancel`, reason],
    ['POST', '/sync', { platform: 'p', direction: 'PULL', typeKey: 'T', actor: 'a' }],
    ['PATCH', `/sync/${uuidv7()}/version`, { versionHash: 'a' }],
    ['DELETE', '/sync/analytics/failures/18ed84029078e4bb/mute', undefined],
  ])('is refused by its name: %s %s', async (method, path, body) => {
    for (const name of ['nonsense', '__proto__', 'constructor']) {
      const answer: Answer = await service.api(method, `${path}?${name}=1`, body);
      expect(answer).toMatchObject(refused);
      expect(answer.body.errors).toEqual([{ field: name, detail: 'should not exist', code: 'UNKNOWN_FIELD' }]);
    }
  });

  it('stands with the probes, which others ask', async () => {
    for (const path of ['/health/live?nonsense=1', '/metrics?nonsense=1']) {
      expect((await fetch(service.url + path)).status).toBe(200);
    }
  });
});

describe('a DELETE', () => {
  it.each(['', 'application/json', 'text/plain', 'nonsense'])(
    'may name a type for no body: %j',
    async (contentType) => {
      const connection = RawConnection.to(service.url);
      const head = 'DELETE /api/v1/sync/analytics/failures/18ed84029078e4bb/mute HTTP/1.1\r\nHost: localhost\r\n';
      connection.write(`${head}Content-Type: ${contentType}\r\nConnection: close\r\n\r\n`);
      expect(answerIn(await connection.closed()).status).toBe(204);
    },
  );

  it.each(['text/plain', 'application/json'])('has none that is read: %s', async (contentType) => {
    const address = `${service.url}/api/v1/sync/analytics/failures/18ed84029078e4bb/mute`;
    const headers = { 'content-type': contentType };
    expect((await fetch(address, { method: 'DELETE', headers, body: '{ no JSON' })).status).toBe(204);
  });
});

describe('a parameter that is given twice', () => {
  it.each([
    '/sync/history?limit=1&limit=2',
    '/sync/history?sort=startedAt&sort=startedAt',
    '/sync/history?startDate=2026-01-01&startDate=2026-01-02',
    '/sync/history?last=1d&last=1d',
    '/sync/history?forced=true&forced=true',
    '/sync/history?q=a&q=b',
    '/sync/events?after=1&after=1',
    '/content-types/Article?kind=a&kind=a',
    '/content-types/Article/diff?from=1&from=1',
    '/sync/analytics/timeseries?bucket=day&bucket=day',
    '/sync/health-reports?platform=a&platform=a',
  ])('is a 400 where one is expected: %s', async (path) => {
    const answer = await get(path);
    expect(answer).toMatchObject(refused);
    expect(answer.body.errors).toMatchObject([{ detail: 'must be one value, not several', code: 'NOT_ONE_VALUE' }]);
  });

  it('is one of several where several are expected, up to their limit', async () => {
    const named = (count: number) => `/sync/history?${'status=FAILED&'.repeat(count)}`;
    expect((await get(named(100))).status).toBe(200);
    expect(await get(named(101))).toMatchObject(refused);
  });
});

describe('null', () => {
  const asked = { actor: 'a', reason: 'r' };
  it.each<[string, object]>([
    ['/platforms/optimizely/pull', { actor: 'a', environment: null }],
    ['/platforms/optimizely/pull', { actor: 'a', reason: null }],
    ['/deployments', { platform: 'optimizely', actor: 'a', force: null }],
    ['/deployments', { platform: 'optimizely', actor: 'a', environment: null }],
    ['/deployments', { platform: 'optimizely', actor: 'a', items: null }],
    ['/deployments', { platform: 'optimizely', actor: 'a', items: [{ typeKey: 'Article', kind: null }] }],
    ['/deployments', { platform: 'optimizely', actor: 'a', items: [{ typeKey: 'Article', versionHash: null }] }],
    ['/deployments', { platform: 'optimizely', actor: 'a', items: [null] }],
    ['/sync/replay', { ...asked, filter: { status: ['FAILED'], q: null } }],
    ['/sync/replay', { ...asked, filter: { status: null } }],
    ['/sync/replay', { ...asked, filter: { status: ['FAILED'], startDate: null } }],
    ['/sync/replay', { ...asked, filter: { status: ['FAILED'], forced: null } }],
    ['/sync/replay', { ...asked, filter: null }],
    ['/sync/replay', { ...asked, filter: { status: ['FAILED'] }, dryRun: null }],
    [`/sync/${uuidv7()}/replay`, { ...asked, force: null }],
    [`/deployments/${uuidv7()}/rollback`, { ...asked, force: null }],
    [
      '/sync/health-reports',
      { platform: 'p', actor: 'a', startDate: '2026-01-01', endDate: '2026-01-02', environment: null },
    ],
    ['/sync/health-reports', { platform: 'p', actor: 'a', startDate: null, endDate: '2026-01-02' }],
    [
      '/sync/health-reports',
      { platform: 'p', actor: 'a', startDate: '2026-01-01', endDate: '2026-01-02', fresh: null },
    ],
  ])('is a 400 where a default stands, or nothing may be left out: %s %j', async (path, body) => {
    expect(await service.api('POST', path, body)).toMatchObject(refused);
  });

  it('is no moment of a mute', async () => {
    const path = '/sync/analytics/failures/0123456789abcdef/mute';
    for (const until of [null, 0, 4e12, '2090', true, '2090-02-31']) {
      expect([until, await service.api('PUT', path, { ...asked, until })]).toMatchObject([until, refused]);
    }
  });
});

describe('a text', () => {
  const zeroWidth = '\u200b\u2060';
  it.each([
    ['blanks alone', '   '],
    ['other blanks', '\t\u00a0\u3000'],
    ['nothing that can be seen', zeroWidth],
    ['half of a character', 'a\ud800'],
    ['its other half', '\udfffb'],
    ['NUL', 'a\0'],
  ])('of a body or an address is a 400 with %s', async (_what, text) => {
    // The parser itself refuses half of a character.
    const code = text.isWellFormed() ? 'INVALID_REQUEST' : 'LONE_SURROGATE';
    const base = { platform: 'p', direction: 'PUSH', typeKey: 'T', actor: 'a' };
    // A recording mends what describes a sync, and refuses what names it.
    for (const wrong of [{ typeKey: text }, { platform: text }, { kind: text }]) {
      expect(await service.api('POST', '/sync', { ...base, ...wrong })).toMatchObject(refused);
    }
    expect(await service.api('POST', '/platforms/optimizely/pull', { actor: 'a', reason: text })).toMatchObject({
      status: 400,
      body: { code },
    });
    expect(await service.api('POST', '/content-types/import', { contentTypes: [{ key: text }] })).toMatchObject({
      status: 400,
      body: { code: text.isWellFormed() ? 'INVALID_DEFINITION' : code },
    });
    if (!text.isWellFormed()) return;
    const encoded = encodeURIComponent(text);
    for (const path of [
      `/sync/history?q=${encoded}`,
      `/sync/history?actor=${encoded}`,
      `/sync/${encoded}/history`,
      `/content-types/${encoded}`,
      `/content-types/Article?kind=${encoded}`,
      `/sync/events?platform=${encoded}`,
      `/sync/analytics/timeseries?timeZone=${encoded}`,
    ]) {
      expect([path, await get(path)]).toMatchObject([path, refused]);
    }
  });

  it('is kept as it is, blanks at its ends included', async () => {
    const sync = { platform: 'p', direction: 'PUSH', typeKey: ' Ends ', actor: 'ａ👩‍🚀' };
    const { body } = await service.api('POST', '/sync', sync);
    const { id } = body as { id: string };
    expect((await get(`/sync/${id}`)).body).toMatchObject({ typeKey: ' Ends ', actor: 'ａ👩‍🚀' });
    expect((await get('/sync/%20Ends%20/history')).body).toMatchObject({ items: [{ id }] });
  });

  it('that stands in free-form metadata may hold NUL, or is refused', async () => {
    for (const metadata of [{ a: '\0' }, { '\0': 1 }, { a: '\ud800' }]) {
      const sync = { platform: 'p', direction: 'PUSH', typeKey: 'T', actor: 'a', metadata };
      expect([201, 400]).toContain((await service.api('POST', '/sync', sync)).status);
    }
  });
});

describe('a cursor that is forged', () => {
  const encoded = (parts: unknown) => Buffer.from(JSON.stringify(parts)).toString('base64url');

  async function cursorOf(list: string): Promise<unknown[]> {
    const { next } = (await get(list)).body as { next: string };
    return JSON.parse(Buffer.from(next, 'base64url').toString()) as unknown[];
  }

  it.each(['-startedAt', 'startedAt', 'durationMs', '-durationMs'])('is none of ours: sorted by %s', async (sort) => {
    const list = `/sync/history?limit=2&sort=${sort}`;
    const parts = await cursorOf(list);
    expect((await get(`${list}&cursor=${encoded(parts)}`)).status).toBe(200);
    const wrong: [number, unknown][] = [
      ...[2 ** 31, -(2 ** 31) - 1, 9e15, -1, 1.5, 'x', {}, [], true].map((value): [number, unknown] => [3, value]),
      ...[8.64e15, -8.64e15, -2.2e14, 2.6e14, 0.5, '0', {}].flatMap((time): [number, unknown][] => [
        [4, [time, null, false]],
        [4, [null, time, true]],
      ]),
      ...[null, {}, [], [null, null, 1], 'x'].map((times): [number, unknown] => [4, times]),
      ...['x', null, 1, ['x'], uuidv7().slice(1)].map((id): [number, unknown] => [2, id]),
      ...['sideways', null, 1].map((direction): [number, unknown] => [1, direction]),
    ];
    for (const [place, value] of wrong) {
      const forged = parts.with(place, value);
      const answer = await get(`${list}&cursor=${encoded(forged)}`);
      expect([forged, answer]).toMatchObject([forged, { status: 400, body: { code: 'INVALID_CURSOR' } }]);
    }
  });

  it.each(['/deployments', '/sync/health-reports', '/alerts', '/content-types/Article/versions'])(
    'is none of ours: %s',
    async (list) => {
      for (const key of ['x', '', '2147483648', '1e3', '-1', '0', ' 1', null, 1, {}, [], '\0']) {
        for (const direction of ['next', 'prev']) {
          const answer = await get(`${list}?cursor=${encoded([direction, key])}`);
          expect([key, answer]).toMatchObject([key, { status: 400, body: { code: 'INVALID_CURSOR' } }]);
        }
      }
    },
  );

  it.each(['bnVsbA', 'MQ', 'e30', '"', '%00', 'W10', encoded({ length: 5 })])(
    'is none of ours, whatever it is: %s',
    async (cursor) => {
      for (const list of ['/deployments', '/sync/history', '/alerts', '/content-types']) {
        expect([list, (await get(`${list}?cursor=${cursor}`)).body.code]).toEqual([list, 'INVALID_CURSOR']);
      }
    },
  );
});

describe('a position of events', () => {
  it('is a whole number that the database can hold', async () => {
    for (const after of ['9007199254740992', '1e3', '-1', '1.0']) {
      expect([after, await get(`/sync/events?after=${after}`)]).toMatchObject([after, refused]);
    }
    expect((await get(`/sync/events?after=${Number.MAX_SAFE_INTEGER}`)).body).toMatchObject({ items: [] });
  });

  it('is no text of Last-Event-ID', async () => {
    for (const id of ['1e3', '-1', ' 0x1', 'a'.repeat(4_000)]) {
      const headers = { accept: 'text/event-stream', 'last-event-id': id };
      const response = await fetch(`${service.url}/api/v1/sync/events`, { headers });
      expect([id, response.status]).toEqual([id, 400]);
      expect((await response.text()).length).toBeLessThan(1_000);
    }
  });
});

describe('a header', () => {
  it('of 15 KB is read, or refused', async () => {
    const { id } = await service.app.get(SyncHistoryService).recordSyncAttempt({
      ...{ typeKey: 'Headed', platform: 'p', direction: 'PUSH', data: { key: 'Headed' } },
      context: { environment: 'default', actor: 'a', trigger: 'API' },
    });
    const long = '"a",'.repeat(3_750);
    const status = await fetch(`${service.url}/api/v1/sync/${id}/status`, { headers: { 'if-none-match': long } });
    expect(status.status).toBe(200);
    await status.text();
    const keyed = await fetch(`${service.url}/api/v1/sync`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k'.repeat(15_000) },
      body: '{}',
    });
    expect([keyed.status, (await keyed.text()).length < 1_000]).toEqual([400, true]);
  });
});
