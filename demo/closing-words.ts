import { styleText } from 'node:util';
import type { CmsControl } from './cms-control.ts';
import type { RecordedCall } from './recorded-calls.ts';
import { type ServiceApi, STAGING } from './service-api.ts';

const TIMEOUT_MS = 10_000;

/** Where to look on; every address given has been asked just now. */
export async function closingWords(service: ServiceApi, cms: CmsControl, calls: RecordedCall[]): Promise<string> {
  const refused = calls.flatMap(({ items }) => items).find(({ errorCode }) => errorCode === 'DATA_LOSS_REFUSED');
  const api = `${service.url}/api/v1`;
  const addresses = {
    Dashboard: `${service.url}/`,
    'Swagger UI': `${service.url}/docs`,
    API: `${api}/sync/history`,
    'Simulated CMS': `${cms.url}/_sandbox/journal`,
  };
  const questions = {
    'What failed?': `${api}/sync/history?status=FAILED&limit=5`,
    'Why was it refused?': `${api}/sync/${refused?.id}`,
    'What would it have changed?': `${api}/sync/${refused?.id}/diff`,
    'What is not live yet?': `${api}/live/compare?otherEnvironment=${STAGING}`,
    'What did a version change?': `${api}/content-types/ProductPage/diff?from=1&to=2`,
  };
  await Promise.all([...Object.values(addresses), ...Object.values(questions)].map(check));
  return [
    ...Object.entries(addresses).map(([name, url]) => `  ${name.padEnd(28)}  ${styleText('cyan', url)}`),
    '',
    ...Object.entries(questions).map(([question, url]) => `  ${question.padEnd(28)}  curl -s '${url}'`),
    `  ${'Is the CMS as we left it?'.padEnd(28)}  curl -s '${api}/platforms/optimizely/pull' \\`,
    `  ${' '.repeat(28)}       -H 'content-type: application/json' -d '{"environment":"${STAGING}","actor":"me"}'`,
  ].join('\n');
}

async function check(url: string): Promise<void> {
  const { ok, status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!ok) throw new Error(`${url} was answered ${status}.`);
}
