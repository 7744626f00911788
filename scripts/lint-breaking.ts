import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type ApiDocument, breakingChanges } from './breaking-changes.ts';

const FILE = 'openapi.json';
/** How Conventional Commits mark a commit that breaks its users. */
const MARKED = /^(?:\w+(?:\([^)]*\))?!:|BREAKING[ -]CHANGE:)/m;

/** Compares the committed document with that of the commit before, or of the place where this branch began. */
function main(): void {
  const base = baseCommit();
  if (base === undefined)
    return console.log('Compared nothing: this folder has no Git history with an earlier commit.');
  const text = git('show', `${base}:./${FILE}`);
  if (text === undefined) return console.log(`Compared nothing: ${FILE} is new since ${base}.`);
  const changes = breakingChanges(
    JSON.parse(text) as ApiDocument,
    JSON.parse(readFileSync(FILE, 'utf8')) as ApiDocument,
  );
  if (changes.length === 0) return console.log(`${FILE} breaks no client of ${base}.`);
  console.error(`${FILE} breaks clients of ${base}:\n${changes.map((change) => `- ${change}`).join('\n')}`);
  if (MARKED.test(git('log', '--format=%B', `${base}..HEAD`) ?? ''))
    return console.error('\nA commit since then says so ("!" or "BREAKING CHANGE:"), so this is allowed.');
  console.error(
    '\nKeep what clients use, or mark the commit: "feat(http)!: …" and a line "BREAKING CHANGE: what to do".',
  );
  process.exitCode = 1;
}

function baseCommit(): string | undefined {
  const head = git('rev-parse', '--short', 'HEAD');
  const fork = git('merge-base', 'HEAD', 'origin/HEAD');
  const begun = fork && git('rev-parse', '--short', fork);
  return begun && begun !== head ? begun : git('rev-parse', '--short', '--verify', 'HEAD~1');
}

/** What Git prints; undefined when it fails, or is not there. */
function git(...args: string[]): string | undefined {
  try {
    return execFileSync('git', args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 26,
    }).trim();
  } catch {
    return undefined;
  }
}

main();
