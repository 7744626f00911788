import { deploy, pushBeside } from '../support/deployments.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const FAILURES = 2;
/** Longer than a deployment takes on a slow machine. */
const RESET_MS = 4_000;
/** Pushes of one item would wait for each other. */
const KEYS = ['Article', 'Hero', 'Teaser'];
const manifests = { method: 'POST', path: '/manifest' };

describe('an environment that failed too often in a row', () => {
  let cms: SimulatedCms;
  let service: TestApp;

  beforeAll(async () => {
    cms = await startSimulatedCms();
    service = await startTestApp({
      READ_BACK_MS: '0',
      ...optimizelyAt(cms.url),
      RETRY_MAX_ATTEMPTS: '1',
      CIRCUIT_FAILURES: String(FAILURES),
      CIRCUIT_RESET_MS: String(RESET_MS),
      // All that are let through can be under way at once.
      OPTIMIZELY_CMS_MAX_CONCURRENCY: '10',
    });
    for (const key of KEYS) {
      await service.api('PUT', `/content-types/${key}`, { key, displayName: key, baseType: '_page' });
    }
  });

  afterAll(async () => {
    await service?.close();
    await cms?.close();
  });

  const circuit = async () => {
    const { circuits } = (await (await fetch(`${service.url}/health/ready`)).json()) as { circuits: object[] };
    return circuits;
  };
  const here = { platform: 'optimizely', environment: 'default' };
  const arrivals = async () =>
    (await cms.calls()).filter(({ method, path }) => method === 'POST' && path.endsWith('/manifest')).length;

  it('is left alone, tried by one call at a time, and used again when that succeeds', async () => {
    await cms.strike({ kind: 'status', status: 503, untilReset: true, match: manifests });
    for (let failure = 0; failure < FAILURES; failure += 1) await deploy(service.api);
    expect(await circuit()).toEqual([{ ...here, state: 'open' }]);

    const refused = await deploy(service.api);
    expect(refused).toMatchObject({ status: 'FAILED', errorCode: 'CIRCUIT_OPEN' });
    expect(await arrivals()).toBe(FAILURES);
    const { body } = await service.api('GET', `/sync/${refused.items[0]!.syncId}`);
    expect(body).toMatchObject({
      errorCode: 'CIRCUIT_OPEN',
      metadata: { circuit: { state: 'open', failures: FAILURES, resetMs: RESET_MS } },
    });

    // The probe hangs until it is told otherwise: what comes meanwhile is refused.
    await cms.strike({ kind: 'status', status: 503, delayMs: 500, untilReset: true, match: manifests });
    await until('one is let through', async () => {
      await Promise.allSettled(KEYS.map((typeKey) => pushBeside(service, typeKey)));
      return (await arrivals()) > FAILURES;
    });
    expect(await arrivals()).toBe(FAILURES + 1);
    expect(await circuit()).toEqual([{ ...here, state: 'open' }]);

    await cms.strike();
    await until('all are again', async () => (await deploy(service.api)).status === 'SUCCESS');
    expect(await circuit()).toEqual([{ ...here, state: 'closed' }]);
    const answers = await Promise.all(KEYS.map((typeKey) => pushBeside(service, typeKey)));
    expect(answers.flatMap(({ items }) => items).map(({ status }) => status)).toEqual(KEYS.map(() => 'SUCCESS'));
  });
});
