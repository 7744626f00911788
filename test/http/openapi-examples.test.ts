import { readFileSync } from 'node:fs';
import { DOCUMENT } from '../support/checked-answers.ts';
import { deploy, settled } from '../support/deployments.ts';
import { filledIn, type FilledInDocument, operationIdsOf } from '../support/documented-requests.ts';
import { plan } from '../support/plans.ts';
import { type SimulatedCms, startSimulatedCms } from '../support/simulated-cms.ts';
import { optimizelyAt, startTestApp, type TestApp } from '../support/test-app.ts';

interface Answered {
  id: string;
  ids: string[];
  items: { id: string; errorFingerprint: string }[];
}

/** What has to be there before, and the ids that a user takes from an earlier answer. */
type Prepare = () => Record<string, string> | Promise<Record<string, string> | void> | void;

const PUSH_OF_MANIFEST = { method: 'POST', path: '/manifest' };
const ARTICLE = { items: [{ typeKey: 'Article' }] };
/** By the author of the example of a plan, who may not approve it. */
const STAGING = { environment: 'staging', actor: 'jane@example.com', ...ARTICLE };

const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as FilledInDocument;
const answers = new Map<string, Answered>();

let cms: SimulatedCms;
let service: TestApp;

beforeAll(async () => {
  cms = await startSimulatedCms();
  const { OPTIMIZELY_CMS_API_URL } = optimizelyAt(cms.url);
  service = await startTestApp({
    ...optimizelyAt(cms.url),
    OPTIMIZELY_CMS_STAGING_CLIENT_ID: 'demo-client',
    OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'demo-secret',
    OPTIMIZELY_CMS_STAGING_API_URL: OPTIMIZELY_CMS_API_URL,
    APPROVAL_TARGETS: 'optimizely/staging',
    ALERT_WEBHOOK_URL: cms.url,
    ALERT_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
    ALERT_ALLOW_PRIVATE: 'true',
  });
});
afterAll(async () => {
  await service?.close();
  await cms?.close();
});

/** Every operation, in the order in which a newcomer would try them. */
const STEPS: [operationId: string, prepare?: Prepare][] = [
  ['getLiveness'],
  ['getReadiness'],
  ['getMetrics'],
  ['listPlatforms'],
  // Content types.
  ['importContentTypes'],
  ['putContentType'],
  ['listContentTypes'],
  ['getContentType'],
  ['listVersions'],
  ['compareVersions'],
  // A plan, and a deployment.
  ['createPlan'],
  ['listPlans'],
  ['getPlan', () => ({ id: idOf('createPlan') })],
  ['approvePlan', async () => ({ id: (await plan(service.api, STAGING)).id })],
  ['refusePlan', async () => ({ id: (await plan(service.api, STAGING)).id })],
  ['createDeployment'],
  ['listDeployments'],
  ['getDeployment', async () => ({ id: (await settled(service.api, idOf('createDeployment'))).id })],
  ['getRollbackPlan', async () => ({ id: await secondDeployment() })],
  ['rollBackDeployment', async () => ({ id: (await newestDeployment()).id })],
  ['cancelDeployment', async () => ({ id: await slowDeployment() })],
  // What stands there.
  ['pullPlatform', () => settled(service.api, idOf('cancelDeployment')).then(() => undefined)],
  ['adoptChanges', () => cms.edit('Article', 'bob', { displayName: 'Story' }).then(pulled)],
  ['listLiveState'],
  ['compareTargets'],
  ['locateContentType'],
  // Keys.
  ['createKey'],
  ['listKeys'],
  ['revokeKey', () => ({ id: idOf('createKey') })],
  ['listAccessEvents'],
  ['exportAccessEvents'],
  ['getSession'],
  ['signOut'],
  // Rules.
  ['createDriftRule'],
  ['listDriftRules'],
  ['endDriftRule', () => ({ id: idOf('createDriftRule') })],
  ['createFreeze'],
  ['listFreezes'],
  ['endFreeze', () => ({ id: idOf('createFreeze') })],
  ['createWatch'],
  ['listWatches'],
  ['getWatch', () => ({ id: idOf('createWatch') })],
  ['endWatch', () => ({ id: idOf('createWatch') })],
  ['createExpectation'],
  ['listExpectations'],
  ['getExpectation', () => ({ id: idOf('createExpectation') })],
  ['listExpectationChecks', () => ({ id: idOf('createExpectation') })],
  ['endExpectation', () => ({ id: idOf('createExpectation') })],
  // Syncs of another system.
  ['recordSync'],
  ['linkSyncToVersion', () => ({ syncId: idOf('recordSync') })],
  ['updateSyncStatus', () => ({ syncId: idOf('recordSync') })],
  ['recordSyncs'],
  // The history.
  ['listSyncs'],
  ['countSyncs'],
  ['getSyncFacets'],
  ['exportSyncs'],
  ['listSyncsOfType'],
  ['getSync', () => ({ syncId: idOf('recordSync') })],
  ['getSyncStatus', () => ({ syncId: idOf('recordSync') })],
  ['listSyncEvents', () => ({ syncId: idOf('recordSync') })],
  ['getSyncSnapshot', () => ({ syncId: idOf('recordSync') })],
  ['compareSync', async () => ({ syncId: await lastPush() })],
  ['listEvents'],
  // Once more, what has failed.
  ['replaySync', async () => ({ syncId: await failedPush() })],
  ['replaySyncs', () => failedPush().then(() => undefined)],
  ['getAnalytics'],
  ['getAnalyticsGroups'],
  ['getAnalyticsTimeseries'],
  ['listFailures'],
  ['muteFailure', async () => ({ fingerprint: await fingerprint() })],
  ['unmuteFailure', async () => ({ fingerprint: await fingerprint() })],
  // Health.
  ['listTargetHealth'],
  ['generateHealthReport'],
  ['listHealthReports'],
  ['getLatestHealthReport'],
  ['getHealthReport', () => ({ reportId: idOf('generateHealthReport') })],
  ['sendTestAlert'],
  ['listAlerts'],
  // A content type goes and comes back.
  ['retireContentType'],
  ['listRetirements'],
  ['reinstateContentType'],
];

