import { readFileSync, globSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';
import ts from 'typescript';

/** Which modules each module may know; the composition root knows them all. */
const MAY_IMPORT: Record<string, string[]> = {
  json: [],
  schedule: [],
  validation: [],
  database: ['migrations'],
  'request-body': ['json'],
  http: ['database', 'json', 'request-body', 'validation'],
  snapshot: ['database', 'json'],
  idempotency: ['database', 'http', 'json', 'schedule'],
  platform: ['json'],
  versioning: ['database', 'http', 'json', 'platform', 'request-body', 'snapshot', 'validation'],
  recording: ['database', 'http', 'json', 'platform', 'schedule', 'snapshot', 'versioning'],
  retention: ['database', 'schedule'],
  events: ['database', 'http', 'json', 'recording', 'schedule', 'validation'],
  history: ['database', 'http', 'json', 'platform', 'recording', 'snapshot', 'validation', 'versioning'],
  tracking: [
    ...['database', 'history', 'json', 'platform', 'recording', 'schedule', 'snapshot', 'validation'],
    'versioning',
  ],
  replay: [
    ...['database', 'history', 'http', 'idempotency', 'json', 'platform', 'recording', 'snapshot', 'tracking'],
    ...['validation', 'versioning'],
  ],
  external: [
    'database',
    'history',
    'http',
    'idempotency',
    'json',
    'platform',
    'recording',
    'request-body',
    'validation',
  ],
  pull: ['database', 'platform', 'recording', 'validation', 'versioning'],
  deployment: [
    ...['database', 'http', 'idempotency', 'json', 'platform', 'recording', 'request-body', 'schedule'],
    ...['tracking', 'validation', 'versioning'],
  ],
  optimizely: ['json', 'platform', 'tracking'],
  statistics: ['database', 'history', 'recording', 'schedule', 'validation'],
  failures: ['database', 'history', 'json', 'recording', 'statistics', 'validation', 'versioning'],
  health: ['database', 'failures', 'history', 'http', 'recording', 'schedule', 'statistics', 'validation'],
  alerting: ['database', 'health', 'http', 'recording', 'schedule', 'tracking', 'validation'],
  monitoring: ['database', 'events', 'history', 'platform', 'recording', 'tracking'],
  embedding: [
    ...['database', 'events', 'external', 'history', 'http', 'idempotency', 'migrations', 'platform', 'recording'],
    ...['replay', 'retention', 'schedule', 'snapshot', 'tracking', 'versioning'],
  ],
  dashboard: [],
};
/** What definitions, kinds and sections of a manifest are called by the one platform that has them. */
const PLATFORM_NAMES = [
  ...['propertyGroup', 'propertyGroups', 'displayTemplate', 'displayTemplates', 'contentTypes'],
  ...['accessRights', 'allowedTypes', 'baseType', 'compositionBehaviors', 'contracts', 'displayMode', 'editorSettings'],
  ...['indexingType', 'isContract', 'isLocalized', 'isRequired', 'lastModifiedBy', 'mayContainTypes'],
  ...['mediaFileExtensions', 'nodeType', 'restrictedTypes', 'sortOrder'],
  ...['_component', '_experience', '_folder', '_image', '_media', '_page', '_section', '_video'],
];
/** Where such a name may stand outside the platform's folder. */
const MAY_NAME: Record<string, { names: string[]; because: string }> = {
  [join('src', 'versioning', 'content-type.controller.ts')]: {
    names: [
      ...['propertyGroup', 'propertyGroups', 'displayTemplate', 'displayTemplates', 'contentTypes'],
      ...['baseType', 'isRequired', '_page'],
    ],
    because: 'the API describes the body of an import and shows an example of a definition',
  },
  [join('src', 'platform', 'default-model.ts')]: {
    names: ['lastModifiedBy'],
    because: 'stored hashes leave it out, whatever the platform is',
  },
};
/** Made from the API document by the build. */
const GENERATED = join('src', 'dashboard', 'client', 'api', 'schema.ts');
/** Files beside the modules that every module may use; they know no module themselves. */
const SHARED = ['domain-error.ts', 'environment.ts', 'quoted.ts', 'tracking-options.ts'];

interface Source {
  path: string;
  /** The folder below src, or '' for the composition root. */
  module: string;
  syntax: ts.SourceFile;
}

const sources = globSync('src/**/*.{ts,tsx}').map((path): Source => {
  const [, ...below] = path.split(sep);
  const module = below.length > 1 ? below[0]! : '';
  return { path, module, syntax: ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true) };
});

