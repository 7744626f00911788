import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

interface Sbom {
  bomFormat: string;
  metadata: { component: { name: string } };
  components: { name: string; version: string; licenses?: object[] }[];
}

let folder: string;
let file: string;
let sbom: Sbom;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'synctrail-licenses-'));
  file = join(folder, 'sbom.json');
  const { stdout } = await run(process.execPath, ['scripts/sbom.js'], { maxBuffer: 64 * 1024 * 1024 });
  sbom = JSON.parse(stdout) as Sbom;
});
afterAll(() => rm(folder, { recursive: true }));

describe('the bill of materials', () => {
  it('has the dependencies, the frameworks and what the dashboard is built of, and no tool', () => {
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'synctrail' } } });
    const names = new Set(sbom.components.map(({ name }) => name));
    const ours = ['openapi-fetch', 'fastify', '@nestjs/core', '@mikro-orm/postgresql', 'react-dom', '@mantine/core'];
    expect(ours.filter((name) => !names.has(name))).toEqual([]);
    expect(['jest', 'typescript', 'vite', 'openapi-typescript'].filter((name) => names.has(name))).toEqual([]);
  });
});

describe('the licences', () => {
  it('are all allowed, and listed with their packages', async () => {
    await writeFile(file, JSON.stringify(sbom));
    const { stdout } = await licences();
    expect(stdout).toMatch(/^MIT \(\d+\): .*\bopenapi-fetch@0\.17\.0\b/m);
  });

  it.each([
    ['GPL-3.0-only', [{ license: { id: 'GPL-3.0-only' } }]],
    ['GPL-3.0-only AND (MIT OR ISC)', [{ expression: 'GPL-3.0-only AND (MIT OR ISC)' }]],
    ['MIT AND Ours', [{ license: { id: 'MIT' } }, { license: { name: 'Ours' } }]],
    ['No licence', undefined],
  ])('are refused by name when a package has: %s', async (licence, licenses) => {
    const components = [...sbom.components, { name: 'left', version: '1.2.3', licenses }];
    await writeFile(file, JSON.stringify({ components }));
    await expect(licences()).rejects.toMatchObject({
      code: 1,
      stderr: `${licence} is not allowed: replace left@1.2.3, or add the licence to scripts/licenses.js.\n`,
    });
  });

  it('are allowed when one of their alternatives is', async () => {
    const components = [{ name: 'left', version: '1.2.3', licenses: [{ expression: '(GPL-2.0-only OR MIT)' }] }];
    await writeFile(file, JSON.stringify({ components }));
    expect((await licences()).stderr).toBe('');
  });
});

function licences(): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, ['scripts/licenses.js', file]);
}