it('every operation has its turn', () => {
  const tried = STEPS.map(([operationId]) => operationId);
  // No key that signs somebody in can stand in a document.
  expect([...tried, 'signIn'].toSorted()).toEqual(operationIdsOf(document).toSorted());
});

// `fetch` compares each answer with its schema: see `checkAnswersOf`.
it.each(STEPS.map(([operationId, prepare]) => ({ operationId, prepare })))(
  '$operationId works as it is filled in',
  async ({ operationId, prepare }) => {
    const ids = (await prepare?.()) ?? {};
    const { path, ...request } = filledIn(document, operationId, ids);
    const response = await fetch(`${service.url}${path}`, request);
    const text = await response.text();
    expect(`${response.status} ${response.ok ? '' : text}`).toMatch(/^2\d\d $/);
    if (response.headers.get('content-type')?.startsWith('application/json'))
      answers.set(operationId, JSON.parse(text) as Answered);
  },
);

it('the examples of a deployment and of a rollback succeed', async () => {
  for (const operationId of ['createDeployment', 'rollBackDeployment'])
    expect(await settled(service.api, idOf(operationId))).toMatchObject({ status: 'SUCCESS', items: [{}] });
});

it('the example of an external sync is a sync that begins, and then succeeds', async () => {
  const { body } = await service.api('GET', `/sync/${idOf('recordSync')}`);
  expect(body).toMatchObject({
    ...{ platform: 'contentful', typeKey: 'Article', status: 'SUCCESS', durationMs: 840, statusCode: 200 },
    ...{ errorCode: null, retryCount: 0, deploymentId: null },
  });
});

function idOf(operationId: string): string {
  return answers.get(operationId)!.id;
}

async function newestDeployment(): Promise<{ id: string }> {
  const { body } = await service.api('GET', '/deployments?limit=1');
  return (body as Answered).items[0]!;
}

/** Of a changed content type, so that there is something to go back to. */
async function secondDeployment(): Promise<string> {
  const definition = { ...(filledBody('putContentType') as object), displayName: 'Essay' };
  await service.api('PUT', '/content-types/Article', definition);
  return (await deploy(service.api, ARTICLE)).id;
}

/** That still runs when its address is known. */
async function slowDeployment(): Promise<string> {
  await settled(service.api, idOf('rollBackDeployment'));
  await cms.strike({ kind: 'slow', delayMs: 300, match: PUSH_OF_MANIFEST });
  const { body } = await service.api('POST', '/deployments', filledBody('createDeployment'));
  return (body as Answered).id;
}

async function pulled(): Promise<void> {
  await service.api('POST', '/platforms/optimizely/pull', filledBody('pullPlatform'));
}

async function lastPush(): Promise<string> {
  const { body } = await service.api('GET', '/sync/history?platform=optimizely&direction=PUSH&limit=1');
  return (body as Answered).items[0]!.id;
}

async function fingerprint(): Promise<string> {
  const { body } = await service.api('GET', '/sync/history?status=FAILED&platform=optimizely&limit=1');
  return (body as Answered).items[0]!.errorFingerprint;
}

async function failedPush(): Promise<string> {
  await cms.strike({ kind: 'status', status: 422, match: PUSH_OF_MANIFEST });
  const { items } = await deploy(service.api, ARTICLE);
  return items[0]!.syncId!;
}

function filledBody(operationId: string): unknown {
  return JSON.parse(filledIn(document, operationId).body!);
}
