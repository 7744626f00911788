import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Sandbox, startSandbox } from '../../src/optimizely/sandbox/sandbox.ts';

const ROOT = join(import.meta.dirname, '../..');
const CLI = join(ROOT, 'node_modules/.bin/optimizely-cms-cli');
const MODELS = join(ROOT, 'test/fixtures/official-cli');

interface Run {
  exitCode: number;
  stdout: string;
  stderr: string;
}

let sandbox: Sandbox;
let home: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  home = await mkdtemp(join(tmpdir(), 'official-cli-'));
});

afterAll(async () => {
  await sandbox.close();
  await rm(home, { recursive: true });
});

describe('the official CLI against the sandbox', () => {
  it('logs in, and is refused with wrong credentials', async () => {
    expect(await run(['login'])).toMatchObject({ exitCode: 0 });
    const refused = await run(['login'], { OPTIMIZELY_CMS_CLIENT_SECRET: 'wrong' });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout + refused.stderr).toMatch(/credentials/i);
  });

  it('pushes a model and pulls it back', async () => {
    const pushed = await run(['config', 'push', 'bakery.config.js']);
    expect(pushed.stdout).toContain("Content type 'Bread' was created.");
    expect(pushed.stdout).toContain("Display template 'AllergenBadge' was created.");
    expect(pushed).toMatchObject({ exitCode: 0 });

    const { contentTypes, propertyGroups, displayTemplates } = await pull();
    expect(propertyGroups).toEqual([{ key: 'bakery', displayName: 'Bakery', sortOrder: 3 }]);
    expect(displayTemplates).toMatchObject([{ key: 'AllergenBadge', contentType: 'Allergen' }]);
    expect(contentTypes.map(({ key }) => key).sort()).toEqual(['Allergen', 'Bakery', 'Bread', 'Priced']);
    expect(contentTypes.find(({ key }) => key === 'Bread')).toMatchObject({
      isContract: false,
      contracts: ['Priced'],
      properties: {
        name: { type: 'string', isRequired: true, isLocalized: true, group: 'bakery' },
        goesWith: { items: { allowedTypes: ['Bread'] } },
        links: { format: 'LinkCollection' },
      },
    });
  });

  it('is refused a breaking change, and forces it', async () => {
    const refused = await run(['config', 'push', 'retyped-bread.config.js']);
    expect(refused.stdout).toContain("The changes to 'Bread' are considered breaking");
    expect(refused).toMatchObject({ exitCode: 1 });
    expect(await typeOfWeight()).toBe('integer');

    expect(await run(['config', 'push', 'retyped-bread.config.js', '--force'])).toMatchObject({ exitCode: 0 });
    expect(await typeOfWeight()).toBe('string');
  });

  it('deletes a type once there is no content of it', async () => {
    await setInstances('Bakery', 1);
    expect((await run(['content', 'delete', 'Bakery'], {}, 'y\n')).stderr).toContain('Content type is in use');
    await setInstances('Bakery', 0);
    expect(await run(['content', 'delete', 'Bakery'], {}, 'y\n')).toMatchObject({ exitCode: 0 });
    expect((await run(['content', 'delete', 'Bakery'], {}, 'y\n')).stderr).toContain('not found');
  });
});

interface PulledManifest {
  contentTypes: { key: string; properties: Record<string, { type: string }> }[];
  propertyGroups: object[];
  displayTemplates: object[];
}

async function pull(): Promise<PulledManifest> {
  const { stdout, stderr, exitCode } = await run(['config', 'pull', '--json']);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return JSON.parse(stdout);
}

async function typeOfWeight(): Promise<string | undefined> {
  const { contentTypes } = await pull();
  return contentTypes.find(({ key }) => key === 'Bread')?.properties['weight']?.type;
}

async function setInstances(key: string, count: number): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ count });
  expect((await fetch(`${sandbox.url}/_sandbox/content-instances/${key}`, { method: 'PUT', headers, body })).ok).toBe(
    true,
  );
}

/** Under the node of this process, with a home of its own: the CLI keeps settings there. */
function run(args: string[], env: Record<string, string> = {}, stdin = ''): Promise<Run> {
  return new Promise((resolve) => {
    const options = {
      cwd: MODELS,
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        XDG_CONFIG_HOME: home,
        TMPDIR: home,
        NO_COLOR: '1',
        OPTIMIZELY_CMS_API_URL: sandbox.url,
        OPTIMIZELY_CMS_CLIENT_ID: 'demo-client',
        OPTIMIZELY_CMS_CLIENT_SECRET: 'demo-secret',
        ...env,
      },
    };
    const child = execFile(process.execPath, [CLI, ...args], options, (_error, stdout, stderr) => {
      resolve({ exitCode: child.exitCode ?? -1, stdout, stderr });
    });
    child.stdin?.end(stdin);
  });
}
