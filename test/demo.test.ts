import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const DEMO = join(import.meta.dirname, '../dist/demo/demo.js');
/**
 * Stops the demo right after it has killed the service, and before the next one has taken the database over. A deployment
 * waits for its next attempt then, with a version that a new CMS must not get first.
 */
const STOPPED_AFTER_KILL = `
  const stop = new AbortController();
  const { Stage } = await import(new URL('stage.js', process.argv[1]));
  const { Progress } = await import(new URL('progress.js', process.argv[1]));
  const stage = new Stage(stop, new Progress());
  const { service, cms } = await stage.set();
  const properties = { weight: { type: 'integer' } };
  const product = { key: 'ProductPage', baseType: '_page', displayName: 'Product', properties };
  await service.importManifest({ contentTypes: [product] }, 'omar', 'Weight in grams');
  await cms.failNextPushes({ kind: 'status', status: 429, calls: 1, headers: { 'retry-after': '30' } });
  const items = [{ kind: 'contentType', typeKey: 'ProductPage' }];
  await service.deploy({ actor: 'omar', reason: 'Weight in grams', items });
  while ((await cms.pushes()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await stage.killService();
  const again = stage.startServiceAgain();
  stop.abort();
  await again.catch(() => undefined);
  await stage.clear();
  process.exit(0);`;

describe('the demo', () => {
  let dataDir: string;
  let running: ChildProcess | undefined;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'synctrail-demo-'));
    // Under root PostgreSQL runs as another user, who must get in.
    await chmod(dataDir, 0o755);
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));
  afterEach(async () => {
    if (running?.exitCode === null && running.kill()) await once(running, 'close');
    const left = await processesLeft();
    if (left.length > 0) throw new Error(`The demo left behind: ${left.join(', ')}`);
  });

  it('shows what succeeded, failed, was refused and tried again; with --once it ends with 0', async () => {
    const demo = start(DEMO, '--once');
    expect(await demo.ended).toEqual([0, null]);
    expectWholeStory(demo.text());
    expect(demo.errors()).toBe('');
  }, 120_000);

  it('ends with 1 and says what was promised when the platform does not do its part', async () => {
    const demo = start(DEMO, '--once');
    const cms = await demo.line(/Optimizely CMS +(http:\S+)/);
    const refusal = { kind: 'status', status: 400, untilReset: true, match: { method: 'POST', path: '/manifest' } };
    const body = JSON.stringify({ faults: [refusal] });
    await fetch(`${cms}/_sandbox/faults`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    expect(await demo.ended).toEqual([1, null]);
    expect(demo.errors()).toMatch(/The demo failed: .*status should be "SUCCESS", but is "FAILED"/);
    expect(demo.text()).not.toContain('The history of this run');
  }, 120_000);

  it.each([
    ['while the service starts', /Optimizely CMS +http/],
    ['while it waits for an attempt', /attempt 1: RATE_LIMITED/],
  ])(
    'stops everything on a signal %s',
    async (_when, line) => {
      const demo = start(DEMO, '--once');
      await demo.line(line);
      expect(await processesLeft()).not.toEqual([]);
      demo.process.kill('SIGTERM');
      expect((await demo.ended)[0]).toBe(143);
    },
    120_000,
  );

  it('stops the database that a killed service has left', async () => {
    const demo = start('--input-type=module', '--eval', STOPPED_AFTER_KILL, pathToFileURL(DEMO).href);
    expect(await demo.ended).toEqual([0, null]);
  }, 120_000);

  it('does so on the data of runs that were stopped, and stays up until Ctrl-C', async () => {
    const demo = start(DEMO);
    await demo.line(/Everything stays up until Ctrl-C/);
    expect(demo.text()).toMatch(/Deployments of an earlier run +1 cancelled/);
    expectWholeStory(demo.text());
    expect((await fetch(/API +(http:\S+)/.exec(demo.text())![1]!)).status).toBe(200);
    demo.process.kill('SIGINT');
    expect(await demo.ended).toEqual([0, null]);
  }, 120_000);

  function start(...args: string[]) {
    const env = { ...process.env, DATA_DIR: dataDir, PORT: '0', DATABASE_URL: 'postgres://127.0.0.1:1/not-ours' };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    running = child;
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (said.out += String(chunk)));
    child.stderr.on('data', (chunk) => (said.err += String(chunk)));
    const lines = createInterface(child.stdout);
    return {
      process: child,
      ended: once(child, 'close'),
      text: () => said.out,
      errors: () => said.err,
      /** The first group of the first line like this, once it has come. */
      line: (like: RegExp) =>
        new Promise<string | undefined>((resolve, reject) => {
          lines.on('line', (line) => like.test(line) && resolve(like.exec(line)![1]));
          child.once('close', () => reject(new Error(`No line like ${like.source} in:\n${said.out}${said.err}`)));
        }),
    };
  }

  /** Whatever names the data directory in its command line or environment: each process of the demo does. */
  async function processesLeft(): Promise<string[]> {
    const pidFile = join(dataDir, 'demo/postgres/data/postmaster.pid');
    const found = existsSync(pidFile) ? ['postgres'] : [];
    for (const pid of existsSync('/proc/self/environ') ? await readdir('/proc') : []) {
      const told = await Promise.all(
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
      );
      if (told.some((text) => text.includes(dataDir))) found.push(`${pid} ${told[0]!.replaceAll('\0', ' ')}`);
    }
    return found;
  }
});

