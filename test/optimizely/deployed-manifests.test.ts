import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deploy } from '../support/deployments.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

/** A folder of manifests, `*.manifest.json`; `MANIFESTS` names another one. */
const FOLDER = process.env.MANIFESTS ?? join(import.meta.dirname, '../fixtures/manifests');
const FILES = globSync('*.manifest.json', { cwd: FOLDER }).toSorted();

interface Item {
  kind: string;
  typeKey: string;
}

let cms: SimulatedCms;
let service: TestApp;

beforeAll(async () => {
  cms = await startSimulatedCms();
  service = await startTestApp(optimizelyAt(cms.url));
});
beforeEach(() => cms.reset());
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

it('there are manifests to deploy', () => expect(FILES).not.toEqual([]));

it.each(FILES)('%s is deployed, and a pull brings back the same', async (file) => {
  const manifest: unknown = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
  const imported = await service.api('POST', '/content-types/import', manifest);
  const items = (imported.body as { items: Item[] }).items.map(({ kind, typeKey }) => ({ kind, typeKey }));
  const deployment = await deploy(service.api, { items });
  expect(deployment.items.filter(({ status }) => status !== 'SUCCESS')).toEqual([]);
  expect(deployment.status).toBe('SUCCESS');

  const pulled = await service.api('POST', '/platforms/optimizely/pull', { actor: 'jane' });
  const states = new Map(
    (pulled.body as { items: (Item & { state: string })[] }).items.map((item) => [
      `${item.kind} ${item.typeKey}`,
      item,
    ]),
  );
  for (const item of items)
    expect(states.get(`${item.kind} ${item.typeKey}`)).toMatchObject({ ...item, state: 'same' });
});
