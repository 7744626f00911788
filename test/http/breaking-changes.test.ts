import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import jsonPatch, { type Operation } from 'fast-json-patch';
import { type ApiDocument, breakingChanges } from '../../scripts/breaking-changes.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'lint-breaking.ts');
const BEFORE: ApiDocument = {
  paths: {
    '/syncs': {
      get: {
        operationId: 'listSyncs',
        parameters: [
          { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } },
          { name: 'status', in: 'query', schema: { type: 'string', enum: ['SUCCESS', 'FAILED'] } },
        ],
        responses: { 200: json({ type: 'array', items: { $ref: '#/components/schemas/Sync' } }) },
      },
      post: {
        operationId: 'recordSync',
        requestBody: json({ $ref: '#/components/schemas/NewSync' }),
        responses: { 201: json({ $ref: '#/components/schemas/Sync' }) },
      },
    },
  },
  components: {
    schemas: {
      Sync: {
        type: 'object',
        required: ['id', 'status', 'parent'],
        properties: {
          id: { type: 'string' },
          status: { type: 'string', enum: ['SUCCESS', 'FAILED'] },
          parent: { anyOf: [{ $ref: '#/components/schemas/Sync' }, { type: 'null' }] },
          retries: { type: 'integer' },
        },
      },
      NewSync: {
        type: 'object',
        required: ['typeKey'],
        properties: {
          typeKey: { type: 'string', maxLength: 255 },
          direction: { type: ['string', 'null'], enum: ['PUSH', 'PULL', null] },
          data: {},
        },
      },
    },
  },
};
const [GET, POST] = ['/paths/~1syncs/get', '/paths/~1syncs/post'];
const [SYNC, NEW_SYNC] = ['/components/schemas/Sync', '/components/schemas/NewSync'];
const put = (path: string, value: unknown): Operation => ({ op: 'add', path, value });
const remove = (path: string): Operation => ({ op: 'remove', path });
const move = (from: string, path: string): Operation => ({ op: 'move', from, path });

describe('breaking changes', () => {
  it.each<[string, Operation[], string[]]>([
    ['a path that is gone', [remove('/paths/~1syncs')], ['GET /syncs is gone', 'POST /syncs is gone']],
    ['a method that is gone', [remove(POST)], ['POST /syncs is gone']],
    [
      'another operation id',
      [put(`${GET}/operationId`, 'findSyncs')],
      ['GET /syncs has the operation id findSyncs; it was listSyncs'],
    ],
    [
      'a parameter that is gone',
      [remove(`${GET}/parameters/0`)],
      ['GET /syncs, query parameter limit is gone, and is refused'],
    ],
    [
      'a new parameter that is required',
      [put(`${GET}/parameters/-`, { name: 'platform', in: 'query', required: true })],
      ['GET /syncs, query parameter platform is new and required'],
    ],
    [
      'a parameter that is required now',
      [put(`${GET}/parameters/0/required`, true)],
      ['GET /syncs, query parameter limit is required now'],
    ],
    [
      'a value that a parameter no longer has',
      [remove(`${GET}/parameters/1/schema/enum/1`)],
      ['GET /syncs, query parameter status has no value "FAILED" any more'],
    ],
    [
      'a lower maximum',
      [put(`${GET}/parameters/0/schema/maximum`, 50)],
      ['GET /syncs, query parameter limit has the maximum 50 now; it was 100'],
    ],
    ['a body that is gone', [remove(`${POST}/requestBody`)], ['POST /syncs, request body is gone']],
    [
      'a body that is new and required',
      [put(`${GET}/requestBody`, { required: true, content: {} })],
      ['GET /syncs, request body is new and required'],
    ],
    [
      'a member of a request that is new and required',
      [put(`${NEW_SYNC}/properties/actor`, { type: 'string' }), put(`${NEW_SYNC}/required/-`, 'actor')],
      ['In requests, NewSync.actor is required now'],
    ],
    [
      'a member of a request that is gone',
      [remove(`${NEW_SYNC}/properties/data`)],
      ['In requests, NewSync.data is gone'],
    ],
    [
      'a value that a member of a request no longer has',
      [remove(`${NEW_SYNC}/properties/direction/enum/0`)],
      ['In requests, NewSync.direction has no value "PUSH" any more'],
    ],
    [
      'a member of a request that takes only some values now',
      [put(`${NEW_SYNC}/properties/typeKey/enum`, ['Article'])],
      ['In requests, NewSync.typeKey takes only "Article" now'],
    ],
    [
      'a member of a request that takes no null any more',
      [put(`${NEW_SYNC}/properties/direction/type`, 'string')],
      ['In requests, NewSync.direction no longer takes null'],
    ],
    [
      'another type of a member of a request',
      [put(`${NEW_SYNC}/properties/data/type`, 'object')],
      ['In requests, NewSync.data no longer takes any value'],
    ],
    [
      'a shorter text',
      [put(`${NEW_SYNC}/properties/typeKey/maxLength`, 100)],
      ['In requests, NewSync.typeKey has the maxLength 100 now; it was 255'],
    ],
    [
      'another status of an answer',
      [move(`${POST}/responses/201`, `${POST}/responses/200`)],
      ['POST /syncs, answer 201 is gone'],
    ],
    [
      'another media type of an answer',
      [put(`${GET}/responses/200/content`, { 'text/csv': {} })],
      ['GET /syncs, answer 200 has no application/json any more'],
    ],
    [
      'a member of an answer that is gone, told once for every route',
      [remove(`${SYNC}/properties/retries`)],
      ['In answers, Sync.retries is gone'],
    ],
    [
      'a member of an answer that may be left out now',
      [remove(`${SYNC}/required/0`)],
      ['In answers, Sync.id may be left out now'],
    ],
    [
      'another type of a member of an answer',
      [put(`${SYNC}/properties/id/type`, 'integer')],
      ['In answers, Sync.id may be integer now'],
    ],
    [
      'a member of an answer that may be null now',
      [put(`${SYNC}/properties/id/type`, ['string', 'null'])],
      ['In answers, Sync.id may be null now'],
    ],
    [
      'a fraction where a whole number was',
      [put(`${SYNC}/properties/retries/type`, 'number')],
      ['In answers, Sync.retries may be number now'],
    ],
    [
      'a value that an answer no longer has',
      [remove(`${SYNC}/properties/status/enum/0`)],
      ['In answers, Sync.status has no value "SUCCESS" any more'],
    ],
  ])('are: %s', (_what, planted, changes) => {
    expect(breakingChanges(BEFORE, changed(planted))).toEqual(changes);
  });

  it.each<[string, Operation[]]>([
    ['nothing', []],
    ['a new route', [{ op: 'copy', from: '/paths/~1syncs', path: '/paths/~1plans' }]],
    ['a new parameter', [put(`${GET}/parameters/-`, { name: 'cursor', in: 'query' })]],
    ['a new member', [put(`${NEW_SYNC}/properties/reason`, { type: 'string' })]],
    ['a new value', [put(`${SYNC}/properties/status/enum/-`, 'PARTIAL')]],
    ['a greater maximum', [put(`${GET}/parameters/0/schema/maximum`, 200)]],
    ['a member that is no longer required', [remove(`${NEW_SYNC}/required/0`)]],
    ['a member that is always there', [put(`${SYNC}/required/-`, 'retries')]],
    ['another description', [put(`${GET}/summary`, 'Lists the syncs.')]],
    ['a null that never comes', [remove(`${SYNC}/properties/parent/anyOf/1`)]],
    [
      'another name of a schema',
      [move(SYNC, '/components/schemas/SyncDto'), put(SYNC, { $ref: '#/components/schemas/SyncDto' })],
    ],
  ])('are not: %s', (_what, planted) => {
    expect(breakingChanges(BEFORE, changed(planted))).toEqual([]);
  });

  it('are none between the document and itself', async () => {
    const document = JSON.parse(await readFile('openapi.json', 'utf8')) as ApiDocument;
    expect(breakingChanges(document, document)).toEqual([]);
  });
});

