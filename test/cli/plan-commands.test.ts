import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { runCli, startCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';
import type { DeploymentView } from '../support/deployments.ts';
import type { PlanView } from '../support/plans.ts';
import { until } from '../support/until.ts';

let cms: SimulatedCms;
let staging: SimulatedCms;
let production: SimulatedCms;
let database: TestDatabase;
let service: ServiceProcess;
let folder: string;

const STAGING = ['--target', 'optimizely/staging'];
const PRODUCTION = ['--target', 'optimizely/production'];
const text = { type: 'string', displayName: 'A text' };
const type = (key: string, displayName: string, properties: object = { a: text }, more: object = {}) => ({
  ...{ key, displayName, baseType: '_page', properties, ...more },
});
const cli = (...args: string[]) => runCli(args, { SYNCTRAIL_URL: service.url });
/** A command that must end with an exit code; the lines that it printed. */
const lines = async (wanted: number, ...args: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await cli(...args);
  expect({ code, stderr, stdout }).toEqual({ code: wanted, stderr: expect.anything(), stdout: expect.anything() });
  return stdout.trimEnd().split('\n');
};
const refused = async (code: number, ...args: string[]): Promise<string> => {
  const result = await cli(...args);
  expect(result).toEqual({ code, stdout: '', stderr: expect.stringMatching(/^(?:.*\n)*error: /) });
  return result.stderr;
};
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await cli(...args, '--json')).stdout) as T;
const manifest = async (...contentTypes: object[]): Promise<string> => {
  const file = join(folder, 'manifest.json');
  await writeFile(file, JSON.stringify({ contentTypes }));
  return file;
};
const deploy = async (...contentTypes: object[]): Promise<DeploymentView> =>
  json('deploy', '--file', await manifest(...contentTypes), '--wait');
/** Makes a plan of a manifest; its id. */
const plan = async (contentTypes: object[], ...args: string[]): Promise<string> =>
  (await json<PlanView>('plan', '--file', await manifest(...contentTypes), ...args)).id;
