import { readFileSync, globSync } from 'node:fs';
import { basename, dirname, join, normalize, sep } from 'node:path';
import ts from 'typescript';

/** Which modules each module may know; the composition root knows them all. */
const MAY_IMPORT: Record<string, string[]> = {
  pace: [],
  json: ['pace'],
  redaction: ['pace', 'database', 'json'],
  schedule: ['validation'],
  validation: ['redaction'],
  access: ['platform', 'rate-limit', 'validation'],
  export: ['database', 'http'],
  'access-log': [
    ...[
      'access',
      'database',
      'export',
      'http',
      'journal',
      'platform',
      'problems',
      'rate-limit',
      'redaction',
      'retention',
      'schedule',
    ],
    'validation',
  ],
  session: ['problems', 'access', 'access-log', 'keys', 'oidc', 'rate-limit', 'validation'],
  oidc: ['access', 'http'],
  keys: ['problems', 'access', 'access-log', 'database', 'http', 'validation'],
  'embedded-postgres': [],
  database: ['embedded-postgres', 'migrations'],
  'request-body': ['pace', 'json'],
  problems: ['access', 'database', 'redaction', 'validation'],
  'rate-limit': [],
  http: ['access', 'json', 'problems', 'redaction', 'request-body', 'validation'],
  snapshot: ['pace', 'database', 'json', 'redaction', 'schedule'],
  idempotency: ['access', 'database', 'json', 'problems', 'redaction', 'schedule'],
  platform: ['json'],
  versioning: [
    'pace',
    ...[
      'access',
      'access-log',
      'database',
      'http',
      'json',
      'platform',
      'problems',
      'redaction',
      'request-body',
      'snapshot',
    ],
    'validation',
  ],
  journal: ['database'],
  recording: [
    'pace',
    'database',
    'redaction',
    'http',
    'journal',
    'json',
    'platform',
    'schedule',
    'snapshot',
    'validation',
    'versioning',
  ],
  projection: ['database', 'journal', 'json', 'recording', 'schedule'],
  retention: ['database', 'schedule'],
  events: ['pace', 'problems', 'access', 'platform', 'database', 'http', 'json', 'recording', 'schedule', 'validation'],
  history: [
    'problems',
    'access',
    'access-log',
    'export',
    'database',
    'http',
    'json',
    'platform',
    'recording',
    'snapshot',
    'validation',
    'versioning',
  ],
  drift: ['problems', 'access', 'database', 'http', 'idempotency', 'platform', 'validation', 'versioning'],
  live: [
    'problems',
    'access',
    'access-log',
    'database',
    'drift',
    'http',
    'journal',
    'platform',
    'recording',
    'schedule',
    'validation',
    'versioning',
  ],
  observation: ['pace', 'database', 'json', 'live', 'platform', 'recording', 'snapshot', 'validation', 'versioning'],
  tracking: [
    'pace',
    ...[
      'database',
      'redaction',
      'history',
      'json',
      'live',
      'observation',
      'platform',
      'recording',
      'schedule',
      'snapshot',
    ],
    ...['validation', 'versioning'],
  ],
  replay: [
    'problems',
    ...[
      'access',
      'database',
      'redaction',
      'freeze',
      'history',
      'http',
      'idempotency',
      'json',
      'plan',
      'platform',
      'recording',
      'snapshot',
      'tracking',
    ],
    ...['validation', 'versioning'],
  ],
  external: [
    'problems',
    'access',
    'database',
    'history',
    'http',
    'idempotency',
    'json',
    'platform',
    'recording',
    'request-body',
    'validation',
    'versioning',
  ],
  pull: [
    'problems',
    ...[
      'access',
      'database',
      'redaction',
      'drift',
      'http',
      'live',
      'platform',
      'recording',
      'request-body',
      'validation',
      'versioning',
    ],
  ],
  freeze: ['problems', 'access', 'database', 'http', 'idempotency', 'platform', 'validation'],
  plan: [
    'pace',
    'problems',
    ...[
      'access',
      'access-log',
      'database',
      'redaction',
      'http',
      'idempotency',
      'json',
      'keys',
      'live',
      'platform',
      'recording',
      'request-body',
      'retention',
      'tracking',
    ],
    ...['validation', 'versioning'],
  ],
  watch: [
    'pace',
    'problems',
    ...[
      'access',
      'database',
      'redaction',
      'http',
      'idempotency',
      'platform',
      'pull',
      'recording',
      'schedule',
      'tracking',
      'validation',
    ],
  ],
  deployment: [
    'pace',
    'problems',
    ...[
      'access',
      'database',
      'redaction',
      'freeze',
      'http',
      'idempotency',
      'json',
      'live',
      'plan',
      'platform',
      'recording',
      'request-body',
    ],
    ...['schedule', 'tracking', 'validation', 'versioning'],
  ],
  optimizely: ['pace', 'json', 'platform', 'tracking'],
  statistics: ['problems', 'access', 'database', 'history', 'platform', 'recording', 'schedule', 'validation'],
  failures: [
    'problems',
    'access',
    'access-log',
    'database',
    'history',
    'http',
    'json',
    'platform',
    'recording',
    'statistics',
    'validation',
    'versioning',
  ],
  expectation: [
    'problems',
    'access',
    'database',
    'http',
    'retention',
    'idempotency',
    'platform',
    'recording',
    'schedule',
    'validation',
  ],
  health: [
    'problems',
    'access',
    'database',
    'expectation',
    'failures',
    'history',
    'http',
    'live',
    'platform',
    'recording',
    'schedule',
    'statistics',
    'validation',
  ],
  alerting: [
    'problems',
    'access',
    'database',
    'redaction',
    'health',
    'http',
    'platform',
    'recording',
    'schedule',
    'tracking',
    'validation',
  ],
  monitoring: [
    'access',
    'database',
    'events',
    'export',
    'http',
    'journal',
    'platform',
    'rate-limit',
    'recording',
    'tracking',
  ],
  embedding: [
    ...[
      'access',
      'access-log',
      'database',
      'redaction',
      'drift',
      'events',
      'export',
      'external',
      'history',
      'http',
      'idempotency',
      'journal',
      'live',
      'migrations',
      'observation',
      'platform',
      'problems',
      'projection',
    ],
    ...['recording', 'replay', 'retention', 'schedule', 'snapshot', 'tracking', 'versioning'],
  ],
  client: [],
  dashboard: ['client'],
  cli: ['client'],
};
/** Has connections without the pool of the application. */
const SPEAKS_TO_POSTGRES = new Set(['database', 'embedded-postgres']);
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
const GENERATED = join('src', 'client', 'schema.ts');
/** Files beside the modules that every module may use; they know no module themselves. */
const SHARED = [
  ...['domain-error.ts', 'environment.ts', 'quoted.ts', 'storable-text.ts', 'terminal-text.ts', 'tracking-options.ts'],
];

