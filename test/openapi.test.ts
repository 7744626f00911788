import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROBLEMS } from '../src/problems/problem-codes.ts';

interface Described {
  description?: string;
}
interface Schema extends Described {
  properties?: Record<string, Schema>;
  required?: string[];
  example?: unknown;
  default?: unknown;
  $ref?: string;
  enum?: string[];
  allOf?: Schema[];
}
interface Operation {
  operationId: string;
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

/** Codes in the history, of syncs that failed after their request was accepted, and of calls of embedding code. */
/** Told to a browser in the fragment of an address. */
const OF_SIGN_INS = ['SIGN_IN_FAILED', 'TOO_MANY_ROLES', 'NO_ISSUER'];
const OF_SYNCS = [
  ...['MISSING_DATA', 'SYNC_UNDER_WAY', 'PUSH_UNDER_WAY', 'PAYLOAD_CHANGED', 'NOT_STARTED', 'NOT_TRACKED_YET'],
];
const COMMITTED = 'openapi.json';
/** How an operation id begins. */
const VERBS = [
  ...['list', 'get', 'count', 'compare', 'locate', 'export', 'create', 'put', 'update', 'generate', 'end', 'cancel'],
  ...['import', 'adopt', 'pull', 'retire', 'reinstate', 'approve', 'refuse', 'rollBack', 'record', 'link', 'replay'],
  ...['mute', 'unmute', 'send', 'revoke', 'sign'],
];

let written: string;
let document: Document;
let operations: { name: string; operation: Operation }[];

// By the build, as users get it: Jest's own compiler knows nothing of the Swagger plugin.
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'synctrail-openapi-'));
  const file = join(folder, 'openapi.json');
  await promisify(execFile)(process.execPath, ['dist/src/openapi.js', file], { env: { PATH: process.env.PATH } });
  written = await readFile(file, 'utf8');
  document = JSON.parse(written) as Document;
  await rm(folder, { recursive: true });
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation })),
  );
});

describe('the OpenAPI document', () => {
  it('is committed as the code writes it; else run npm run openapi', async () => {
    const [committed, now] = [await readFile(COMMITTED, 'utf8'), written].map((text) => text.split('\n'));
    const line = now!.findIndex((text, index) => text !== committed![index]);
    // A whole file is too much to look at.
    const place = (lines: string[]) => (line < 0 ? '' : `${COMMITTED}:${line + 1} ${lines[line] ?? 'has ended'}`);
    expect([committed!.length, place(committed!)]).toEqual([now!.length, place(now!)]);
  });

  it('gives each operation a name of its own that begins with a verb', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
    expect(ids.filter((id) => !VERBS.some((verb) => new RegExp(`^${verb}[A-Z]`).test(id)))).toEqual([]);
  });

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
    const problem = (name: string) => ({
      'application/problem+json': { schema: { $ref: `#/components/schemas/${name}` } },
    });
    for (const { operation } of operations) {
      expect(operation.responses['4XX']?.content).toEqual(problem('RequestProblem'));
      expect(operation.responses['5XX']?.content).toEqual(problem('ServiceProblem'));
    }
  });

  it('names each code of a problem at a route, with its status, unless it is only of a sync or of the pages of a sign-in', () => {
    const named = new Set(
      operations.flatMap(({ operation }) =>
        Object.entries(operation.responses).flatMap(([status, { content }]) =>
          codesIn(content?.['application/problem+json']?.schema).map((code) => `${status} ${code}`),
        ),
      ),
    );
    const general = new Set(
      ['RequestProblem', 'ServiceProblem'].flatMap((name) => codesIn(document.components.schemas[name])),
    );
    const unnamed = Object.entries(PROBLEMS)
      .filter(([code, [status]]) => !named.has(`${status} ${code}`) && !general.has(code))
      .map(([code]) => code);
    expect(unnamed.toSorted()).toEqual([...OF_SYNCS, ...OF_SIGN_INS].toSorted());
  });

  it('requires nothing that has a default', () => {
    const parameters = operations.flatMap(({ operation }) => operation.parameters);
    expect(parameters.filter(({ required, schema }) => required && schema.default !== undefined)).toEqual([]);
    const { required } = document.components.schemas.DeploymentRequestDto!;
    // The actor is the principal where there is one.
    expect(required).toBeUndefined();
  });
});

function codesIn(schema: Schema = {}): string[] {
  return schema.allOf?.flatMap(({ properties }) => properties?.code?.enum ?? []) ?? [];
}

/** Every description and summary below a part of the document, with its path; examples are data. */
function descriptionsIn(part: unknown, path = ''): { path: string; text: string }[] {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    if ((key === 'description' || key === 'summary') && typeof value === 'string') return [{ path, text: value }];
    return key === 'example' || key === 'examples' ? [] : descriptionsIn(value, `${path}/${key}`);
  });
}
