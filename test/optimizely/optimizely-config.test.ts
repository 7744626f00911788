import { optimizelyEnvironments } from '#optimizely';
import { ConfigurationError } from '../../src/environment.ts';
import { endpoints } from '../../src/optimizely/endpoints.ts';

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    optimizelyEnvironments(env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

const DEFAULT = { OPTIMIZELY_CMS_CLIENT_ID: 'id', OPTIMIZELY_CMS_CLIENT_SECRET: ' secret\n' };

describe('the environments of Optimizely', () => {
  it('are none when nothing is set', () => {
    expect(optimizelyEnvironments({ OPTIMIZELY_CMS_CLIENT_ID: '', OPTIMIZELY_CMS_URL: 'http://a', PATH: '/' })).toEqual(
      [],
    );
  });

  it('are named by their variables, the default one first', () => {
    const environments = optimizelyEnvironments({
      OPTIMIZELY_CMS_EU_STAGING_CLIENT_ID: 'eu',
      OPTIMIZELY_CMS_EU_STAGING_CLIENT_SECRET: 'eu-secret',
      OPTIMIZELY_CMS_EU_STAGING_API_URL: 'http://cms_1:8080/p/42/',
      OPTIMIZELY_CMS_EU_STAGING_ALLOW_HTTP: 'true',
      OPTIMIZELY_CMS_EU_STAGING_TIMEOUT_MS: '5000',
      OPTIMIZELY_CMS_EU_STAGING_ACT_AS: 'robot',
      ...DEFAULT,
    });
    const gateway = 'https://api.cms.optimizely.com';
    const limits = { timeoutMs: 30_000, maxConcurrency: 4 };
    expect(environments).toEqual([
      { name: 'default', clientId: 'id', clientSecret: 'secret', apiUrl: gateway, ...limits },
      {
        ...limits,
        name: 'eu-staging',
        clientId: 'eu',
        clientSecret: 'eu-secret',
        apiUrl: 'http://cms_1:8080/p/42/',
        allowHttp: 'true',
        timeoutMs: 5000,
        actAs: 'robot',
      },
    ]);
  });

  it('tell every problem at once, each with its variable', () => {
    const problems = problemsOf({
      OPTIMIZELY_CMS_CLIENT_ID: 'id',
      OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'secret',
      OPTIMIZELY_CMS_STAGING_API_URL: 'ftp://cms',
      OPTIMIZELY_CMS_STAGING_TIMEOUT_MS: 'soon',
      OPTIMIZELY_CMS_STAGING_MAX_CONCURRENCY: '0',
      OPTIMIZELY_CMS_DEFAULT_CLIENT_ID: 'x',
    });
    for (const problem of [
      /^OPTIMIZELY_CMS_CLIENT_SECRET must be set/,
      /^OPTIMIZELY_CMS_STAGING_CLIENT_ID must be set/,
      /^OPTIMIZELY_CMS_STAGING_API_URL must be an http.*"ftp:\/\/cms"/,
      /^OPTIMIZELY_CMS_STAGING_TIMEOUT_MS must be a whole number/,
      /^OPTIMIZELY_CMS_STAGING_MAX_CONCURRENCY must be at least 1/,
      /^OPTIMIZELY_CMS_DEFAULT_CLIENT_ID is not read.*OPTIMIZELY_CMS_CLIENT_ID$/,
    ]) {
      expect(problems).toContainEqual(expect.stringMatching(problem));
    }
  });

  it.each(['https://user:pass-word@cms.example', 'https://cms.example?key=1', 'https://cms.example#x', 'cms.example'])(
    'refuse the address %s',
    (url) => {
      const problems = problemsOf({ ...DEFAULT, OPTIMIZELY_CMS_API_URL: url });
      expect(problems).toEqual([expect.stringContaining('OPTIMIZELY_CMS_API_URL must be')]);
      expect(problems[0]).not.toContain('pass-word');
    },
  );
});

describe('an address without TLS', () => {
  const problemsAt = (url: string, allow?: string) =>
    problemsOf({
      ...{ OPTIMIZELY_CMS_QA_CLIENT_ID: 'id', OPTIMIZELY_CMS_QA_CLIENT_SECRET: 'secret' },
      ...{ OPTIMIZELY_CMS_QA_API_URL: url, OPTIMIZELY_CMS_QA_ALLOW_HTTP: allow },
    });

  it.each([
    ...['http://cms.example', 'http://sandbox:4010', 'HTTP://10.0.0.1', 'http://127.0.0.1.evil.example'],
    ...['http://localhost.evil.example', 'http://0.0.0.0', 'http://[::ffff:10.0.0.1]', 'http://xlocalhost'],
  ])('%s is refused, with the way out', (url) => {
    const problem = /^OPTIMIZELY_CMS_QA_API_URL must be https:.*OPTIMIZELY_CMS_QA_ALLOW_HTTP=true/;
    expect(problemsAt(url)).toEqual([expect.stringMatching(problem)]);
    expect(problemsAt(url, 'false')).toEqual([expect.stringMatching(problem)]);
    expect(problemsAt(url, 'true')).toEqual([]);
    expect(problemsAt(url, '1')).toContainEqual(expect.stringMatching(/ALLOW_HTTP must be true or false/));
  });

  it.each([
    'http://127.0.0.1:4010',
    'http://localhost',
    'http://cms.localhost:1',
    'http://[::1]:80',
    'http://127.9.8.7',
  ])('%s is taken, as nothing leaves this machine', (url) => expect(problemsAt(url)).toEqual([]));
});

describe('an address', () => {
  it.each([
    ['https://api.cms.optimizely.com', '/oauth/token', '/v1'],
    ['https://api-eu.cms-test.optimizely.com', '/oauth/token', '/v1'],
    ['https://app.cms.optimizely.com', '/_cms/v1/oauth/token', '/_cms/v1'],
    ['https://api.cms.optimizely.com.evil.example', '/_cms/v1/oauth/token', '/_cms/v1'],
    ['http://127.0.0.1:4010/p/42', '/_cms/v1/oauth/token', '/_cms/v1'],
  ])('%s leads to its token and API, with or without a slash', (url, token, api) => {
    const expected = { token: url + token, api: url + api };
    expect(endpoints(url)).toEqual(expected);
    expect(endpoints(`${url}/`)).toEqual(expected);
  });
});
