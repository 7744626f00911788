import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defaultClientConditions, defineConfig } from 'vite';

const outDir = 'dist/dashboard';

/** The dashboard's client; the service serves what this builds. */
export default defineConfig({
  root: 'src/dashboard/client',
  publicDir: false,
  // An address below ours that a proxy chose is kept: everything is asked for from the root.
  base: '/',
  logLevel: 'warn',
  resolve: { conditions: ['source', ...defaultClientConditions] },
  build: {
    outDir: join(import.meta.dirname, outDir),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    rolldownOptions: {
      // "use client" means nothing where there is no server that renders.
      onLog: (level, log, tell) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && tell(level, log),
    },
  },
  plugins: [{ name: 'precompress', apply: 'build', closeBundle: precompress }],
});

/** Each file once more as gzip and as Brotli, so that none is compressed while somebody waits. */
async function precompress() {
  const assets = join(import.meta.dirname, outDir, 'assets');
  const files = await readdir(assets).catch(() => []);
  await Promise.all(
    files
      .filter((name) => /\.(js|css|svg)$/.test(name))
      .map(async (name) => {
        const content = await readFile(join(assets, name));
        const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
        await writeFile(join(assets, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
        await writeFile(join(assets, `${name}.br`), await promisify(brotliCompress)(content, brotli));
      }),
  );
}