describe('npm run lint:breaking', () => {
  let root: string;
  let folder: string;

  beforeEach(async () => {
    folder = root = await mkdtemp(join(tmpdir(), 'synctrail-breaking-'));
    await write(BEFORE);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('says that it compared nothing where there is no Git, or no history', async () => {
    const nothing = { code: 0, text: expect.stringMatching(/^Compared nothing: this folder has no Git history/) };
    expect(await lint({ PATH: '' })).toEqual(nothing);
    expect(await lint()).toEqual(nothing);
  });

  const withGit = spawnSync('git', ['--version']).status === 0 ? it : it.skip;

  withGit('compares with the commit before, and lets a change through that a commit announces', async () => {
    await git('init', '--quiet');
    await git('commit', '--quiet', '--allow-empty', '--message', 'feat: begin');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'feat: keep the document');
    expect(await lint()).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^Compared nothing: openapi.json is new/),
    });

    await git('commit', '--quiet', '--allow-empty', '--message', 'feat: change nothing');
    expect(await lint()).toMatchObject({ code: 0, text: expect.stringMatching(/breaks no client of/) });

    await write(changed([remove(POST)]));
    await git('commit', '--quiet', '--all', '--message', 'feat: take away what nobody needs');
    const broken = await lint();
    expect(broken).toMatchObject({
      code: 1,
      text: expect.stringMatching(/- POST \/syncs is gone\n\nKeep what clients use/),
    });

    await git('commit', '--quiet', '--amend', '--message', 'feat(http)!: take away what nobody needs');
    expect(await lint()).toMatchObject({
      code: 0,
      text: expect.stringMatching(/POST \/syncs is gone\n\nA commit since/),
    });
  });

  withGit('compares with the commit where a branch began', async () => {
    const clone = join(folder, 'clone');
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '--message', 'feat: keep the document');
    await git('clone', '--quiet', '.', clone);
    folder = clone;
    await write(changed([remove(POST)]));
    await git('commit', '--quiet', '--all', '--message', 'feat: take away what nobody needs');
    await git('commit', '--quiet', '--allow-empty', '--message', 'feat: change nothing');
    expect(await lint()).toMatchObject({ code: 1, text: expect.stringMatching(/- POST \/syncs is gone/) });
  });

  async function write(document: object): Promise<void> {
    await writeFile(join(folder, 'openapi.json'), JSON.stringify(document));
  }

  async function git(...args: string[]): Promise<void> {
    const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
    await promisify(execFile)('git', [...who, ...args], { cwd: folder, env: environment() });
  }

  function lint(env: NodeJS.ProcessEnv = {}): Promise<{ code: number; text: string }> {
    return new Promise((resolve) =>
      execFile(process.execPath, [SCRIPT], { cwd: folder, env: { ...environment(), ...env } }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, text: out + err }),
      ),
    );
  }

  /** Without what Git says to its own hooks, and without a repository around the folder. */
  function environment(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: folder, GIT_CEILING_DIRECTORIES: tmpdir() };
  }
});

function changed(planted: Operation[]): ApiDocument {
  return jsonPatch.applyPatch(structuredClone(BEFORE), planted, true).newDocument;
}

function json(schema: object) {
  return { content: { 'application/json': { schema } } };
}
