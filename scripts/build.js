import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
/** Everything that a build reads. */
const INPUTS = [
  '{src,migrations,demo,test/bench,test/support}/**/*.{ts,tsx,css,svg,html,json}',
  '{package,package-lock,openapi,nest-cli,tsconfig,tsconfig.build}.json',
  '{vite.config,scripts/*}.js',
];
/** A build writes it. */
const GENERATED = join('src', 'client', 'schema.ts');
const STAMP = join(ROOT, 'dist', '.built');
const STEPS = 'npm run build:steps --silent';

/** When each option leaves `dist` as it is. */
const KEEPS = { '--if-missing': hasResult, '--if-changed': isBuilt };

/**
 * Builds `dist`; with `--if-missing` only when it is missing, with `--if-changed` also when one of its inputs has changed since.
 * Commands that start together build it once, one after another: a build takes away the files of a service that runs from them.
 */
async function main([option]) {
  const isNeeded = () => !KEEPS[option]?.();
  if (!isNeeded()) return;
  // Not above: a command that is built does not wait for it.
  const { lock } = await import('proper-lockfile');
  // A build that was killed holds the lock for ten seconds.
  const release = await lock(ROOT, { lockfilePath: join(ROOT, '.building'), retries: { forever: true, factor: 1 } });
  try {
    if (!isNeeded()) return;
    console.error('Building SyncTrail, which takes about half a minute …');
    // Taken before the build, so that a change meanwhile is built the next time.
    const inputs = fingerprint();
    const [code] = await once(spawn(STEPS, { cwd: ROOT, shell: true, stdio: ['ignore', 2, 2] }), 'exit');
    if (code === 0) writeFileSync(STAMP, inputs);
    process.exitCode = code ?? 1;
  } finally {
    await release();
  }
}

function hasResult() {
  return existsSync(STAMP);
}

function isBuilt() {
  return hasResult() && existsSync(join(ROOT, GENERATED)) && readFileSync(STAMP, 'utf8') === fingerprint();
}

/** Of paths, sizes and times, as `make` looks at them. */
function fingerprint() {
  const hash = createHash('sha256');
  const paths = INPUTS.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).filter((path) => path !== GENERATED);
  for (const path of paths.sort()) {
    const { size, mtimeMs } = statSync(join(ROOT, path));
    hash.update(`${path}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

await main(process.argv.slice(2));
