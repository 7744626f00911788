import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { startTestApp, type TestApp } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
/** What every application in TypeScript has. */
const TOOLS = ['typescript', '@types/node'];
const TSCONFIG = {
  compilerOptions: {
    ...{ module: 'nodenext', target: 'es2023', outDir: 'dist', rootDir: 'src', strict: true, skipLibCheck: true },
    ...{ experimentalDecorators: true, emitDecoratorMetadata: true, types: ['node'] },
  },
};

interface Manifest {
  version: string;
  private?: boolean;
  exports: Record<string, { types: string; default: string }>;
  bin: { synctrail: string };
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
  peerDependenciesMeta: Record<string, { optional: boolean }>;
}

describe('the package, in an application of its own', () => {
  let folder: string;
  let database: TestDatabase;
  let shop: Server;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synctrail-app-'));
    await install(folder, ['dependencies', 'peerDependencies']);
    database = await createTestDatabase({ empty: true });
    shop = createServer(unwillingAtFirst()).listen(0, '127.0.0.1');
    await once(shop, 'listening');
  });
  afterAll(async () => {
    shop?.close();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('brings the command line, which runs with plain node', async () => {
    const { bin, version } = await manifestIn(folder);
    const program = join(folder, 'node_modules/synctrail', bin.synctrail);
    expect(await readFile(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    expect(await run(process.execPath, [program, '--version'])).toEqual({ stdout: `${version}\n`, stderr: '' });
  });

  it('does what docs/embedding.md says: compiles, records the attempt that failed, and pushes', async () => {
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
    await compile(folder);
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

describe('the package, in a program that uses the typed client', () => {
  let folder: string;
  let service: TestApp;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synctrail-client-'));
    await install(folder, ['dependencies']);
    await mkdir(join(folder, 'src'));
    const page = await readFile(join(ROOT, 'docs/api.md'), 'utf8');
    const [, code] = /^```ts\n([\s\S]*?)^```$/m.exec(page)!;
    service = await startTestApp();
    const actual = code!.replace('http://127.0.0.1:3000', service.url);
    expect(actual).not.toBe(code);
    const body = { platform: 'optimizely', actor: 'jane' };
    const typed = `const made = await synctrail.POST('/api/v1/deployments', { body: ${JSON.stringify(body)} });
console.log(made.error?.code);
// @ts-expect-error The document has no such path.
await synctrail.GET('/api/v1/deployment');`;
    await writeFile(join(folder, 'src/main.ts'), `${actual}\n${typed}\n`);
  });
  afterAll(async () => {
    await service?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ['nodenext', { module: 'nodenext', types: ['node'] }],
    ['bundler', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] }],
  ])('compiles as strictly as TypeScript can, with the resolution %s', async (_resolution, options) => {
    const declared =
      options.types.length > 0 ? '' : 'declare const process: { env: Record<string, string | undefined> };';
    await writeFile(join(folder, 'src/globals.d.ts'), declared);
    const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
    const compilerOptions = {
      target: 'es2023',
      outDir: 'dist',
      rootDir: 'src',
      ...strict,
      skipLibCheck: false,
      ...options,
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    await expect(compile(folder)).resolves.toBeUndefined();
  });

  it('asks a service, with neither NestJS nor MikroORM installed', async () => {
    await expect(readdir(join(folder, 'node_modules/@nestjs'))).rejects.toThrow('ENOENT');
    const { stdout, stderr } = await run(process.execPath, ['dist/main.js'], { cwd: folder });
    expect([stdout, stderr]).toEqual(['UNKNOWN_ENVIRONMENT\n', '']);
  });

  it('brings commands that ask a service, and others that name the packages that they miss', async () => {
    const program = join(folder, 'node_modules/synctrail', (await manifestIn(folder)).bin.synctrail);
    const { stdout } = await run(process.execPath, [program, 'live', '--url', service.url, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ platform: 'optimizely', items: [] });
    await expect(run(process.execPath, [program, 'migrate'])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: This command needs [\w@/-]+, which is not installed\. Install beside synctrail: npm install .*'@nestjs\/core@\^12\.0\.2'/,
      ),
    });
  });
});

describe('what is packed', () => {
  let manifest: Manifest;
  let files: Set<string>;

  beforeAll(async () => {
    manifest = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Manifest;
    const { stdout } = await run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'], { cwd: ROOT });
    const [{ files: packed }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
    files = new Set(packed.map(({ path }) => path));
  });

  it('is what each entry and its types need, the service, its page and its documentation', () => {
    const needed = [
      ...Object.values(manifest.exports).flatMap((entry) => [entry.types, entry.default]),
      ...[manifest.bin.synctrail, 'dist/src/main.js', 'dist/migrations/index.js', 'dist/dashboard/index.html'],
      ...['package.json', 'openapi.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs/api.md'],
    ];
    expect(needed.map((path) => path.replace('./', '')).filter((path) => !files.has(path))).toEqual([]);
  });

  it('is nothing that only the development needs', () => {
    const kinds = /^(dist\/(src|migrations)\/.*\.(js|d\.ts)|dist\/dashboard\/.*|docs\/.*\.(md|png)|[^/]+)$/;
    expect([...files].filter((path) => !kinds.test(path) || /sandbox|\.map$/.test(path))).toEqual([]);
    expect([...files].filter((path) => !path.includes('/')).toSorted()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md', 'openapi.json', 'package.json'].toSorted(),
    );
  });

  it('may be published, and has no framework for those who need none', () => {
    expect(manifest.private).toBeUndefined();
    const optional = Object.entries(manifest.peerDependenciesMeta).filter(([, meta]) => meta.optional);
    expect(optional.map(([name]) => name)).toEqual(Object.keys(manifest.peerDependencies));
    const frameworks = Object.keys(manifest.dependencies).filter((name) => /nest|mikro/.test(name));
    expect(frameworks).toEqual([]);
  });
});

async function compile(folder: string): Promise<void> {
  const compiler = join(folder, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler], { cwd: folder }).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
}

async function manifestIn(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'node_modules/synctrail/package.json'), 'utf8')) as Manifest;
}

/** What `npm pack` packs, with what its manifest names, and nothing else of ours. */
async function install(folder: string, kinds: ('dependencies' | 'peerDependencies')[]): Promise<void> {
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
    cwd: ROOT,
  });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const target = join(folder, 'node_modules/synctrail');
  await mkdir(target, { recursive: true });
  await run('tar', ['-xzf', join(folder, filename), '-C', target, '--strip-components=1']);
  expect(await readdir(target)).toEqual(
    expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'docs', 'openapi.json', 'package.json']),
  );
  const manifest = await manifestIn(folder);
  for (const name of [...TOOLS, ...kinds.flatMap((kind) => Object.keys(manifest[kind]))]) {
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
