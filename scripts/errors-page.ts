import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { PROBLEMS } from '../src/problems/problem-codes.ts';

const PAGE = join(import.meta.dirname, '..', 'docs', 'errors.md');
const BEGIN = 'Do not edit it. -->';
const END = '<!-- end -->';

/** Writes the table of codes in docs/errors.md; with `--print` only prints the page. */
const page = await withTable(readFileSync(PAGE, 'utf8'));
if (process.argv[2] === '--print') process.stdout.write(page);
else writeFileSync(PAGE, page);

async function withTable(text: string): Promise<string> {
  const rows = Object.entries(PROBLEMS).map(([code, [status, meaning]]) => `| ${status} | \`${code}\` | ${meaning} |`);
  const table = ['| status | code | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  const [before, after] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  const options = { parser: 'markdown', printWidth: 130, proseWrap: 'preserve' } as const;
  return await format(`${text.slice(0, before)}\n\n${table}\n\n${text.slice(after)}`, options);
}
