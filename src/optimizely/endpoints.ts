const SAAS_GATEWAY = /^https:\/\/api(-[^.]+)?\.cms[^.]*\.optimizely\.com$/;

/** Where an environment takes token requests and API calls. The gateway of the SaaS has a form of its own. */
export function endpoints(apiUrl: string): { token: string; api: string } {
  const base = apiUrl.replace(/\/$/, '');
  return SAAS_GATEWAY.test(base)
    ? { token: `${base}/oauth/token`, api: `${base}/v1` }
    : { token: `${base}/_cms/v1/oauth/token`, api: `${base}/_cms/v1` };
}
