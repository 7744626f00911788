import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli, startCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import type { DeploymentView } from '../support/deployments.ts';

let cms: SimulatedCms;
let database: TestDatabase;
let service: ServiceProcess;
let folder: string;

const text = { type: 'string', displayName: 'A text' };
const type = (key: string, displayName: string, properties: object = { a: text }) => ({
  ...{ key, displayName, baseType: '_page', properties },
});
const start = (env: NodeJS.ProcessEnv = {}) =>
  startServiceProcess({
    ...{ DATABASE_URL: database.url, LEASE_MS: '1500', RETRY_INITIAL_DELAY_MS: '1', CIRCUIT_FAILURES: '1000' },
    ...optimizelyAt(cms.url),
    ...env,
  });
const cli = (...args: string[]) => runCli(args, { SYNCTRAIL_URL: service.url });
/** A command that must end with 0; the lines that it printed. */
const lines = async (...args: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await cli(...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.anything() });
  return stdout.trimEnd().split('\n');
};
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await cli(...args, '--json')).stdout) as T;
const manifest = async (...contentTypes: object[]): Promise<string> => {
  const file = join(folder, 'manifest.json');
  await writeFile(file, JSON.stringify({ contentTypes }));
  return file;
};
const deploy = async (...contentTypes: object[]): Promise<DeploymentView> =>
  json('deploy', '--file', await manifest(...contentTypes), '--wait');
const slow = (delayMs: number) =>
  cms.strike({ kind: 'slow', delayMs, untilReset: true, match: { method: 'POST', path: '/manifest' } });
