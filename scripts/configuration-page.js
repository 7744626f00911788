import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs', 'configuration.md');
const UNITS = { MS: 'ms', HOURS: 'hours', DAYS: 'days', MONTHS: 'months' };

/** Writes docs/configuration.md from the config classes; with `--print` only prints it. */
const page = await configurationPage();
if (process.argv[2] === '--print') process.stdout.write(page);
else writeFileSync(PAGE, page);

async function configurationPage() {
  const service = settingsOf('src/service.config.ts', 'ServiceConfig');
  const issuer = settingsOf('src/oidc/issuer.config.ts', 'IssuerConfig');
  const optimizely = settingsOf('src/optimizely/optimizely.config.ts', 'OptimizelyEnvironment')
    .filter(({ name }) => name !== 'name')
    .map((setting) => ({ ...setting, name: `OPTIMIZELY_CMS_${snakeCase(setting.name)}` }));
  const text = `# Configuration

<!-- \`npm run docs:configuration\` writes this page from the config classes in src. Do not edit it. -->

The service reads environment variables. All of them are optional. An empty variable counts as unset. The service checks
all variables at its start. When a value is invalid, it lists every problem with the name of its variable, and stops.

## Service

${table(service)}

## OpenID Connect

These variables name an issuer whose people and programs can use the service; see [access](access.md#an-openid-connect-issuer).

${table(issuer)}

## Optimizely CMS

These variables configure the environment \`default\`. It needs \`OPTIMIZELY_CMS_CLIENT_ID\` and
\`OPTIMIZELY_CMS_CLIENT_SECRET\`. Without any of these variables, the service has no Optimizely environment.

For a further environment, put its name after \`OPTIMIZELY_CMS_\`. \`OPTIMIZELY_CMS_STAGING_CLIENT_ID\` configures the
environment \`staging\`, and \`OPTIMIZELY_CMS_EU_STAGING_CLIENT_ID\` configures \`eu-staging\`. Requests use this name:
\`"environment":"staging"\`.

${table(optimizely)}

See [optimizely](optimizely.md) for the API key and its rights.
`;
  return format(text, { ...JSON.parse(readFileSync(join(ROOT, '.prettierrc.json'), 'utf8')), parser: 'markdown' });
}

function table(settings) {
  const rows = settings.map(({ name, preset, unit, allowed, meaning }) =>
    [code(name), preset === undefined ? '' : code(preset), unit, allowed, meaning].join(' | '),
  );
  return ['variable | default | unit | allowed | meaning', '--- | --- | --- | --- | ---', ...rows]
    .map((row) => `| ${row} |`)
    .join('\n');
}

function code(text) {
  return `\`${text}\``;
}

/** The properties of a config class with their doc comments, defaults and bounds. */
function settingsOf(file, className) {
  const source = ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true);
  const config = source.statements.find((node) => ts.isClassDeclaration(node) && node.name?.text === className);
  return config.members.filter(ts.isPropertyDeclaration).map((property) => {
    const name = property.name.getText();
    const doc = ts.getJSDocCommentsAndTags(property).find(ts.isJSDoc);
    const tag = ts.getJSDocTags(property).find(({ tagName }) => tagName.text === 'unit');
    return {
      name,
      preset: property.initializer && plainValue(property.initializer),
      unit: ts.getTextOfJSDocComment(tag?.comment) ?? UNITS[snakeCase(name).split('_').at(-1)] ?? '',
      allowed: allowedBy(ts.getDecorators(property) ?? []),
      meaning: (ts.getTextOfJSDocComment(doc?.comment) ?? '').replaceAll(/\s+/g, ' ').replaceAll('|', String.raw`\|`),
    };
  });
}

/** The range of a number, from its validation decorators. */
function allowedBy(decorators) {
  const calls = new Map(decorators.map(({ expression }) => [expression.expression.getText(), expression.arguments]));
  const [min, max] = calls.get('WholeNumber') ?? [calls.get('Min')?.[0], calls.get('Max')?.[0]];
  return min && max ? `${plainValue(min)}–${plainValue(max)}` : '';
}

function plainValue(node) {
  return ts.isNumericLiteral(node) ? node.text.replaceAll('_', '') : node.text;
}

/** `clientId` becomes `CLIENT_ID`; a name in capitals stays. */
function snakeCase(name) {
  return /[a-z]/.test(name) ? name.replaceAll(/[A-Z]/g, '_$&').toUpperCase() : name;
}
