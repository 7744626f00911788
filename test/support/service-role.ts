import type { ServiceRole } from '#database';

/** A role that runs the service and owns nothing; the servers of the tests have it when TEST_AS_SERVICE_ROLE is set. */
export const SERVICE_ROLE = 'synctrail_service';
export const SERVICE_PASSWORD = 'of-the-service';

/** What a migration grants, where the service logs in as that role. */
export function serviceOfTests(): ServiceRole | undefined {
  return process.env.TEST_AS_SERVICE_ROLE === 'true' ? { role: SERVICE_ROLE, factMonths: 1 } : undefined;
}

/** The same database, as that role. */
export function asServiceRole(url: string): string {
  const given = new URL(url);
  given.username = SERVICE_ROLE;
  given.password = SERVICE_PASSWORD;
  return given.href;
}

/** How the service and its commands log in; a test itself stays the owner. */
export function serviceLogin(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { DATABASE_URL: url } = env;
  if (process.env.TEST_AS_SERVICE_ROLE !== 'true' || url === undefined || !isOnTestServer(url)) return env;
  return { ...env, DATABASE_URL: asServiceRole(url) };
}

/** A server that a test starts by itself has no such role. */
function isOnTestServer(url: string): boolean {
  const { host, username } = new URL(url);
  const servers = process.env.TEST_SERVER_URLS!.split(' ').map((server) => new URL(server));
  return servers.some((server) => server.host === host && server.username === username);
}