const environment = (name: string, url: string) => ({
  [`OPTIMIZELY_CMS_${name}_CLIENT_ID`]: 'demo-client',
  [`OPTIMIZELY_CMS_${name}_CLIENT_SECRET`]: 'demo-secret',
  [`OPTIMIZELY_CMS_${name}_API_URL`]: url,
});
const slow = (delayMs: number) =>
  cms.strike({ kind: 'slow', delayMs, untilReset: true, match: { method: 'POST', path: '/manifest' } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synctrail-cli-plans-'));
  [cms, staging, production] = await Promise.all([startSimulatedCms(), startSimulatedCms(), startSimulatedCms()]);
  database = await createTestDatabase();
  service = await startServiceProcess({
    ...{ DATABASE_URL: database.url, CIRCUIT_FAILURES: '1000', APPROVAL_TARGETS: 'optimizely/production' },
    ...{ ...optimizelyAt(cms.url), ...environment('STAGING', staging.url) },
    ...environment('PRODUCTION', production.url),
  });
});
afterEach(() => cms.strike());
afterAll(async () => {
  await service?.stop();
  await database?.drop();
  for (const one of [cms, staging, production]) await one?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('synctrail plan', () => {
  it('prints what is new, what changes with its impact, how much stays, and the next command', async () => {
    await deploy(type('PlanSame', 'Same'), type('PlanChanged', 'Before'));
    const file = await manifest(
      type('PlanSame', 'Same'),
      type('PlanChanged', 'After', { a: { ...text, type: 'integer' } }),
      type('PlanNew', 'New'),
    );
    const changes = [
      '~  PlanChanged: 2 changes, breaking',
      '     /displayName: modified, cosmetic',
      '     /properties/a/type: modified, breaking',
      '+  PlanNew: new',
    ];
    const printed = await lines(0, 'plan', '--file', file);
    const [, id] = /^Plan (\S+) for/.exec(printed[4]!)!;
    expect(printed).toEqual([
      ...changes,
      `Plan ${id} for optimizely/default: +1 ~1 −0, 1 breaking; 1 unchanged`,
      '  by tester',
      '  Content may be lost. Make the plan again with --force and --reason.',
    ]);
    expect(await lines(0, 'status', id!)).toEqual(printed);
    const forced = await lines(0, 'plan', '--file', file, '--force', '--reason', 'Nobody uses it');
    expect(forced.slice(5)).toEqual([
      '  by tester: Nobody uses it',
      expect.stringMatching(/^ {2}Until 20\S+Z, deploy it with: synctrail deploy --plan \S+ --wait$/),
    ]);
    expect(await json('plan', '--item', 'PlanNew', '--item', 'contentType:PlanSame')).toMatchObject({
      ...{ id: expect.any(String), items: [{ typeKey: 'PlanNew' }, { typeKey: 'PlanSame' }] },
    });
    await refused(4, 'plan', '--item', 'PlanNew', '--force');
  }, 60_000);

  it('reads no target and stores nothing as a dry run', async () => {
    await deploy(type('Dry', 'Before'));
    const { length } = await cms.calls();
    expect(await lines(0, 'plan', '--dry-run', '--file', await manifest(type('Dry', 'After')))).toEqual([
      '~  Dry: 1 change, cosmetic',
      '     /displayName: modified, cosmetic',
      'Plan for optimizely/default: +0 ~1 −0, 0 breaking; 0 unchanged',
    ]);
    expect(await cms.calls()).toHaveLength(length);
    for (const other of [['--force'], ['--rollback-of', 'D-1'], ['--at', '2026-01-01']]) {
      expect(await refused(64, 'plan', '--dry-run', ...other)).toContain("option '--dry-run' cannot be used with");
    }
  }, 60_000);

  it('names who changed an item at the target, and when, and exits with 3 unless a rule expects it', async () => {
    await deploy(type('PlanDrift', 'Ours'), type('PlanCalm', 'Ours'));
    await cms.edit('PlanDrift', 'colleague', { displayName: 'Theirs' });
    const drifted = ['plan', '--item', 'PlanDrift', '--item', 'PlanCalm'];
    const [first, , summary] = await lines(3, ...drifted);
    expect(first).toMatch(/^~ {2}PlanDrift: 1 change, cosmetic; changed at the target by colleague at 20\S+Z$/);
    expect(summary).toMatch(/: \+0 ~1 −0, 0 breaking; 1 unchanged; 1 changed at the target by others$/);
    expect((await lines(3, ...drifted, '--dry-run'))[0]).toBe(first);
    await lines(0, 'plan', '--item', 'PlanCalm');
    const rule = { actor: 'jane', reason: 'tried', typeKey: 'PlanDrift', ignore: [''], until: '2090-01-01' };
    await service.api('POST', '/drift/rules', rule);
    const [expected, , calm] = await lines(0, ...drifted);
    expect(expected).toBe(`${first}, as expected`);
    expect(calm).toMatch(/; 1 unchanged$/);
  }, 60_000);

  it('names missing references, circles, and fields that the platform may ignore', async () => {
    const to = (contentType: string) => ({ c: { type: 'contentReference', allowedTypes: [contentType] } });
    const file = await manifest(
      type('RefersNowhere', 'One', to('Nowhere')),
      type('CircleA', 'A', to('CircleB')),
      type('CircleB', 'B', to('CircleA')),
      type('Surprising', 'S', {}, { surprise: true }),
    );
    const printed = await lines(0, 'plan', '--file', file);
    expect(printed.slice(0, 6)).toEqual([
      '+  CircleA: new; refers to itself in a circle',
      '+  CircleB: new; refers to itself in a circle',
      '+  RefersNowhere: new',
      '     refers to Nowhere, which neither the target nor the plan has',
      '+  Surprising: new',
      'Surprising has fields that the platform may ignore: /surprise',
    ]);
  }, 60_000);

  it('takes its versions from earlier deployments, times, environments and roots', async () => {
    const first = await deploy(type('Sourced', 'First'));
    const at = new Date().toISOString();
    const second = await deploy(type('Sourced', 'Second'));
    const item = ['--item', 'Sourced'];
    for (const source of [
      ['--deployment', first.number],
      ['--rollback-of', second.number],
      ['--at', at, ...item],
    ]) {
      expect((await lines(0, 'plan', ...source)).slice(0, 2)).toEqual([
        '~  Sourced: 1 change, cosmetic',
        '     /displayName: modified, cosmetic',
      ]);
    }
    await deploy(type('Sourced', 'Third'));
    const newer = await lines(0, 'plan', '--rollback-of', second.number);
    expect(newer[0]).toMatch(/; newer state by tester in deployment \S+ of 20\S+Z would be lost$/);
    const [, id] = /deploy --plan (\S+) --include-newer --wait$/.exec(newer.at(-1)!)!;
    expect(await refused(4, 'deploy', '--plan', id!)).toMatch(
      /\(WOULD_LOSE_NEWER\) Here, "includeNewer" is --include-newer\.\n$/,
    );
    await lines(0, 'deploy', '--plan', id!, '--include-newer', '--wait');
    expect((await lines(0, 'plan', ...STAGING, '--from-environment', 'default', ...item))[0]).toBe('+  Sourced: new');
    expect(await refused(4, 'plan', '--root', '0'.repeat(64))).toContain('(CATALOGUE_MOVED)');
    const file = await manifest(type('NotImported', 'Never'));
    expect(await refused(64, 'plan', '--file', file, '--deployment', 'D-1')).toContain('cannot be used with');
    expect((await service.api('GET', '/content-types/NotImported')).status).toBe(404);
  }, 90_000);
});

describe('synctrail approve and refuse', () => {
  it('let another person decide, and nothing is deployed before', async () => {
    const id = await plan([type('Approved', 'One')], ...PRODUCTION, '--reason', 'Spring menu');
    const { length } = await production.calls();
    expect((await lines(4, 'status', id)).slice(-3)).toEqual([
      '  by tester: Spring menu',
      `  Another person approves it with: synctrail approve ${id} --reason TEXT`,
      expect.stringMatching(/^ {2}Until 20\S+Z, deploy it with: synctrail deploy --plan/),
    ]);
    expect(await refused(4, 'deploy', '--plan', id, '--wait')).toContain(
      `(APPROVAL_REQUIRED) Approve it with: synctrail approve ${id}, then deploy it with: synctrail deploy --plan ${id}\n`,
    );
    expect(await refused(4, 'deploy', ...PRODUCTION, '--item', 'Approved')).toContain(
      '(APPROVAL_REQUIRED) Make the plan with: synctrail plan\n',
    );
    expect(await production.calls()).toHaveLength(length);
    expect(await refused(4, 'approve', id, '--reason', 'Fine')).toContain('(APPROVAL_BY_AUTHOR)');
    expect(await lines(0, 'approve', id, '--actor', 'joe', '--reason', 'Fine')).toEqual([
      `APPROVED  Plan ${id} for optimizely/production`,
      '  by tester: Spring menu',
      '  APPROVED by joe: Fine',
      expect.stringMatching(/^ {2}Until 20\S+Z, deploy it with: synctrail deploy --plan \S+ --wait$/),
    ]);
    expect(await refused(4, 'refuse', id, '--actor', 'eve', '--reason', 'No')).toContain('(PLAN_DECIDED)');
    const [first] = await lines(0, 'deploy', '--plan', id, '--wait');
    expect(first).toMatch(/^SUCCESS {2}Deployment D-\d+ to optimizely\/production: 1 of 1 items succeeded$/);
    expect((await lines(0, 'status', id)).at(-1)).toMatch(/^ {2}Deployed: synctrail status \S+$/);
    expect(await refused(4, 'deploy', '--plan', id)).toContain('(PLAN_USED)');
    expect((await cli('approve', id)).code).toBe(64);
  }, 60_000);

  it('refuse for good, and a plan that has expired needs a new one', async () => {
    const id = await plan([type('Refused', 'One')], ...PRODUCTION);
    expect(await lines(0, 'refuse', id, '--reason', 'Too late')).toEqual([
      `REFUSED  Plan ${id} for optimizely/production`,
      '  by tester',
      '  REFUSED by tester: Too late',
    ]);
    expect(await refused(4, 'deploy', '--plan', id)).toContain('(PLAN_REFUSED)');
    await lines(4, 'status', id);

    const old = await plan([type('Refused', 'One')]);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(`update plan set expires_at = now() - interval '1 second' where id = $1`, [old]);
    await client.end();
    expect((await lines(4, 'status', old)).at(-1)).toMatch(/^ {2}Expired at 20\S+Z\. Make a new plan\.$/);
    expect(await refused(4, 'deploy', '--plan', old)).toContain('(PLAN_EXPIRED)');
    const nobody = '01a22b82-c9f0-7000-8e85-b143f2c373fa';
    expect(await refused(4, 'status', nobody)).toBe(`error: There is no deployment and no plan ${nobody}.\n`);
  }, 60_000);
});

describe('synctrail deploy --plan', () => {
  it('sends what changes, and shows plan, labels, actions and verification', async () => {
    await deploy(type('PlannedSame', 'Same'));
    const id = await plan([type('PlannedSame', 'Same'), type('PlannedNew', 'New')], '--reason', 'Spring menu');
    const labels = ['--label', 'commit=4f2a9c1', '--label', 'url=https://ci.example.com/?run=7'];
    const printed = await lines(0, 'deploy', '--plan', id, ...labels, '--wait', '--actor', 'jane');
    const [, number] = /^SUCCESS {2}Deployment (D-\d+) to/.exec(printed[0]!)!;
    expect(printed).toEqual([
      `SUCCESS  Deployment ${number} to optimizely/default: 1 of 1 items succeeded, 1 unchanged`,
      expect.stringMatching(/^ {2}by jane at 20\S+Z, ended at 20\S+Z: Spring menu$/),
      `  plan ${id}`,
      '  labels commit=4f2a9c1, url=https://ci.example.com/?run=7',
      '  1 CREATE, 1 UNCHANGED, 1 VERIFIED',
    ]);
    expect(await lines(0, 'status', number!)).toEqual(printed);
    expect((await service.api('GET', '/deployments?label=commit=4f2a9c1')).body).toMatchObject({ items: [{ number }] });
  }, 60_000);

  it('exits with 3 when the target has moved since, and does then what it is asked for', async () => {
    await deploy(type('Stale', 'First'), type('Stale2', 'First'));
    const id = await plan([type('Stale', 'Second'), type('Stale2', 'Second')]);
    await cms.edit('Stale', 'colleague', { displayName: 'Theirs' });
    expect(await refused(3, 'deploy', '--plan', id, '--wait')).toMatch(
      /"Stale" was changed at the target by "colleague".*\(PLAN_STALE\) Here, "onDrift" is --on-drift\.\n$/,
    );
    const skipped = await lines(2, 'deploy', '--plan', id, '--on-drift', 'skip', '--wait');
    expect(skipped.at(-1)).toBe('  NOT_SENT  Stale: DRIFTED');
    const again = await plan([type('Stale', 'Second')]);
    await cms.edit('Stale', 'colleague', { displayName: 'Theirs again' });
    await lines(0, 'deploy', '--plan', again, '--on-drift', 'overwrite', '--wait');
  }, 60_000);

  it('exits with 3 when the target moves while it waits in the queue', async () => {
    await deploy(type('Waiting', 'First'), type('Before', 'First'));
    const before = await plan([type('Before', 'Second')]);
    const waiting = await plan([type('Waiting', 'Second')]);
    await slow(2_000);
    await lines(0, 'deploy', '--plan', before);
    const [first] = await lines(0, 'deploy', '--plan', waiting);
    expect(first).toMatch(/^QUEUED/);
    await cms.edit('Waiting', 'colleague', { displayName: 'Theirs' });
    await json('pull');
    const ended = await lines(3, 'watch');
    expect(ended[0]).toMatch(/^FAILED/);
    expect(ended).toContainEqual(expect.stringMatching(/^ {2}PLAN_STALE: /));
    await lines(3, 'status');
  }, 60_000);

  it('waits for the end of a freeze, and shows until when', async () => {
    const [running, waiting] = [await plan([type('Runs', 'One')]), await plan([type('Waits', 'One')])];
    await slow(2_000);
    await lines(0, 'deploy', '--plan', running);
    await lines(0, 'deploy', '--plan', waiting);
    const decision = { actor: 'jane', reason: 'Sale' };
    const freeze = { ...decision, platform: 'optimizely', environment: 'default', until: '2090-01-01T00:00:00Z' };
    const { body } = await service.api<{ id: string }>('POST', '/freezes', freeze);
    expect(await lines(0, 'status')).toContain('  waits for the end of a freeze, until 2090-01-01T00:00:00.000Z');
    expect(await refused(4, 'deploy', '--item', 'Runs')).toContain('(TARGET_FROZEN)');
    await service.api('POST', `/freezes/${body.id}/end`, decision);
    expect((await lines(0, 'watch'))[0]).toMatch(/^SUCCESS/);
  }, 60_000);

  it('exits with 3 when the target holds something else afterwards, though the platform took it', async () => {
    const id = await plan([type('Diverged', 'Ours')]);
    await slow(700);
    const { length } = await cms.calls();
    const run = startCli(['deploy', '--plan', id, '--wait'], { SYNCTRAIL_URL: service.url });
    const isSent = async () => (await cms.calls()).slice(length).some(({ method }) => method === 'POST');
    await until('the content type was pushed', isSent);
    await cms.edit('Diverged', 'colleague', { displayName: 'Theirs' });
    const { code, stdout } = await run.ended;
    expect({ code, stdout }).toEqual({ code: 3, stdout: expect.stringMatching(/^SUCCESS/) });
    expect(stdout).toMatch(
      /\n {2}1 CREATE, 1 DIVERGED\n {2}DIVERGED {2}Diverged: sent version [0-9a-f]{12}, but the target holds version [0-9a-f]{12}\n$/,
    );
  }, 60_000);

  it('names every item whose content may be lost', async () => {
    const keys = Array.from({ length: 7 }, (_, index) => `Lossy${index}`);
    await deploy(...keys.map((key) => type(key, 'Lossy', { a: text, b: text })));
    const id = await plan(keys.map((key) => type(key, 'Lossy')));
    const message = await refused(4, 'deploy', '--plan', id, '--wait');
    expect(message).toMatch(
      /"Lossy4" and 2 more\. .* \(FORCE_NEEDED\) Here, "force" is --force\.\n {2}Lossy5\n {2}Lossy6\n$/,
    );
  }, 60_000);

  it.each<[string[], string]>([
    [['--plan', 'x', '--file', 'x.json'], 'cannot be used with'],
    [['--plan', 'x', '--item', 'X'], 'cannot be used with'],
    [['--plan', 'x', '--force'], 'cannot be used with'],
    [['--plan', 'x', '--target', 'shop'], 'cannot be used with'],
    [['--on-drift', 'skip'], '--on-drift and --include-newer need --plan'],
    [['--include-newer'], '--on-drift and --include-newer need --plan'],
    [['--plan', 'x', '--on-drift', 'perhaps'], 'Allowed choices are stop, overwrite, skip'],
    [['--label', 'commit'], 'It must be NAME=VALUE.'],
    [['--label', '=x'], 'It must be NAME=VALUE.'],
  ])('does not understand %j', async (args, message) => {
    expect(await refused(64, 'deploy', ...args)).toContain(message);
  });

  it('leaves labels that the service does not take, and plans that are none, to its answer', async () => {
    expect(await refused(4, 'deploy', '--item', 'PlannedSame', '--label', '9=x')).toContain('labels must have names');
    expect(await refused(4, 'deploy', '--plan', 'nonsense')).toContain('planId must be a UUID');
    expect(await refused(4, 'approve', '../plans', '--reason', 'x')).toContain('id must be a UUID');
  });
});

describe('synctrail promote', () => {
  const promote = (...args: string[]) => ['promote', '--from', 'staging', ...args];

  it('plans and deploys what another environment has', async () => {
    const file = await manifest(type('Promoted', 'Staged'));
    await lines(0, 'deploy', ...STAGING, '--file', file, '--wait');
    const only = await lines(0, ...promote('--item', 'Promoted', '--plan-only'));
    expect(only[0]).toBe('+  Promoted: new');
    const { code, stdout, stderr } = await cli(...promote('--item', 'Promoted', '--wait', '--label', 'ticket=A-1'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^\+ {2}Promoted: new\nPlan /) });
    expect(stdout).toMatch(
      /^SUCCESS {2}Promotion D-\d+ from staging to optimizely\/default: 1 of 1 items[^]*labels ticket=A-1\n/,
    );
    const same = await lines(0, ...promote('--item', 'Promoted', '--wait'));
    expect(same[0]).toMatch(/: 0 of 0 items succeeded, 1 unchanged$/);
  }, 60_000);

  it('sends nothing to a target that needs approval, and exits with 4 and the plan', async () => {
    const { length } = await production.calls();
    const { code, stdout, stderr } = await cli(...promote(...PRODUCTION, '--item', 'Promoted', '--wait'));
    expect({ code, stderr }).toEqual({ code: 4, stderr: 'Nothing was sent: the plan awaits approval.\n' });
    expect((await production.calls()).slice(length).filter(({ method }) => method === 'POST')).toEqual([]);
    const [, id] = /synctrail approve (\S+) --reason/.exec(stdout)!;
    expect(await json(...promote(...PRODUCTION, '--item', 'Promoted'))).toMatchObject({ approval: 'PENDING' });
    await lines(0, 'approve', id!, '--actor', 'joe', '--reason', 'Fine');
    expect((await lines(0, 'deploy', '--plan', id!, '--wait'))[0]).toMatch(
      /^SUCCESS {2}Promotion D-\d+ from staging to/,
    );
  }, 60_000);

  it('does not replace what somebody else changed at the target, and exits with 3 and the plan', async () => {
    await cms.edit('Promoted', 'colleague', { displayName: 'Theirs' });
    const { code, stdout, stderr } = await cli(...promote('--item', 'Promoted', '--wait'));
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(/^Nothing was sent: somebody else/) });
    expect(stdout).toMatch(/^~ {2}Promoted: .*; changed at the target by colleague at/);
    const [, id] = /synctrail deploy --plan (\S+)/.exec(stdout)!;
    await lines(0, 'deploy', '--plan', id!, '--wait');
    expect((await cli('promote')).code).toBe(64);
    await refused(4, 'promote', '--from', 'nowhere');
    const deleting = await json<PlanView>(...promote('--deletes', '--plan-only'));
    expect(deleting.counts.delete).toBeGreaterThan(0);
  }, 60_000);
});

