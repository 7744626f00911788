import { idAt } from '../random-history.ts';
import { insertSyncs } from '../insert-syncs.ts';
import { many, type Probes, send, sendRaw } from './probe.ts';

const DAY_MS = 86_400_000;
const ACTOR = { actor: 'jane', reason: 'a limit' };
const SYNC = { platform: 'p', direction: 'PUSH', typeKey: 'T', actor: 'a' };
const OPTIMIZELY = { platform: 'optimizely', actor: 'jane' };
const items = (count: number) => many(count, (index) => ({ typeKey: `Type${index}` }));
const definition = (index: number) => ({ key: `Type${index}`, displayName: 'T', baseType: '_page', properties: {} });

/** An interval that ends now and then, of so many milliseconds. */
function interval(ms: number): { startDate: string; endDate: string } {
  const end = Math.floor(Date.now() / 1_000) * 1_000;
  return { startDate: new Date(end - ms).toISOString(), endDate: new Date(end).toISOString() };
}

const query = (members: object) => new URLSearchParams(members as Record<string, string>).toString();

export const REQUEST_LIMITS: Probes = {
  'address and headers together': ([limit], probing) => [
    {
      what: 'bytes',
      limit: limit!,
      send: (count) => {
        const [start, name] = ['GET /health/live HTTP/1.1\r\nHost: localhost\r\n', 'x'];
        // What counts is the address, and names and values of headers.
        const counted = '/health/live'.length + 'Hostlocalhost'.length + name.length;
        return sendRaw(probing, `${start}${name}: ${'x'.repeat(count - counted)}\r\n\r\n`);
      },
    },
  ],
  'a name in the address': ([limit], probing) => [
    {
      what: 'characters',
      limit: limit!,
      send: (count) => send(probing, 'GET', `/content-types/${'%61'.repeat(count)}`),
      // No key is as long, so it names nothing.
      accepted: 400,
    },
  ],
  'a text of a query or a body': ([limit], probing) => [
    { what: 'query', limit: limit!, send: (count) => send(probing, 'GET', `/sync/history?actor=${'a'.repeat(count)}`) },
    {
      what: 'body',
      limit: limit!,
      send: (count) => send(probing, 'POST', '/plans', { ...OPTIMIZELY, items: items(1), actor: 'a'.repeat(count) }),
    },
  ],
  'a list in a query': ([limit], probing) => [
    {
      what: 'values',
      limit: limit!,
      send: (count) => send(probing, 'GET', `/sync/history?${'actor=a&'.repeat(count)}`),
    },
  ],
  'a page of a list': ([, most, , ofEvents], probing) => [
    { what: 'syncs', limit: most!, send: (count) => send(probing, 'GET', `/sync/history?limit=${count}`) },
    { what: 'events', limit: ofEvents!, send: (count) => send(probing, 'GET', `/sync/events?limit=${count}`) },
  ],
  'an interval of analytics': ([days], probing) =>
    ['/sync/analytics', '/sync/analytics/groups?by=platform', '/sync/analytics/timeseries?bucket=day'].map((path) => ({
      what: path,
      limit: days! * DAY_MS,
      send: (ms) =>
        send(probing, 'GET', `${path}${path.includes('?') ? '&' : '?'}${query({ actor: 'a', ...interval(ms) })}`),
    })),
  'buckets of a time series': ([limit], probing) => [
    {
      what: 'hours',
      limit: limit!,
      send: (hours) => {
        const end = new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000);
        const startDate = new Date(end.getTime() - hours * 3_600_000).toISOString();
        const asked = query({ bucket: 'hour', startDate, endDate: end.toISOString() });
        return send(probing, 'GET', `/sync/analytics/timeseries?${asked}`);
      },
    },
  ],
  'an interval of a health report': ([days], probing) => [
    {
      what: 'milliseconds',
      limit: days! * DAY_MS,
      send: (ms) => send(probing, 'POST', '/sync/health-reports', { ...OPTIMIZELY, ...interval(ms) }),
    },
  ],
  'items of a plan or a deployment': ([limit], probing) => [
    {
      what: 'plan',
      limit: limit!,
      send: (count) => send(probing, 'POST', '/plans', { ...OPTIMIZELY, items: items(count) }),
    },
    {
      what: 'deployment',
      limit: limit!,
      send: (count) => send(probing, 'POST', '/deployments?dryRun=true', { ...OPTIMIZELY, items: items(count) }),
    },
  ],
  'syncs of a batch': ([limit], probing) => [
    {
      what: 'syncs',
      limit: limit!,
      send: (count) => send(probing, 'POST', '/sync/batch', { syncs: many(count, () => SYNC) }),
    },
  ],
  'syncs of a replay': ([limit], probing) => [
    {
      what: 'failed syncs',
      prepares: true,
      limit: limit!,
      send: async (count) => {
        const actor = `fails ${count} times`;
        const at = Date.now() - DAY_MS;
        const failed = many(count, (index) => ({
          ...{
            id: idAt(new Date(at)),
            startedAt: new Date(at),
            typeKey: `F${index}`,
            status: 'FAILED',
            actor,
            removal: true,
          },
        }));
        await insertSyncs(probing.sql, failed);
        return send(probing, 'POST', '/sync/replay', {
          ...ACTOR,
          filter: { actor: [actor], last: '7d' },
          dryRun: true,
        });
      },
    },
  ],
  'definitions of an import': ([limit], probing) => [
    {
      what: 'definitions',
      limit: limit!,
      send: (count) => send(probing, 'POST', '/content-types/import', { contentTypes: many(count, definition) }),
    },
  ],
  'a content': ([limit], probing) => [
    {
      what: 'bytes of canonical JSON',
      limit: limit!,
      send: (count) => {
        const rest = '{"data":"","key":"Large"}'.length;
        return send(probing, 'PUT', '/content-types/Large', { key: 'Large', data: 'a'.repeat(count - rest) });
      },
    },
  ],
  'expectations, watches in force': ([expectations, watches], probing) => [
    {
      what: 'expectations',
      prepares: true,
      limit: expectations!,
      send: async (count) => {
        const nightly = {
          ...OPTIMIZELY,
          ...ACTOR,
          direction: 'PUSH',
          createdBy: 'jane',
          by: '0 3 1 1 *',
          timeZone: 'UTC',
          withinMs: 3_600_000,
        };
        const first = await send(probing, 'POST', '/expectations', { ...nightly, name: 'first' });
        if (first.status !== 201 && first.body.code !== 'EXPECTATION_EXISTS') return first;
        await probing.sql(
          `insert into expectation (id, platform, environment, name, direction, at_least, cron, time_zone, within_ms,
             reason, created_by, next_at)
           select gen_random_uuid(), platform, environment, n::text, direction, at_least, cron, time_zone, within_ms,
             reason, created_by, next_at
           from expectation, generate_series(1, $1::integer - (select count(*) from expectation)::integer - 1) n
           where name = 'first'`,
          [count],
        );
        return send(probing, 'POST', '/expectations', { ...nightly, name: `number ${count}` });
      },
    },
    {
      what: 'watches',
      prepares: true,
      limit: watches!,
      send: async (count) => {
        const nightly = { ...OPTIMIZELY, ...ACTOR, cron: '0 3 1 1 *', timeZone: 'UTC' };
        const [there] = await probing.sql('select id from watch limit 1');
        if (!there) await send(probing, 'POST', '/watches', nightly);
        await probing.sql(
          `insert into watch (id, platform, environment, cron, time_zone, source, reason, actor, next_at)
           select gen_random_uuid(), platform, environment, cron, time_zone, source, reason, actor, next_at
           from (select * from watch limit 1) one,
             generate_series(1, $1::integer - (select count(*) from watch)::integer - 1)`,
          [count],
        );
        return send(probing, 'POST', '/watches', nightly);
      },
    },
  ],
};
