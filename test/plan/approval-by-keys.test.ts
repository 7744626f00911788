import { runCli } from '../support/run-cli.ts';
import { type ServiceProcess, startServiceProcess } from '../support/service-process.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt } from '../support/test-app.ts';
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts';

interface Answer {
  status: number;
  body: { id: string; key: string; code?: string };
}

let database: TestDatabase;
let cms: SimulatedCms;
let service: ServiceProcess;
let root: string;

beforeAll(async () => {
  [database, cms] = await Promise.all([createTestDatabase(), startSimulatedCms()]);
  service = await startServiceProcess({
    ...optimizelyAt(cms.url),
    ...{ DATABASE_URL: database.url, ACCESS: 'keys', APPROVAL_TARGETS: 'optimizely/default' },
  });
  root = await keyOnServer('root');
  await call(root, 'PUT', '/content-types/Article', { key: 'Article', displayName: 'Article', baseType: '_page' });
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await cms?.close();
  await database?.drop();
});

async function call(key: string, method: string, path: string, body: object): Promise<Answer> {
  const response = await fetch(`${service.url}/api/v1${path}`, {
    ...{ method, body: JSON.stringify(body) },
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** A key that no other key has made. */
async function keyOnServer(name: string): Promise<string> {
  const made = await runCli(['keys', 'create', '--json', '--name', name, '--grant', 'admin'], {
    DATABASE_URL: database.url,
  });
  return (JSON.parse(made.stdout) as { key: string }).key;
}

const keyOf = async (maker: string, name: string, grants: string[]) =>
  (await call(maker, 'POST', '/keys', { name, grants })).body.key;
const planOf = async (author: string) => (await call(author, 'POST', '/plans', { platform: 'optimizely' })).body.id;
const approve = (key: string, plan: string) => call(key, 'POST', `/plans/${plan}/approve`, { reason: 'I looked' });
const REFUSED = { status: 409, body: { code: 'APPROVAL_BY_AUTHOR' } };

it('is given by nobody with a key that the author has made, or whose maker the author is', async () => {
  const author = await keyOf(root, 'author', ['operator', 'keys:manage']);
  const helper = await keyOf(author, 'helper', ['operator', 'keys:manage']);
  const helpersHelper = await keyOf(helper, 'second-helper', ['operator']);
  const plan = await planOf(author);
  for (const key of [author, helper, helpersHelper, root]) expect(await approve(key, plan)).toMatchObject(REFUSED);
  const ofHelper = await planOf(helpersHelper);
  for (const key of [author, helper, root]) expect(await approve(key, ofHelper)).toMatchObject(REFUSED);
});

it('is given by two keys that somebody else has made, and names them', async () => {
  const jane = await keyOf(root, 'jane', ['operator']);
  const joe = await keyOf(root, 'joe', ['operator']);
  const approved = await approve(joe, await planOf(jane));
  expect(approved).toMatchObject({
    status: 200,
    body: {
      ...{ actor: 'jane', decidedBy: 'joe', approval: 'APPROVED' },
      ...{ principal: expect.stringMatching(/^key:/), decidedPrincipal: expect.stringMatching(/^key:/) },
    },
  });
  expect(await approve(await keyOnServer('second root'), await planOf(jane))).toMatchObject({ status: 200 });
});