const refuse = () => cms.strike({ kind: 'status', status: 422, call: 1, calls: 1, match: { path: '/manifest' } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synctrail-cli-'));
  cms = await startSimulatedCms();
  database = await createTestDatabase();
  service = await start();
});
afterEach(() => cms.strike());
afterAll(async () => {
  await service?.stop();
  await database?.drop();
  await cms?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('synctrail deploy', () => {
  it('starts a deployment, and says how to wait for its end', async () => {
    const file = await manifest(type('Started', 'Started'));
    const [first, second] = await lines('deploy', '--file', file, '--actor', 'jane', '--reason', 'Try it');
    const [, id] = /^IN_PROGRESS {2}Deployment (\S+) to optimizely\/default$/.exec(first!)!;
    expect(second).toBe(`  Wait for its end with: synctrail watch ${id}`);
    const [end, by] = await lines('watch', id!);
    expect(end).toBe(`SUCCESS  Deployment ${id} to optimizely/default: 1 of 1 items succeeded`);
    expect(by).toMatch(/^ {2}by jane at 20\S+Z, ended at 20\S+Z: Try it$/);
    expect(await lines('status', id!)).toEqual([end, by, '  1 CREATE']);
    expect((await lines('status'))[0]).toBe(end);
  }, 60_000);

  it('exits with 1 for a deployment that failed, and prints the error of each item', async () => {
    const file = await manifest(type('Refused', 'Refused'));
    await refuse();
    const { code, stdout, stderr } = await cli('deploy', '--file', file, '--wait');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^FAILED {2}Deployment \S+ to \S+: 0 of 1 items succeeded\n.*\n {2}1 CREATE\n {2}INVALID_REQUEST: .*\n {2}FAILED {2}Refused: INVALID_REQUEST\n$/,
    );
    expect(stderr).toMatch(/\n100 %, 1 of 1 items\n$/);
    expect((await cli('status')).code).toBe(1);
  }, 60_000);

  it('exits with 2 for a deployment that succeeded in part', async () => {
    const group = (displayName: string) => ({ propertyGroups: [{ key: 'PartGroup', displayName }] });
    const file = join(folder, 'part.json');
    const bad = (...names: string[]) => type('PartBad', 'Bad', Object.fromEntries(names.map((name) => [name, text])));
    await writeFile(file, JSON.stringify({ contentTypes: [bad('a', 'b')], ...group('First') }));
    await lines('deploy', '--file', file, '--wait');
    await writeFile(file, JSON.stringify({ contentTypes: [bad('b')], ...group('Second') }));
    const { code, stdout } = await cli('deploy', '--file', file, '--wait');
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /^PARTIAL .* 1 of 2 items succeeded\n.*\n {2}2 UPDATE\n {2}FAILED {2}PartBad: DATA_LOSS_REFUSED: /,
    );
  }, 60_000);

  it('exits with 4 when the service refuses, with its sentence and its code', async () => {
    expect(await cli('deploy', '--item', 'Nowhere', '--wait')).toEqual({
      code: 4,
      stdout: '',
      stderr: expect.stringMatching(/^error: .*Nowhere.* \(CONTENT_TYPE_NOT_FOUND\)\n$/),
    });
    expect(await cli('deploy', '--item', 'Nowhere', '--force')).toMatchObject({
      ...{ code: 4, stderr: expect.stringContaining('(FORCE_NEEDS_REASON)') },
    });
  });

  it('starts one deployment when the answer is lost and the request is repeated', async () => {
    const keys: unknown[] = [];
    const server = createServer((request, response) => void forward(request, response)).listen(0, '127.0.0.1');
    const forward = async (request: IncomingMessage, response: ServerResponse) => {
      const { 'idempotency-key': key = '', 'content-type': type = '' } = request.headers;
      const { method = 'GET', url } = request;
      const body = method === 'GET' ? undefined : await textOf(request);
      const headers = { 'content-type': type, ...(key !== '' && { 'idempotency-key': String(key) }) };
      const answer = await fetch(`${service.url}${url}`, { method, headers, body });
      if (key !== '') keys.push(key);
      if (keys.length === 1 && key !== '') response.destroy();
      else response.writeHead(answer.status).end(await answer.text());
    };
    await once(server, 'listening');
    await lines('import', await manifest(type('Lost', 'Lost')));
    const proxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { code, stdout } = await cli('deploy', '--item', 'Lost', '--wait', '--url', proxy);
    server.close();
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^SUCCESS/) });
    expect(keys).toEqual([keys[0], keys[0]]);
    expect((await json<{ items: object[] }>('history', '--type', 'Lost')).items).toHaveLength(1);
  }, 60_000);

  it('goes on at Ctrl-C: the command ends with 130 and says how to look at it', async () => {
    await slow(1_500);
    const run = startCli(['deploy', '--file', await manifest(type('Cut', 'Cut')), '--wait'], {
      SYNCTRAIL_URL: service.url,
    });
    await run.noted('0 %, 0 of 1 items');
    run.child.kill('SIGINT');
    const { code, stdout, stderr } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    const [, id] = /The deployment (\S+) goes on\. Look at it with: synctrail watch \1\n$/.exec(stderr)!;
    expect(await cli('watch', id!)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^SUCCESS/) });
  }, 60_000);

  it('waits on while the service restarts', async () => {
    const file = await manifest(type('Restarted', 'Restarted'));
    await slow(1_000);
    const run = startCli(['deploy', '--file', file, '--wait'], { SYNCTRAIL_URL: service.url });
    await run.noted('0 %, 0 of 1 items');
    await service.kill();
    await run.noted('The service does not answer. It is asked again for 2 minutes.');
    service = await start({ PORT: new URL(service.url).port });
    expect(await run.ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^SUCCESS/) });
  }, 90_000);
});

describe('synctrail rollback', () => {
  it('undoes a deployment, and shows before what it would change', async () => {
    await deploy(type('Undone', 'First'));
    const { id } = await deploy(type('Undone', 'Second'));
    expect(await lines('rollback', id, '--dry-run')).toEqual([
      '~  Undone: 1 change, cosmetic',
      '     /displayName: modified, cosmetic',
      'Plan for optimizely/default: +0 ~1 −0, 0 breaking; 0 unchanged',
    ]);
    const [first] = await lines('rollback', id, '--reason', 'it was wrong', '--wait');
    expect(first).toMatch(new RegExp(`^SUCCESS {2}Rollback of ${id}, \\S+ to optimizely/default: 1 of 1 items`));
    expect((await cli('status', id)).stdout).toMatch(/\n {2}rolled back by \S+ of tester: SUCCESS\n$/);
  }, 60_000);

  it('exits with 4 when it would lose newer work, and undoes that too when asked to', async () => {
    await deploy(type('Newer', 'First'));
    const { id } = await deploy(type('Newer', 'Second'));
    await deploy(type('Newer', 'Third'));
    expect((await lines('rollback', id, '--dry-run'))[0]).toMatch(
      /^~ {2}Newer: 1 change, cosmetic; newer state by tester in deployment \S+ of 20\S+Z would be lost$/,
    );
    const refused = await cli('rollback', id, '--reason', 'wrong', '--wait');
    expect(refused).toMatchObject({ code: 4, stdout: '' });
    expect(refused.stderr).toMatch(/\(WOULD_LOSE_NEWER\) Here, "includeNewer" is --include-newer\.\n$/);
    await lines('rollback', id, '--reason', 'wrong', '--wait', '--include-newer');
    expect(await cli('rollback', id)).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/^error: .*--reason\n\nUsage: synctrail rollback /),
    });
  }, 60_000);
});