describe('synctrail rollback', () => {
  it('undoes chosen items, with labels', async () => {
    await deploy(type('UndoA', 'First'), type('UndoB', 'First'));
    const { number } = await deploy(type('UndoA', 'Second'), type('UndoB', 'Second'));
    const printed = await lines(
      ...([0, 'rollback', number, '--item', 'contentType:UndoA', '--reason', 'wrong'] as const),
      ...['--label', 'ticket=SHOP-1', '--wait'],
    );
    expect(printed[0]).toMatch(/^SUCCESS {2}Rollback of .*: 1 of 1 items succeeded$/);
    expect(printed).toContain('  labels ticket=SHOP-1');
    expect(await refused(4, 'rollback', number, '--item', 'UndoC', '--reason', 'wrong')).toContain(
      '(NOT_OF_DEPLOYMENT)',
    );
    expect(await refused(64, 'rollback', number, '--item', 'UndoA', '--dry-run')).toContain('cannot be used with');
  }, 60_000);

  it('exits with 4 and names the items when content may be lost, and does it when that is meant', async () => {
    await deploy(type('UndoLossy', 'First', {}));
    const { number } = await deploy(type('UndoLossy', 'First', { a: text }));
    const reason = ['--reason', 'wrong', '--wait'];
    expect(await refused(4, 'rollback', number, ...reason)).toMatch(
      /^error: Content may be lost by the changes of "UndoLossy"\. .*\(FORCE_NEEDED\) Here, "force" is --force\.\n$/,
    );
    await lines(0, 'rollback', number, '--force', ...reason);
  }, 60_000);

  it('deletes what the deployment created, when that is meant', async () => {
    const id = await plan([type('UndoNew', 'New')]);
    const { number } = await json<DeploymentView>('deploy', '--plan', id, '--wait');
    const rollback = ['rollback', number, '--reason', 'wrong', '--wait'];
    expect(await refused(4, ...rollback)).toMatch(/\(NOTHING_TO_ROLL_BACK\) Here, "deletes" is --deletes\.\n$/);
    expect((await lines(0, 'plan', '--rollback-of', number, '--deletes'))[0]).toBe('−  UndoNew: deleted');
    expect(await refused(4, ...rollback, '--deletes')).toContain('(FORCE_NEEDED)');
    expect(await lines(0, ...rollback, '--deletes', '--force')).toContain('  1 DELETE, 1 VERIFIED');
  }, 60_000);
});
