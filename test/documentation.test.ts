import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { promisify } from 'node:util';
import { FIELD_CODES } from '#validation';
import { PROBLEMS } from '../src/problems/problem-codes.ts';

async function read(pattern: string, exclude: string[] = []): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const path of glob(pattern, { exclude })) texts.set(path, await readFile(path, 'utf8'));
  return texts;
}

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

describe('the documentation', () => {
  it('says what every error code means', async () => {
    const source = [...(await read('src/**/*.ts', ['src/optimizely/sandbox'])).values()].join('\n');
    const codes = new Set(matches(source, /(?:\bcode(?: =|:) |\bno\(|\? \[)'([A-Z]{4,}(?:_[A-Z]+)*)'/g));
    expect(codes).toContain('RATE_LIMITED');
    const pages = [...(await read('docs/*.md')).values()].join('\n');
    expect([...codes].filter((code) => !pages.includes(`\`${code}\``))).toEqual([]);
  });

  it('has a table of all codes that agrees with the code; else run npm run docs:errors', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/errors-page.ts', '--print']);
    expect(await readFile('docs/errors.md', 'utf8')).toBe(stdout);
    const source = [...(await read('src/**/*.ts', ['src/optimizely/**'])).values()].join('\n');
    const statuses = [...source.matchAll(/code = '([A-Z_]+)';\n +readonly httpStatus = (\d+)/g)].map(
      ([, code, status]) => [code, Number(status)],
    );
    expect(statuses.length).toBeGreaterThan(80);
    const known = new Map<string, number>(Object.entries(PROBLEMS).map(([code, [status]]) => [code, status]));
    expect(statuses.map(([code]) => [code, known.get(code as string)])).toEqual(statuses);
  });

  it('gives each code of a field a row', async () => {
    const page = await readFile('docs/errors.md', 'utf8');
    expect(FIELD_CODES.filter((code) => !page.includes(`| \`${code}\``))).toEqual([]);
  });

  it('names every room and every event', async () => {
    const rooms = [...(await read('src/*/index.ts')).keys()].map((path) => dirname(path).split(sep).at(-1));
    const table = await readFile('docs/architecture.md', 'utf8');
    expect(rooms).toContain('recording');
    expect(rooms.filter((room) => !table.includes(`| \`${room}\``))).toEqual([]);
    const events = matches(
      await readFile('src/recording/sync.ts', 'utf8'),
      /^ {2}\| '(sync\.[a-z_]+|attempt\.failed)'/gm,
    );
    expect(events).toContain('sync.adopted');
    const pages = [...(await read('docs/*.md')).values()].join('\n');
    expect(events.filter((event) => !pages.includes(`\`${event}\``))).toEqual([]);
  });

  it('has a configuration page that agrees with the config classes; else run npm run docs:configuration', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['scripts/configuration-page.js', '--print']);
    expect(stdout).toContain('`OPTIMIZELY_CMS_MAX_CONCURRENCY`');
    expect(await readFile('docs/configuration.md', 'utf8')).toBe(stdout);
  });

  it('names each variable of the service on the configuration page', async () => {
    const variables = matches(await readFile('src/service.config.ts', 'utf8'), /^ {2}([A-Z_]+)\??:/gm);
    expect(variables).toContain('DATABASE_URL');
    const page = await readFile('docs/configuration.md', 'utf8');
    expect(variables.filter((variable) => !page.includes(`| \`${variable}\``))).toEqual([]);
  });

  it('has a header in every column of every table', async () => {
    const pages = [...(await read('{docs/**/,}*.md'))];
    const headless = pages.flatMap(([path, text]) =>
      matches(text, /^(\|.*)\n\| *:?-/gm)
        .filter((header) => !isOfPictures(header))
        .filter((header) =>
          header
            .split('|')
            .slice(1, -1)
            .some((cell) => cell.trim() === ''),
        )
        .map((header) => `${path}: ${header}`),
    );
    expect(headless).toEqual([]);
  });

  it('has no link to a page or place that is not there', async () => {
    const pages = await read('{docs/**/,}*.md');
    const broken = [...pages].flatMap(([path, text]) =>
      matches(text, /\]\((?!https?:)([^)]+)\)/g).filter((link) => {
        const [file = '', place] = link.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        return !existsSync(target) || (place !== undefined && !places(pages.get(target) ?? '').includes(place));
      }),
    );
    expect(broken).toEqual([]);
  });
});

const isOfPictures = (header: string) => header.includes('![');

/** The headings of a page, as links name them. */
function places(page: string): string[] {
  return matches(page, /^#+ (.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}