describe('synctrail pull, live, compare and history', () => {
  const TARGET = ['--target', 'optimizely/other'];
  let before: string;

  beforeAll(async () => {
    const file = await manifest(type('Article', 'Ours'), type('Page', 'Ours'));
    await lines('import', file, '--author', 'jane');
    for (const typeKey of ['Article', 'Page']) {
      const { code } = await cli('deploy', '--item', typeKey, '--wait');
      expect(code).toBe(0);
    }
    before = new Date().toISOString();
    await cms.edit('Article', 'colleague', { displayName: 'Theirs' });
    const rule = { actor: 'jane', reason: 'tried', typeKey: 'Page', ignore: [''], until: '2090-01-01' };
    await service.api('POST', '/drift/rules', rule);
    await fetch(`${cms.url}/_sandbox/content-types/Page`, { method: 'DELETE' });
  }, 60_000);

  it('tell what stands at a target, and what differs', async () => {
    const { code, stdout } = await cli('pull', '--actor', 'joe', '--reason', 'Look for edits');
    expect(code).toBe(3);
    expect(stdout).toContain('different  Article\n');
    expect(stdout).toContain('missing  Page, as expected\n');
    expect(stdout).toMatch(/\n\d+ items of optimizely\/default: \d+ differ, 1 of them as expected; \d+ with drift\n$/);
    expect(await json('history', '--type', '*', '--limit', '1')).toMatchObject({
      items: [{ trigger: 'API', actor: 'joe', reason: 'Look for edits' }],
    });

    const live = await lines('live');
    expect(live).toContainEqual(
      expect.stringMatching(/^PRESENT {2}Article {2}version 2, since 20\S+Z, evidence OBSERVED, drift$/),
    );
    expect(live).toContainEqual(
      expect.stringMatching(/^ABSENT {2}Page, since 20\S+Z, evidence OBSERVED, drift, as expected$/),
    );
    expect(live.at(-1)).toMatch(/^\d+ items of optimizely\/default, root [0-9a-f]{64}$/);
    expect((await lines('live', '--at', before)).some((line) => line.startsWith('PRESENT  Page  version 1'))).toBe(
      true,
    );
    const exported = JSON.parse((await lines('live', '--export')).join('\n')) as { contentTypes: object[] };
    expect(exported.contentTypes).toContainEqual(expect.objectContaining({ key: 'Article', displayName: 'Theirs' }));

    const compared = await lines('compare', '--catalogue');
    expect(compared).toContain('different  Article: 1 change, cosmetic');
    expect(compared).toContain('only-there  Page');
    expect(compared.at(-1)).toMatch(/^\d+ the same, \d+ different, 0 only here, \d+ only there, 0 unknown$/);
    expect(await json('compare', '--at', before)).toMatchObject({ onlyHere: 1 });
  }, 60_000);

  it('list as many syncs as are asked for, over several pages', async () => {
    const many = Array.from({ length: 130 }, (_, index) => type(`Many${index}`, 'Many'));
    await deploy(...many);
    const { items, next } = await json<{ items: { id: string }[]; next: string | null }>('history', '--limit', '120');
    expect(new Set(items.map(({ id }) => id)).size).toBe(120);
    expect(next).not.toBeNull();
    const { stdout, stderr } = await cli(
      'history',
      '--limit',
      '2',
      '--status',
      'SUCCESS',
      '--target',
      'optimizely/default',
    );
    expect(stdout).toMatch(
      /^(20\S+Z {2}SUCCESS {2}PUSH {2}optimizely\/default {2}Many\d+ {2}APPLIED {2}tester {2}\S+\n){2}$/,
    );
    expect(stderr).toMatch(/^There are more than these 2 syncs\./);
    const live = await json<{ items: object[] }>('live');
    expect(live.items.length).toBeGreaterThan(130);
    expect(await lines('live')).toHaveLength(live.items.length + 1);
  }, 60_000);

  it('name the environment that is not there', async () => {
    expect(await cli('pull', ...TARGET)).toMatchObject({
      ...{ code: 4, stderr: expect.stringContaining('The platform "optimizely" has no environment "other"') },
    });
  });
});

