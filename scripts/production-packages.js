import { execFileSync } from 'node:child_process';
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const SBOM = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];

/**
 * The CycloneDX document of what runs at a user: dependencies, the frameworks that are optional peers, and what the dashboard is
 * built of. From the lock file, so that it needs no network.
 */
export function billOfMaterials() {
  const { devDependencies, peerDependenciesMeta: _all, overrides: _unused, ...manifest } = readManifest();
  const dashboard = importsOf('src/dashboard/client/**/*.{ts,tsx}');
  const bundled = Object.entries(devDependencies).filter(([name]) => dashboard.has(name));
  const folder = mkdtempSync(join(tmpdir(), 'synctrail-sbom-'));
  try {
    // npm calls the application as its folder.
    const project = join(folder, manifest.name);
    mkdirSync(project);
    const dependencies = { ...manifest.dependencies, ...Object.fromEntries(bundled) };
    writeFileSync(join(project, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
    copyFileSync(join(ROOT, 'package-lock.json'), join(project, 'package-lock.json'));
    npm(project, ['install', '--package-lock-only', '--ignore-scripts', '--offline']);
    return JSON.parse(npm(project, SBOM));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readManifest() {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

/** The names of the packages that sources import. */
function importsOf(pattern) {
  const names = globSync(pattern, { cwd: ROOT }).flatMap((path) =>
    [...readFileSync(join(ROOT, path), 'utf8').matchAll(/(?:from|import) '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(
      ([, name]) => name,
    ),
  );
  return new Set(names);
}

function npm(cwd, options) {
  return execFileSync('npm', [...options, '--loglevel=error'], { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