function expectWholeStory(text: string): void {
  const table = text.slice(text.indexOf('The history of this run'));
  expect(table).toContain(' 172 syncs: 169 ✔ SUCCESS, 3 ✖ FAILED');
  expect(table).toContain(' 16 calls: 14 ✔ SUCCESS, 1 ◐ PARTIAL, 1 ✖ FAILED');
  expect(table).toMatch(/PUSH {2}Deployment …\w{8} +◐ PARTIAL +1 +omar/);
  expect(table).toMatch(/ProductPage \(contentType\) +✖ FAILED +[0-9a-f]{7} +DATA_LOSS_REFUSED/);
  expect(table).toMatch(/PUSH {2}Deployment …\w{8}, forced +✔ SUCCESS/);
  expect(table).toMatch(/✔ SUCCESS +2 +nightly\n.*\n +attempt 1: 429 RATE_LIMITED, next after 3\.0 s/);
  expect(table).toMatch(/✔ SUCCESS +3 +omar\n.*\n +attempt 1: 502 UNAVAILABLE/);
  expect(table).toMatch(/✖ FAILED +3 +ingrid\n(.*\n){3} +attempt 3: 503 UNAVAILABLE, given up/);
  expect(table).toMatch(/ArticlePage \(contentType\) +✔ SUCCESS +[0-9a-f]{7} +different/);
  expect(table).toMatch(/PhotoGallery \(contentType\) +✔ SUCCESS +[0-9a-f]{7} +read back/);
  expect(table).toMatch(/PhotoGallery \(contentType\) +✔ SUCCESS +missing/);
  expect(text).toMatch(/Adopt one edit +StorePage is version \d+/);
  expect(table).toMatch(/PUSH {2}Rollback …\w{8} of …\w{8}, forced +✔ SUCCESS/);
  expect(text).toMatch(/Plan: what would change\? +\+1 ~2 −0, 0 breaking: ~AuthorPage ~OpeningHours \+PhotoGallery/);
  expect(text).toMatch(/PLAN_STALE: AuthorPage was changed by marketing; nothing was sent/);
  expect(text).toMatch(/overwrites drift +✔ SUCCESS {2}3 of 3, each VERIFIED/);
  expect(text).toMatch(/Promote staging to default +\+25 ~0 −0, 0 breaking; APPROVAL_REQUIRED/);
  expect(text).toMatch(/A second person approves +APPROVED by omar/);
  expect(text).toMatch(/Deploy the promotion +✔ SUCCESS {2}25 of 25, each VERIFIED/);
  expect(text).toMatch(/Compare default with staging +25 the same, no difference/);
  expect(text).toMatch(/goes on +✔ SUCCESS {2}2 of 2, read back from the CMS, each VERIFIED, sent once/);
  expect(table).toMatch(/PUSH {2}Promotion …\w{8} of staging to default +✔ SUCCESS +1 +ingrid/);
  expect(table).toMatch(/QuoteBlock \(contentType\) +✔ SUCCESS +[0-9a-f]{7} +read back/);
  expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(text).not.toContain('\u001b');
}
