import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { assertMayLeave } from '#embedding';

/** What applications could import when the rooms were made: a name may be added, and none may go. */
const NAMES = JSON.parse(readFileSync('test/embedding/public-names.json', 'utf8')) as Record<string, string[]>;

describe('the public names', () => {
  it.each(Object.entries(NAMES))('of #%s are still there', (room, names) => {
    const path = `src/${room}/index.ts`;
    const { statements } = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
    const exported = new Set(
      statements.flatMap((statement) =>
        ts.isExportDeclaration(statement) && statement.exportClause && ts.isNamedExports(statement.exportClause)
          ? statement.exportClause.elements.map(({ name }) => name.text)
          : [],
      ),
    );
    expect(names.filter((name) => !exported.has(name))).toEqual([]);
  });

  it('have a permit for adapters that take a plain call', async () => {
    const context = { environment: 'default', actor: 'jane', trigger: 'API' as const };
    let asked = 0;
    const permit = () => Promise.resolve(void (asked += 1));
    await assertMayLeave({ items: [], context, permit } as never);
    expect(asked).toBe(1);
  });
});
