import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
/** What the page installs beside the package. */
const INSTALLED = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs', 'typescript', '@types/node'];
const TSCONFIG = {
  compilerOptions: {
    ...{ module: 'nodenext', target: 'es2023', outDir: 'dist', rootDir: 'src', strict: true, skipLibCheck: true },
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true, types: ['node'] },
  },
};

interface Manifest {
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

describe('the package, in an application of its own', () => {
  let folder: string;
  let database: TestDatabase;
  let shop: Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synctrail-app-'));
    database = await createTestDatabase({ empty: true });
    shop = createServer(unwillingAtFirst()).listen(0, '127.0.0.1');
    await once(shop, 'listening');
  });
  afterAll(async () => {
    shop?.close();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('does what docs/embedding.md says: compiles, records the attempt that failed, and pushes', async () => {
    await install(folder);
    const page = await readFile(join(ROOT, 'docs/embedding.md'), 'utf8');
    const blocks = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
    await mkdir(join(folder, 'src'));
    for (const [file, mark] of [
      ['shop.adapter.ts', 'class ShopAdapter'],
      ['main.ts', 'class ShopModule'],
    ] as const) {
      await writeFile(
        join(folder, 'src', file),
        blocks.find((code) => code.includes(mark))!,
      );
    }
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    await run(process.execPath, [join(folder, 'node_modules/typescript/bin/tsc')], { cwd: folder }).catch(
      ({ stdout }: { stdout: string }) => {
        throw new Error(stdout);
      },
    );
    const { port } = shop.address() as AddressInfo;
    const env = {
      ...process.env,
      DATABASE_URL: database.url,
      SHOP_URL: `http://127.0.0.1:${port}`,
      SHOP_TOKEN: 'token',
    };
    const { stdout } = await run(process.execPath, ['dist/main.js'], { cwd: folder, env });
    const lines = stdout.split('\n').map((line) => line.trim());
    expect(lines[0]).toBe('Product PUSH SUCCESS attempt 2');
    expect(lines.slice(1, 4).map((line) => line.split(' ')[0])).toEqual([
      'sync.recorded',
      'attempt.failed',
      'sync.succeeded',
    ]);
    expect(lines[2]).toContain('The shop answered POST /schemas with 503.');
  }, 120_000);
});

/** What `npm pack` packs, with what its manifest and the page name, and nothing else of ours. */
async function install(folder: string): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const target = join(folder, 'node_modules/synctrail');
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
  expect(await readdir(target)).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'docs', 'package.json']),
  );
  const { dependencies, peerDependencies } = JSON.parse(
    await readFile(join(target, 'package.json'), 'utf8'),
  ) as Manifest;
  for (const name of new Set([...INSTALLED, ...Object.keys(dependencies), ...Object.keys(peerDependencies)])) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), link);
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'shop', private: true, type: 'module' }));
}

/** A shop that is closed for the first request, and takes every schema of later ones. */
function unwillingAtFirst(): Parameters<typeof createServer>[1] {
  let requests = 0;
  return (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      requests += 1;
      response.statusCode = requests === 1 ? 503 : 200;
      response.end(JSON.stringify({ accepted: Object.keys(text === '' ? {} : (JSON.parse(text) as object)) }));
    });
  };
}
