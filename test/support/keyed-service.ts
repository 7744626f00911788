import { runCli } from './run-cli.ts';
import { type ServiceProcess, startServiceProcess } from './service-process.ts';
import { type SimulatedCms, startSimulatedCms } from './simulated-cms.ts';
import { connectSql, type Sql } from './sql.ts';
import { optimizelyAt } from './test-app.ts';
import { createTestDatabase, type TestDatabase } from './test-database.ts';

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: never;
}

/** A request under /api/v1; `more` has other headers. */
interface Sent {
  body?: object;
  headers?: Record<string, string>;
  at?: ServiceProcess;
}

/** Services whose callers need keys, on one database, with the environments `default` and `staging` of one platform. */
export class KeyedService {
  private constructor(
    readonly database: TestDatabase,
    readonly cms: SimulatedCms,
    readonly sql: Sql,
    readonly first: ServiceProcess,
    readonly admin: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly others: ServiceProcess[] = [],
  ) {}

  static async start(env: NodeJS.ProcessEnv = {}): Promise<KeyedService> {
    const [database, cms] = await Promise.all([createTestDatabase(), startSimulatedCms()]);
    const all: NodeJS.ProcessEnv = {
      ...{ DATABASE_URL: database.url, ACCESS: 'keys', RATE_LIMIT_PER_MINUTE: '0' },
      ...optimizelyAt(cms.url),
      OPTIMIZELY_CMS_STAGING_CLIENT_ID: 'demo-client',
      OPTIMIZELY_CMS_STAGING_CLIENT_SECRET: 'demo-secret',
      OPTIMIZELY_CMS_STAGING_API_URL: optimizelyAt(cms.url).OPTIMIZELY_CMS_API_URL,
      ...env,
    };
    const service = await startServiceProcess(all);
    const made = await runCli(['keys', 'create', '--json', '--name', 'root', '--grant', 'admin'], {
      DATABASE_URL: database.url,
    });
    const { key } = JSON.parse(made.stdout) as { key: string };
    return new KeyedService(database, cms, await connectSql(database.url), service, key, all);
  }

  /** Another replica. */
  async another(): Promise<ServiceProcess> {
    const service = await startServiceProcess(this.env);
    this.others.push(service);
    return service;
  }

  async stop(): Promise<void> {
    await this.sql.close();
    for (const service of [this.first, ...this.others]) await service.stop();
    await this.cms.close();
    await this.database.drop();
  }

  async ask(key: string | undefined, method: string, path: string, { body, headers, at = this.first }: Sent = {}) {
    const response = await fetch(`${at.url}/api/v1${path}`, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    const answer: Answer = {
      ...{ status: response.status, headers: response.headers, text },
      body: (isJson ? JSON.parse(text) : undefined) as never,
    };
    return answer;
  }

  async keyOf(name: string, ...grants: string[]): Promise<{ id: string; key: string }> {
    const { status, body } = await this.ask(this.admin, 'POST', '/keys', { body: { name, grants } });
    expect({ status, body }).toMatchObject({ status: 201 });
    return body;
  }

  /** One content type in the catalogue. */
  async importPage(query = ''): Promise<void> {
    const body = { contentTypes: [{ key: 'Page', displayName: 'Page', baseType: '_page', properties: {} }] };
    expect(await this.ask(this.admin, 'POST', `/content-types/import${query}`, { body })).toMatchObject({
      status: 201,
    });
  }

  /** A sync that another system has recorded; the answer is its id. */
  async recorded(environment = 'default', data: object = { title: 'A payload' }, more: object = {}): Promise<string> {
    const { status, body } = await this.ask(this.admin, 'POST', '/sync', {
      body: { platform: 'optimizely', environment, direction: 'PUSH', typeKey: 'Article', data, ...more },
    });
    expect({ status, body }).toMatchObject({ status: 201 });
    return (body as { id: string }).id;
  }
}
