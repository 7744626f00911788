import { callbackify } from 'node:util';
import { Client, type ClientConfig } from 'pg';
import { type DatabaseUrl, describeHosts, type Host, parseDatabaseUrl } from './database-url.ts';

/** Milliseconds for a host to say what it is: less than a connection of the pool has, or none would be had. */
const PROBE_MS = 2_500;
const READ_ONLY = '25006';

/** Where a `pg` client connects to; its types have both read only. */
interface Movable {
  host: string;
  port: number;
  connection: { on(event: 'errorMessage', listener: (message: { code?: string }) => void): void };
}

type Connected = ((error: Error) => void) | ((error: null, client: Client) => void);

/**
 * The client class for an address: that of `pg`, or for several hosts (or `target_session_attrs`) one that finds the host
 * that will do each time it connects. `pg` 8 knows but one host.
 */
export function clientClassFor(url: string): typeof Client {
  const parsed = parseDatabaseUrl(url);
  if (parsed.attributes === undefined) return Client;
  const finder = new HostFinder(parsed);
  return class FindingClient extends Client {
    override connect(): Promise<Client>;
    override connect(callback: Connected): void;
    override connect(callback?: Connected): Promise<Client> | void {
      if (!callback) return this.find();
      callbackify(() => this.find())(callback as (error: Error | null, client: Client) => void);
    }

    private async find(): Promise<Client> {
      const { password, user, database, ssl } = this as unknown as ClientConfig;
      const host = await finder.find({ password, user, database, ssl });
      const self = this as unknown as Movable;
      Object.assign(self, host);
      try {
        await super.connect();
        if (!(await finder.willDo(this))) throw new NoHostError(finder.database, [`${host.host} takes no writes now`]);
      } catch (error) {
        finder.forget();
        await this.end().catch(() => undefined);
        throw error;
      }
      // After a failover the old primary may still answer: nobody uses this connection again.
      self.connection.on('errorMessage', ({ code }) => {
        if (code !== READ_ONLY) return;
        finder.forget();
        setImmediate(() => void this.end().catch(() => undefined));
      });
      return this;
    }
  };
}

/** A connection of its own, to whichever host will do. */
export async function connectTo(url: string, config: ClientConfig): Promise<Client> {
  const client = new (clientClassFor(url))({ ...config, connectionString: parseDatabaseUrl(url).first });
  client.on('error', () => undefined);
  await client.connect().catch(async (error: unknown) => {
    await client.end().catch(() => undefined);
    throw error;
  });
  return client;
}

/** Knows which host will do, and asks all of them again when it does not any more. */
class HostFinder {
  private found: Promise<Host> | undefined;

  constructor(readonly database: DatabaseUrl) {}

  find(login: ClientConfig): Promise<Host> {
    this.found ??= this.probe(login).catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return this.found;
  }

  forget(): void {
    this.found = undefined;
  }

  async willDo(client: Client): Promise<boolean> {
    if (this.database.attributes === 'any') return true;
    const { rows } = await client.query<{ standby: boolean; readOnly: boolean }>(
      `select pg_is_in_recovery() as standby, current_setting('transaction_read_only')::boolean as "readOnly"`,
    );
    return this.database.attributes === 'primary' ? !rows[0]!.standby : !rows[0]!.readOnly;
  }

  /** All at once, so that a host that is dark costs its time but once; of those that will do, the first in the list. */
  private async probe(login: ClientConfig): Promise<Host> {
    const answers = this.database.hosts.map(async (host) => {
      const client = new Client({ ...login, ...host, connectionTimeoutMillis: PROBE_MS, query_timeout: PROBE_MS });
      client.on('error', () => undefined);
      try {
        await client.connect();
        return (await this.willDo(client)) ? null : 'takes no writes';
      } catch (error) {
        return (error as Error).message || String((error as { code?: string }).code);
      } finally {
        void client.end().catch(() => undefined);
      }
    });
    const problems: string[] = [];
    for (const [index, host] of this.database.hosts.entries()) {
      const problem = await answers[index]!;
      if (problem === null) return host;
      problems.push(`${host.host}:${host.port}: ${problem}`);
    }
    throw new NoHostError(this.database, problems);
  }
}

/** Of several hosts none will do. It counts as a database that is away: another may be promoted at any moment. */
export class NoHostError extends Error {
  constructor(database: DatabaseUrl, problems: string[]) {
    super(`No host of ${describeHosts(database)} accepts writes: ${problems.join('; ')}`);
    this.name = 'NoHostError';
  }
}
