import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deploy } from './support/deployments.ts';
import { type SimulatedCms, startSimulatedCms } from './support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from './support/test-app.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');

let cms: SimulatedCms;
let service: TestApp;

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
  for (const key of ['Article', 'Page']) {
    const definition = { key, baseType: '_component', displayName: key };
    await service.api('PUT', `/content-types/${key}?author=jane`, definition);
  }
  await deploy(service.api, { items: [{ typeKey: 'Article' }, { typeKey: 'Page' }] });
  await cms.edit('Article', 'colleague', { displayName: 'Theirs' });
  const rule = { actor: 'jane', reason: 'tried', typeKey: 'Page', ignore: [''], until: '2090-01-01' };
  await service.api('POST', '/drift/rules', rule);
  await fetch(`${cms.url}/_sandbox/content-types/Page`, { method: 'DELETE' });
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

const cli = async (...args: string[]) => {
  const env = { PATH: process.env.PATH, ...optimizelyAt(cms.url), DATABASE_URL: service.databaseUrl };
  const { stdout } = await run(process.execPath, ['dist/src/cli.js', ...args], { cwd: ROOT, env });
  return stdout.trimEnd().split('\n');
};

describe('the command line', () => {
  it('pulls, tells what stands at a target, and compares', async () => {
    const before = new Date().toISOString();
    expect(await cli('pull', '--actor', 'joe', '--reason', 'Look for edits')).toEqual([
      'different  Article',
      'missing  Page, as expected',
      '2 items of optimizely "default": 2 differ, 1 of them as expected',
    ]);
    const { body } = await service.api('GET', '/sync/history?typeKey=*&limit=1');
    expect(body).toMatchObject({ items: [{ trigger: 'CLI', actor: 'joe', reason: 'Look for edits' }] });

    const [article, page, summary] = await cli('live');
    expect(article).toMatch(/^PRESENT {2}Article {2}version 2, since 20\S+Z, evidence OBSERVED, drift$/);
    expect(page).toMatch(/^ABSENT {2}Page, since 20\S+Z, evidence OBSERVED, drift, as expected$/);
    expect(summary).toMatch(/^2 items of optimizely "default", root [0-9a-f]{64}$/);
    expect((await cli('live', '--at', before))[1]).toMatch(/^PRESENT {2}Page {2}version 1/);
    const exported = JSON.parse((await cli('live', '--export')).join('\n')) as { contentTypes: object[] };
    expect(exported.contentTypes).toMatchObject([{ key: 'Article', displayName: 'Theirs' }]);

    expect(await cli('compare', '--catalogue')).toEqual([
      'different  Article: 1 change, cosmetic',
      'only-there  Page',
      '0 the same, 1 different, 0 only here, 1 only there, 0 unknown',
    ]);
    expect(JSON.parse((await cli('compare', '--at', before, '--json'))[0]!)).toMatchObject({ different: 1 });
  }, 60_000);

  it.each<[string[], string]>([
    [['live', '--at', 'yesterday'], '--at must be a time in ISO 8601'],
    [['pull', '--environment', 'moon'], 'The platform "optimizely" has no environment "moon"'],
  ])('refuses %j', async (args, message) => {
    await expect(cli(...args)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
  });
});
