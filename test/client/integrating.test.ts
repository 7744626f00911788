import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'docs/integrating.md');
const DOCUMENTED = 'http://127.0.0.1:3000';
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/;
const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/;
const ALL_IDS = new RegExp(ID.source, 'g');
const VARIABLE = new RegExp(`(…|${ID.source}|${TIME.source})`);
const COMPILER = {
  ...{ module: 'nodenext', target: 'es2023', outDir: 'dist', rootDir: 'src', types: ['node'] },
  ...{ strict: true, noUncheckedIndexedAccess: true, skipLibCheck: true },
};

describe('the examples of docs/integrating.md', () => {
  let page: string;
  let folder: string;
  let cms: SimulatedCms;
  let database: TestDatabase;
  let service: ServiceProcess;

  beforeAll(async () => {
    page = await readFile(PAGE, 'utf8');
    folder = await mkdtemp(join(tmpdir(), 'synctrail-integrating-'));
  });
  beforeEach(async () => {
    cms = await startSimulatedCms();
    database = await createTestDatabase();
    service = await startServiceProcess({ DATABASE_URL: database.url, ...optimizelyAt(cms.url) });
  });
  afterEach(async () => {
    await service?.stop();
    await database?.drop();
    await cms?.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('compile strictly, and print with the typed client what the page says', async () => {
    await mkdir(join(folder, 'src'));
    await mkdir(join(folder, 'node_modules/@types'), { recursive: true });
    await symlink(ROOT, join(folder, 'node_modules/synctrail'));
    await symlink(join(ROOT, 'node_modules/@types/node'), join(folder, 'node_modules/@types/node'));
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER }));
    await writeFile(join(folder, 'src/main.ts'), blocksOf(page, 'ts').join('\n'));
    await run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc')], { cwd: folder }).catch(
      ({ stdout }: { stdout: string }) => {
        throw new Error(stdout);
      },
    );
    const env = { ...process.env, SYNCTRAIL_URL: service.url };
    const { stdout } = await run(process.execPath, ['dist/main.js'], { cwd: folder, env });
    const expected = blocksOf(page, 'text').join('').trimEnd().split('\n');
    const printed = stdout.trimEnd().split('\n');
    expect(printed).toEqual(expected.map((line) => expect.stringMatching(patternOf(line))));
  }, 60_000);

  it('answer to curl what the page says', async () => {
    const [variables] = blocksOf(page, 'sh');
    /** The ids of the page, and those of this service. */
    const ids = new Map<string, string>();
    for (const { command, answer } of blocksOf(page, 'console').flatMap(commandsIn)) {
      const actual = command.replaceAll(ALL_IDS, (id) => ids.get(id) ?? id);
      const script = `${variables!.replace(DOCUMENTED, service.url)}\n${actual}`;
      const { stdout } = await run('bash', ['-c', script]);
      const pattern = patternOf(answer, ids);
      const [, ...found] = pattern.exec(stdout.trim()) ?? [];
      expect([command, stdout.trim()]).toEqual([command, expect.stringMatching(pattern)]);
      newIdsIn(answer, ids).forEach((id, index) => ids.set(id, found[index]!));
    }
    expect(ids.size).toBeGreaterThan(0);
  }, 60_000);
});

function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code!);
}

/** Commands begin with a dollar, and end with their last quotation mark; the rest up to the next one is the answer. */
function commandsIn(block: string): { command: string; answer: string }[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const lines = text.trimEnd().split('\n');
      let count = 1;
      const isOpen = (command: string) => command.endsWith('\\') || command.split(`'`).length % 2 === 0;
      while (isOpen(lines.slice(0, count).join('\n'))) count += 1;
      // The page breaks an answer where it is too long for a line.
      const answer = lines.slice(count).map((line) => line.trim());
      return { command: lines.slice(0, count).join('\n'), answer: answer.join('') };
    });
}

/** What is left out may be anything, each time is one, and an id that the page has not named before is captured. */
function patternOf(text: string, ids = new Map<string, string>()): RegExp {
  const named = new Set<string>();
  const parts = text.split(VARIABLE).map((part) => {
    if (part === '…') return '[^]*?';
    if (TIME.test(part)) return TIME.source;
    if (!ID.test(part)) return part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    const isNew = !ids.has(part) && !named.has(part);
    named.add(part);
    return isNew ? `(${ID.source})` : (ids.get(part) ?? ID.source);
  });
  return new RegExp(`^${parts.join('')}$`);
}

function newIdsIn(text: string, ids: Map<string, string>): string[] {
  return [...new Set(text.match(ALL_IDS))].filter((id) => !ids.has(id));
}
