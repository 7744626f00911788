import { readFile } from 'node:fs/promises';

/** The statements of the first SQL example below a heading of a page, each by itself. */
export async function documentedSql(page: string, heading: string): Promise<string[]> {
  const text = await readFile(page, 'utf8');
  const below = text.slice(text.indexOf(`# ${heading}\n`));
  const [, block = ''] = /```sql\n(.*?)```/s.exec(below) ?? [];
  return block
    .split(';\n')
    .map((statement) => statement.trim())
    .filter(Boolean);
}