/** Files at the root that make the service of the rooms. */
const COMPOSITION = [
  ...['administration.ts', 'app.module.ts', 'cli.ts', 'database-commands.ts', 'fsck.ts', 'log-redaction.ts'],
  ...[
    'key-commands.ts',
    'main.ts',
    'compiled-code.ts',
    'openapi.ts',
    'service.config.ts',
    'service.ts',
    'stop-with-error.ts',
    'terminal-logger.ts',
  ],
];
/** Words for which the design has another one. */
const BANNED = new Set([
  ...['place', 'stretch', 'window', 'period', 'slot', 'slots', 'pieces', 'books', 'outside', 'told', 'said'],
  ...['known', 'mend', 'nothing', 'trouble', 'moment', 'facts'],
]);
/** `NOTHING_TO_DEPLOY` and `NOTHING_TO_ROLL_BACK` are codes of the API. */
const ALLOWED_NAMES = new Set(['NothingToDeployError', 'NothingToRollBackError']);

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

/** The files whose names a file imports, through the indexes of rooms. */
function filesBehind(path: string): string[] {
  return fileOf(path)!.syntax.statements.flatMap((statement) => {
    if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return [];
    const target = targetOf(path, statement.moduleSpecifier);
    if (!target) return [];
    const clause = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : statement.exportClause;
    if (!clause || !('elements' in clause)) return [target];
    return clause.elements.map((element) => definedIn(target, (element.propertyName ?? element.name).text));
  });
}

