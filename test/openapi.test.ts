import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Sandbox, startSandbox } from '../src/optimizely/sandbox/sandbox.ts';
import { optimizelyAt, startTestApp, type TestApp } from './support/test-app.ts';

interface Described {
  description?: string;
}
interface Schema extends Described {
  properties?: Record<string, Schema>;
  required?: string[];
  example?: unknown;
  default?: unknown;
  $ref?: string;
}
interface Operation {
  summary?: string;
  tags: string[];
  parameters: (Described & { name: string; required: boolean; schema: Schema })[];
  requestBody?: { content: { 'application/json': { schema: Schema } } };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  tags: (Described & { name: string })[];
  components: { schemas: Record<string, Schema> };
}

let document: Document;
let operations: { name: string; operation: Operation }[];

// By the build, as users get it: Jest's own compiler knows nothing of the Swagger plugin.
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'synctrail-openapi-'));
  const file = join(folder, 'openapi.json');
  await promisify(execFile)(process.execPath, ['dist/src/openapi.js', file], { env: { PATH: process.env.PATH } });
  document = JSON.parse(await readFile(file, 'utf8')) as Document;
  await rm(folder, { recursive: true });
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
});

describe('the OpenAPI document', () => {
  it('has a sentence on every route, parameter, field and tag', () => {
    const silent = [
      ...operations.filter(({ operation }) => !operation.summary).map(({ name }) => name),
      ...operations.flatMap(({ name, operation }) =>
        operation.parameters.filter(({ description }) => !description).map((parameter) => `${name} ${parameter.name}`),
      ),
      ...Object.entries(document.components.schemas).flatMap(([name, { properties = {} }]) =>
        Object.entries(properties)
          .filter(([, { description }]) => !description)
          .map(([field]) => `${name}.${field}`),
      ),
      ...operations
        .flatMap(({ operation }) => operation.tags)
        .filter((tag) => !document.tags.some(({ name, description }) => name === tag && description)),
    ];
    expect(silent).toEqual([]);
  });

  it('has no description under four words', () => {
    const words = (text: string) => text.split(/\s+/).filter((word) => /\w/.test(word)).length;
    const short = descriptionsIn(document).filter(({ text }) => words(text) < 4);
    expect(short).toEqual([]);
  });

  it('describes no two fields or parameters of different names with the same text', () => {
    const named = new Map<string, Set<string>>();
    const add = (name: string, text = '') => named.set(text, (named.get(text) ?? new Set()).add(name));
    for (const { operation } of operations) {
      for (const { name, description } of operation.parameters) add(name, description);
    }
    for (const { properties = {} } of Object.values(document.components.schemas)) {
      for (const [name, { description }] of Object.entries(properties)) add(name, description);
    }
    expect([...named].filter(([, names]) => names.size > 1).map(([text, names]) => [text, ...names])).toEqual([]);
  });

  it('says of every route that it may answer with a problem', () => {
    const problem = { schema: { $ref: '#/components/schemas/ProblemDto' } };
    for (const { operation } of operations) {
      expect(operation.responses['4XX']?.content).toEqual({ 'application/problem+json': problem });
      expect(operation.responses['5XX']?.content).toEqual({ 'application/problem+json': problem });
    }
  });

  it('requires nothing that has a default', () => {
    const parameters = operations.flatMap(({ operation }) => operation.parameters);
    expect(parameters.filter(({ required, schema }) => required && schema.default !== undefined)).toEqual([]);
    const { required } = document.components.schemas.DeploymentRequestDto!;
    expect(required).toEqual(['platform', 'actor']);
  });
});

describe('the examples of the bodies', () => {
  let sandbox: Sandbox;
  let service: TestApp;

  beforeAll(async () => {
    sandbox = await startSandbox();
    service = await startTestApp(optimizelyAt(sandbox.url));
  });
  afterAll(async () => {
    await service.close();
    await sandbox.close();
  });

  it('work, sent in the order in which a newcomer would', async () => {
    expect((await send('POST', '/content-types/import')).status).toBe(201);
    expect((await send('PUT', '/content-types/{typeKey}', { typeKey: 'Article' })).status).toBe(200);
    await deployed(await send('POST', '/deployments'));
    const changed = { ...example('PUT', '/content-types/{typeKey}'), displayName: 'Essay' };
    expect((await service.api('PUT', '/content-types/Article', changed)).status).toBe(201);
    const id = await deployed(await send('POST', '/deployments'));
    await deployed(await send('POST', '/deployments/{id}/rollback', { id }));
    const pull = await send('POST', '/platforms/{platform}/pull', { platform: 'optimizely' });
    expect(pull).toMatchObject({ status: 200, body: { differences: 0 } });
  });

  function send(method: string, path: string, names: Record<string, string> = {}) {
    const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name]!);
    return service.api(method, address, example(method, path));
  }

  async function deployed(accepted: Awaited<ReturnType<typeof send>>): Promise<string> {
    expect(accepted.status).toBe(202);
    const { id } = accepted.body as { id: string };
    let body: { status: string };
    do ({ body } = await service.api('GET', `/deployments/${id}`));
    while (body.status === 'IN_PROGRESS');
    expect(body.status).toBe('SUCCESS');
    return id;
  }
});

/** Every description and summary below a part of the document, with its path; examples are data. */
function descriptionsIn(part: unknown, path = ''): { path: string; text: string }[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    if ((key === 'description' || key === 'summary') && typeof value === 'string') return [{ path, text: value }];
    return key === 'example' || key === 'examples' ? [] : descriptionsIn(value, `${path}/${key}`);
  });
}

/** The body that Swagger UI fills in. */
function example(method: string, path: string): object {
  const { schema } = document.paths[`/api/v1${path}`]![method.toLowerCase()]!.requestBody!.content['application/json'];
  if (schema.example) return schema.example;
  const { properties = {} } = document.components.schemas[schema.$ref!.split('/').at(-1)!]!;
  return Object.fromEntries(
    Object.entries(properties).map(([name, { example, default: usual }]) => [name, example ?? usual]),
  );
}
