import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installProgram, writeScript } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const ROOT = join(import.meta.dirname, '../..');
const text = { type: 'string', displayName: 'A text' };
/** The push, and not the pull of a plan. */
const REFUSED = { method: 'POST', path: '/manifest' };

interface StepResult {
  code: number;
  output: string;
}

let cms: SimulatedCms;
let database: TestDatabase;
let service: ServiceProcess;
let folder: string;
let steps: Map<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synctrail-ci-'));
  cms = await startSimulatedCms();
  database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, APPROVAL_TARGETS: 'optimizely/default' };
  service = await startServiceProcess({ ...env, ...optimizelyAt(cms.url) });
  steps = stepsOf(await readFile(join(ROOT, 'docs/ci.md'), 'utf8'));
  await installProgram(folder);
  await writeScript(
    folder,
    'gh',
    `echo "$@" > gh-arguments
if [ "$1" = pr ]; then cp comment.md gh-comment
else echo '[{ "state": "rejected", "user": { "login": "eve" } }, { "state": "approved", "user": { "login": "'$REVIEWER'" } }]'
fi`,
  );
});
afterAll(async () => {
  await service?.stop();
  await database?.drop();
  await cms?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the example of docs/ci.md', () => {
  it('has no text of others in its shell steps', () => {
    expect([...steps.keys()]).toEqual(['Install', 'Comment', 'Plan', 'Approve', 'Deploy']);
    expect(steps.get('Install')).toMatch(/^npm install --global .*"\$SYNCTRAIL_PACKAGE"$/);
    expect([...steps.values()].filter((script) => script.includes('${{'))).toEqual([]);
  });

  it('comments, plans, has the plan approved, deploys, and notices what breaks', async () => {
    await manifest({ Article: 'First', Page: 'First' });
    expect(await step('Comment', { PULL_REQUEST: '7', GH_TOKEN: 'token' })).toMatchObject({ code: 0 });
    expect(await readFile(join(folder, 'gh-arguments'), 'utf8')).toBe('pr comment 7 --body-file comment.md\n');
    expect(await comment()).toEqual([
      'Plan of this pull request:',
      '```',
      '2 new versions, 0 already the same',
      '+  Article: new',
      '+  Page: new',
      'Plan for optimizely/default: +2 ~0 −0, 0 breaking; 0 unchanged',
      '```',
    ]);
    expect((await service.api('GET', '/plans')).body).toMatchObject({ items: [] });
    const first = await plan();
    expect(first).toEqual({ plan: expect.any(String), approval: 'PENDING' });
    expect(await summary()).toMatch(/^```\n\+ {2}Article: new\n[^]* synctrail approve \S+ --reason TEXT\n/);
    expect((await deploy(first)).code).toBe(4);
    expect((await approve(first, 'jane')).code).toBe(4);
    expect(await approve(first)).toEqual({
      code: 0,
      output: expect.stringMatching(/ APPROVED by joe: Approved in run 9/),
    });
    expect(await readFile(join(folder, 'gh-arguments'), 'utf8')).toBe('api repos/acme/shop/actions/runs/9/approvals\n');
    expect(await deploy(first)).toEqual({ code: 0, output: expect.stringMatching(/^SUCCESS .* 2 of 2 items/) });
    expect((await service.api('GET', '/deployments?label=commit=c0ffee&label=run=9')).body).toMatchObject({
      items: [{ status: 'SUCCESS', planId: first.plan }],
    });
    expect(await plan()).toMatchObject({ approval: 'NOT_NEEDED' });

    await manifest({ Article: 'Refused', Page: 'First' });
    await cms.strike({ kind: 'status', status: 422, call: 1, calls: 1, match: REFUSED });
    expect(await merge()).toEqual({ code: 1, output: expect.stringMatching(/^FAILED [^]*FAILED {2}Article: /) });
    await manifest({ Article: 'Second', Page: 'First' }, { Page: { a: text, b: { type: 'array' } } }, 'In part');
    expect(await merge()).toEqual({ code: 2, output: expect.stringMatching(/^PARTIAL [^]*FAILED {2}Page: REFUSED: /) });
    await manifest({ Article: 'Second', Page: 'First' }, { Page: {} });
    expect((await merge()).code).toBe(4);
  }, 120_000);

  it('rolls back what a reviewer approves, also what may lose data when that is meant', async () => {
    await manifest({ Article: 'Second', Page: 'First' }, { Article: { a: text, b: text } });
    const [, added] = /Deployment (D-\d+) to/.exec((await merge()).output)!;
    const rollback = { DEPLOYMENT: added!, REASON: 'It broke the "start page"; $HOME' };
    const lossy = await plan(rollback);
    await approve(lossy);
    expect((await deploy(lossy)).code).toBe(4);
    const meant = await plan({ ...rollback, FORCE: '--force' });
    await approve(meant);
    expect(await deploy(meant)).toEqual({ code: 0, output: expect.stringMatching(/^SUCCESS {2}Rollback of/) });
    expect(await step('Plan', { ...OUTPUTS(), ...rollback, DEPLOYMENT: 'D-999' })).toMatchObject({ code: 4 });
  }, 120_000);

  it('shows the change of a colleague, and does not deploy over it', async () => {
    await manifest({ Article: 'Third', Page: 'First' }, { Article: { a: text } });
    const stale = await plan();
    await cms.edit('Article', 'colleague', { displayName: 'Theirs' });
    await approve(stale);
    expect(await deploy(stale)).toEqual({ code: 3, output: '' });
    expect((await step('Comment', { PULL_REQUEST: '8', GH_TOKEN: 'token' })).code).toBe(3);
    const changed = /^~ {2}Article: 1 change, cosmetic; changed at the target by colleague at 20\S+Z$/m;
    expect((await comment()).join('\n')).toMatch(changed);
    const reviewed = await plan();
    expect(await summary()).toMatch(changed);
    await approve(reviewed);
    expect((await deploy(reviewed)).code).toBe(0);

    await manifest({ '': 'No key' });
    expect((await step('Comment', { PULL_REQUEST: '9', GH_TOKEN: 'token' })).code).toBe(4);
    expect((await comment())[2]).toMatch(/^error: .* \(INVALID_DEFINITION\)$/);
    expect((await step('Plan', OUTPUTS())).code).toBe(4);
    await service.stop();
    expect((await step('Plan', OUTPUTS())).code).toBe(1);
    expect((await deploy(reviewed)).code).toBe(1);
  }, 120_000);
});

interface PlanOutputs {
  plan: string;
  approval: string;
}

const OUTPUTS = () => ({
  ...{ GITHUB_OUTPUT: join(folder, 'outputs'), GITHUB_STEP_SUMMARY: join(folder, 'summary') },
  ...{ GITHUB_SHA: 'c0ffee', GITHUB_RUN_ID: '9', GITHUB_REPOSITORY: 'acme/shop' },
});
const approve = ({ plan: PLAN }: PlanOutputs, REVIEWER = 'joe') =>
  step('Approve', { ...OUTPUTS(), PLAN, REVIEWER, GH_TOKEN: 'token' });
const deploy = ({ plan: PLAN }: PlanOutputs) => step('Deploy', { ...OUTPUTS(), PLAN });
const comment = async () => (await readFile(join(folder, 'gh-comment'), 'utf8')).trimEnd().split('\n');
const summary = () => readFile(join(folder, 'summary'), 'utf8');

/** Runs the step of the plan, and reads its outputs. */
async function plan(env: NodeJS.ProcessEnv = {}): Promise<PlanOutputs> {
  for (const name of ['outputs', 'summary']) await rm(join(folder, name), { force: true });
  expect(await step('Plan', { ...OUTPUTS(), ...env })).toEqual({ code: 0, output: '' });
  const lines = (await readFile(join(folder, 'outputs'), 'utf8')).trimEnd().split('\n');
  return Object.fromEntries(lines.map((line) => line.split('='))) as PlanOutputs;
}

/** All steps after a merge. */
async function merge(): Promise<StepResult> {
  const planned = await plan();
  await approve(planned);
  return deploy(planned);
}

/** Content types by key with their names, each with a property `a` unless others are given, and a property group. */
async function manifest(
  names: Record<string, string>,
  properties: Record<string, object> = {},
  group?: string,
): Promise<void> {
  const contentTypes = Object.entries(names).map(([key, displayName]) => {
    return { key, displayName, baseType: '_page', properties: properties[key] ?? { a: text } };
  });
  const groups = group === undefined ? {} : { propertyGroups: [{ key: 'Group', displayName: group }] };
  await writeFile(join(folder, 'content-types.json'), JSON.stringify({ contentTypes, ...groups }));
}

/** Runs a step as the runner does. */
function step(name: string, env: NodeJS.ProcessEnv): Promise<StepResult> {
  const target = { SYNCTRAIL_URL: service.url, SYNCTRAIL_TARGET: 'optimizely/default' };
  const path = `${folder}:${process.env.PATH}`;
  return new Promise((resolve) => {
    const options = { cwd: folder, env: { PATH: path, GITHUB_ACTOR: 'jane', ...target, ...env } };
    execFile('bash', ['-e', '-c', steps.get(name)!], options, (error, stdout) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout });
    });
  });
}

/** The scripts of the workflow by the names of their steps; equal steps of several jobs are one. */
function stepsOf(page: string): Map<string, string> {
  const [, , workflow] = /^(`{3,})yaml\n([\s\S]*?)^\1$/m.exec(page)!;
  const found = workflow!.split(/^ {6}- /m).flatMap((part): [string, string][] => {
    const [, name] = /^name: (.+)$/m.exec(part) ?? [];
    const [, line, block] = /^ {8}run: (?:\|\n((?: {10}.*\n|\n)+)|(.+)$)/m.exec(part) ?? [];
    const script = (line ?? block)?.replaceAll(/^ {10}/gm, '');
    return name !== undefined && script !== undefined ? [[name, script]] : [];
  });
  return new Map(found);
}