describe('synctrail import', () => {
  it('takes the definitions of a file as the latest versions', async () => {
    const file = join(folder, 'import.json');
    await writeFile(file, JSON.stringify({ contentTypes: [{ key: 'ByCli' }, { key: 'ByCli2' }], locales: [] }));
    const [first] = await lines('import', file, '--author', 'jane', '--message', 'from a file');
    expect(first).toBe('2 new versions, 0 already the same; ignored: locales');
    const { body } = await service.api('GET', '/content-types/ByCli');
    expect(body).toMatchObject({ author: 'jane', message: 'from a file' });
    expect((await lines('import', '--file', file, '--platform', 'optimizely'))[0]).toMatch(
      /^0 new versions, 2 already/,
    );
    expect(await cli('import', file, '--platform', 'nobody')).toMatchObject({
      ...{ code: 4, stderr: expect.stringContaining('There is no platform "nobody".') },
    });
  }, 60_000);

  it.each<[string, string, RegExp]>([
    ['has a bad entry', '{"contentTypes":[{"key":"OfBadFile"},{}]}', /contentTypes\[1\] must have a "key".*\n$/],
    ['is no JSON', '{"contentTypes":', /not JSON.*\n$/],
  ])('takes nothing from a file that %s, and says why', async (_name, content, message) => {
    const file = join(folder, 'bad.json');
    await writeFile(file, content);
    expect(await cli('import', file)).toMatchObject({ code: 4, stderr: expect.stringMatching(message) });
    expect((await service.api('GET', '/content-types/OfBadFile')).status).toBe(404);
  });

  it('says how it is used when the file is not there', async () => {
    const { code, stderr } = await cli('import', 'nowhere.json');
    expect(code).toBe(64);
    expect(stderr).toMatch(/^error: nowhere\.json cannot be read [^]*\n\nUsage: synctrail import /);
  });
});

describe('a command that gets no good answer', () => {
  it('names the address and the way out when nobody answers there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    expect(await cli('plan', '--url', url)).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: The service at ${url} does not answer (ECONNREFUSED). Start it, or give its address with --url or SYNCTRAIL_URL.\n`,
    });
  });

  it('says so at once of a port that belongs to another protocol', async () => {
    const url = 'http://127.0.0.1:6000';
    expect(await cli('plan', '--url', url)).toMatchObject({
      code: 1,
      stderr: `error: The service at ${url} does not answer (bad port). Start it, or give its address with --url or SYNCTRAIL_URL.\n`,
    });
  });

  it.each<[string, string]>([
    ['no-address', '--url must be an address'],
    ['ftp://127.0.0.1', '--url must be an address'],
    ['http://jane:secret@127.0.0.1', '--url must have no user and no password'],
  ])('takes %s for no address', async (url, message) => {
    const { code, stderr } = await cli('status', '--url', url);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining(message) });
    expect(stderr).not.toContain('secret');
  });

  it.each<[string, number, string, string]>([
    ['another service', 404, '<h1>No</h1>', 'answered with HTTP 404, and not as SyncTrail does'],
    [
      'a service with control characters',
      409,
      '{"code":"X\\u001b[2J","detail":"\\u202eBad\\nline"}',
      'error: \\u202eBad\nline (X\\u001b[2J)\n',
    ],
  ])('says so for %s, and lets nothing command the terminal', async (_what, status, body, message) => {
    const server = createServer((_request, response) => response.writeHead(status).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, stderr } = await cli('status', '--url', `http://127.0.0.1:${port}`);
    server.close();
    expect({ code, stderr }).toEqual({ code: status === 409 ? 4 : 1, stderr: expect.stringContaining(message) });
    // eslint-disable-next-line no-control-regex
    expect(stderr).not.toMatch(/\u001b|\u202e/);
  });
});