function fileOf(path: string): Source | undefined {
  return sources.find((source) => source.path === path);
}

function targetOf(path: string, specifier: ts.Expression | undefined): string | undefined {
  if (!specifier || !ts.isStringLiteral(specifier)) return undefined;
  const { text } = specifier;
  const target = text.startsWith('#')
    ? join('src', text.slice(1), 'index.ts')
    : text.startsWith('.')
      ? normalize(join(dirname(path), text))
      : '';
  return fileOf(target)?.path;
}

/** The file in which a name is defined that another file exports. */
function definedIn(path: string, name: string): string {
  for (const statement of fileOf(path)!.syntax.statements) {
    if (!ts.isExportDeclaration(statement) || !statement.exportClause || !ts.isNamedExports(statement.exportClause))
      continue;
    const element = statement.exportClause.elements.find((one) => one.name.text === name);
    const target = element && targetOf(path, statement.moduleSpecifier);
    if (target) return definedIn(target, (element.propertyName ?? element.name).text);
  }
  return path;
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

describe('the map', () => {
  it('has no circle of imports between files', () => {
    const circles: string[] = [];
    const seen = new Map<string, 'open' | 'done'>();
    const walk = (path: string, way: string[]): void => {
      const state = seen.get(path);
      if (state === 'open') circles.push([...way.slice(way.indexOf(path)), path].join(' > '));
      if (state) return;
      seen.set(path, 'open');
      for (const next of filesBehind(path)) walk(next, [...way, path]);
      seen.set(path, 'done');
    };
    for (const { path } of sources) walk(path, []);
    expect(circles).toEqual([]);
  });

  it('has no folder of more than 20 files, but for a platform and its sandbox', () => {
    const folders = Map.groupBy(globSync('src/**/*.*'), (path) => dirname(path));
    const large = [...folders].filter(
      ([folder, files]) => files.length > 20 && !folder.startsWith(join('src', 'optimizely')),
    );
    expect(large.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
  });

  it('has no two files of one name', () => {
    const names = Map.groupBy(
      sources.map(({ path }) => path).filter((path) => basename(path) !== 'index.ts'),
      (path) => basename(path),
    );
    expect([...names.values()].filter((paths) => paths.length > 1)).toEqual([]);
  });

  it('opens each room with one sentence: its work, and its refusals', () => {
    const silent = sources
      .filter(({ path, module }) => path === join('src', module, 'index.ts'))
      .filter(({ syntax }) => !/^\/\*\* [A-Z].*; refuses .*\. \*\/\n/.test(syntax.getFullText()));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('calls no file and no type by a word that means another thing', () => {
    const words = (name: string) => name.split(/[^a-zA-Z]+|(?<=[a-z])(?=[A-Z])/).map((word) => word.toLowerCase());
    const isBanned = (name: string) => words(name).some((word) => BANNED.has(word));
    const files = sources.map(({ path }) => path).filter((path) => isBanned(basename(path)));
    const isType = (node: ts.Node) =>
      (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) &&
      isBanned(node.name?.text ?? '') &&
      !ALLOWED_NAMES.has(node.name!.text);
    expect([
      ...files,
      ...places(
        sources.filter(({ path }) => path !== GENERATED),
        isType,
      ),
    ]).toEqual([]);
  });

  it('has at its root what starts the service, and a few files that every room may use', () => {
    const root = sources.filter(({ module }) => module === '').map(({ path }) => basename(path));
    expect(root.toSorted()).toEqual([...COMPOSITION, ...SHARED].toSorted());
  });
});

describe('the package', () => {
  it('offers client, snapshot, versioning and tracking, and nothing else', () => {
    const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: object };
    expect(Object.keys(exports).toSorted()).toEqual(['./client', './snapshot', './tracking', './versioning']);
  });

  it('has a client that needs openapi-fetch alone', () => {
    const needed = sources.filter(({ module }) => module === 'client').flatMap(importsOf);
    expect(new Set(needed.filter((name) => !name.startsWith('./')))).toEqual(new Set(['openapi-fetch']));
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
    const others = sources.filter(
      ({ path, module }) => !SPEAKS_TO_POSTGRES.has(module) && !path.endsWith('.export.ts'),
    );
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