function importsOf({ syntax }: Source): string[] {
  const names: string[] = [];
  visit(syntax, (node) => {
    const from =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (from && ts.isStringLiteral(from)) names.push(from.text);
  });
  return names;
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** Where nodes of a kind stand: file and line. */
function places(of: Source[], isMeant: (node: ts.Node) => boolean): string[] {
  const found: string[] = [];
  for (const { path, syntax } of of) {
    visit(syntax, (node) => {
      if (isMeant(node)) found.push(`${path}:${syntax.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    });
  }
  return found;
}

describe('the modules', () => {
  it('are the ones whose place in the order is known', () => {
    const modules = new Set(sources.map(({ module }) => module).filter((module) => module !== ''));
    expect([...modules].filter((module) => !Object.hasOwn(MAY_IMPORT, module))).toEqual([]);
    expect(
      [...modules].filter((module) => !sources.some(({ path }) => path === join('src', module, 'index.ts'))),
    ).toEqual([]);
  });

  it('import each other by name, and only in the order of the design', () => {
    const wrong = sources
      .filter(({ module }) => module !== '')
      .flatMap((source) =>
        importsOf(source)
          .filter((name) => name.startsWith('#'))
          .filter((name) => !MAY_IMPORT[source.module]?.includes(name.slice(1)))
          .map((name) => `${source.path} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  it('reach past no index.ts', () => {
    const wrong = sources.flatMap((source) =>
      importsOf(source)
        .filter((name) => name.startsWith('.'))
        .map((name) => ({
          name,
          target: normalize(join(dirname(source.path), name))
            .split(sep)
            .slice(1),
        }))
        .filter(({ target }) =>
          target.length === 1 ? source.module !== '' && !SHARED.includes(target[0]!) : target[0] !== source.module,
        )
        .map(({ name }) => `${source.path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('share files that know no module', () => {
    const shared = sources.filter(({ path }) => SHARED.includes(path.replace(`src${sep}`, '')));
    expect(shared.flatMap(importsOf).filter((name) => name.startsWith('#'))).toEqual([]);
    expect(shared).toHaveLength(SHARED.length);
  });

  it('name their public surface one by one', () => {
    const indexes = sources.filter(({ path, module }) => path === join('src', module, 'index.ts'));
    const isWholesale = (node: ts.Node) =>
      ts.isExportDeclaration(node) ? !node.exportClause || ts.isNamespaceExport(node.exportClause) : false;
    expect(places(indexes, isWholesale)).toEqual([]);
    expect(places(indexes, (node) => ts.isStatement(node) && !ts.isExportDeclaration(node))).toEqual([]);
  });

  it('do not know which platforms there are', () => {
    const others = sources.filter(
      ({ path, module }) => module !== 'optimizely' && path !== join('src', 'app.module.ts'),
    );
    const isPlatform = (node: ts.Node) =>
      (ts.isIdentifier(node) || ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)) &&
      /optimizely/i.test(node.text);
    expect(places(others, isPlatform)).toEqual([]);
  });
});

describe('the rules of a platform', () => {
  const isWord = new RegExp(`(?<![\\w-])(${PLATFORM_NAMES.join('|')})(?![\\w-])`, 'g');
  const namesIn = (node: ts.Node) =>
    ts.isIdentifier(node) || ts.isStringLiteralLike(node) || ts.isTemplateLiteralToken(node)
      ? [...node.text.matchAll(isWord)].map(([name]) => name)
      : [];
  const named = sources
    .filter(({ module, path }) => module !== 'optimizely' && path !== GENERATED)
    .map((source) => {
      const names = new Set<string>();
      visit(source.syntax, (node) => namesIn(node).forEach((name) => names.add(name)));
      return { path: source.path, names };
    });

  it('stand in its folder alone: nobody else knows what its definitions are made of', () => {
    const wrong = named.flatMap(({ path, names }) =>
      [...names].filter((name) => !MAY_NAME[path]?.names.includes(name)).map((name) => `${path} knows ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('have no exception that nobody needs', () => {
    const needed = Object.entries(MAY_NAME).filter(([path, { names }]) =>
      names.every((name) => named.find((source) => source.path === path)?.names.has(name)),
    );
    expect(Object.keys(MAY_NAME)).toEqual(needed.map(([path]) => path));
  });
});

describe('the package', () => {
  it('offers snapshot, versioning and tracking, and nothing else', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object };
    expect(Object.keys(exports).toSorted()).toEqual(['./snapshot', './tracking', './versioning']);
  });
});

describe('the code', () => {
  it('has no any, no enum and no default export', () => {
    expect(places(sources, (node) => node.kind === ts.SyntaxKind.AnyKeyword)).toEqual([]);
    expect(places(sources, ts.isEnumDeclaration)).toEqual([]);
    const isDefault = (node: ts.Node) =>
      ts.isExportAssignment(node) ||
      (ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword) === true);
    expect(places(sources, isDefault)).toEqual([]);
  });

  it('asks the database in one way, in which every statement has its time', () => {
    // What has a connection for itself, for as long as its reader takes, bounds its statements with `answered`.
    const others = sources.filter(({ path, module }) => module !== 'database' && !path.endsWith('.export.ts'));
    const isReader = (node: ts.Node) =>
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      /^(this\.)?(em|pool)\b.*\.(find|findOne|count|execute|query|connect|transactional|flush)$/s.test(
        node.expression.getText(),
      );
    expect(places(others, isReader)).toEqual([]);
  });

  it('has a role or a plain name for each file, and no drawers', () => {
    const drawers = sources.filter(({ path }) =>
      /(^|[/.-])(utils?|common|helpers?|misc|mapper|repository)([/.-]|$)/i.test(path),
    );
    expect(drawers.map(({ path }) => path)).toEqual([]);
  });
});
