import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { postgresAccount } from '../../src/embedded-postgres/postgres-account.ts';
import { until } from '../support/until.ts';

const run = promisify(execFile);

/** Debian keeps the programs of each release apart; the newest counts. */
const FOLDERS = [
  ...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(),
  '/usr/sbin',
  '/usr/bin',
  '/usr/local/bin',
];

export function program(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** `describe`, or what says which programs are missing. */
export function describeWith(...names: string[]): typeof describe.skip {
  const missing = names.filter((name) => !program(name));
  if (missing.length === 0) return describe;
  process.stdout.write(`SKIPPED: ${missing.join(', ')} not installed\n`);
  return describe.skip;
}

/** A PostgreSQL of the machine's own release, which may become the primary of a standby. */
export class Server {
  private constructor(
    readonly directory: string,
    readonly port: number,
  ) {}

  static async primary(): Promise<Server> {
    const server = new Server(await newFolder(), await freePort());
    await as(program('initdb')!, ['-D', server.data, '-U', 'synctrail', '-A', 'trust', '-E', 'UTF8', '--locale=C']);
    await server.start();
    return server;
  }

  static async standbyOf(primary: Server): Promise<Server> {
    const server = new Server(await newFolder(), await freePort());
    const from = ['-h', '127.0.0.1', '-p', String(primary.port), '-U', 'synctrail'];
    await as(program('pg_basebackup')!, [...from, '-D', server.data, '-R', '-X', 'stream', '-c', 'fast']);
    await server.start();
    return server;
  }

  get url(): string {
    return `postgres://synctrail@127.0.0.1:${this.port}/postgres`;
  }

  start(): Promise<unknown> {
    const options =
      `-p ${this.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= ` +
      `-c shared_preload_libraries=pg_stat_statements -c pg_stat_statements.track=all`;
    return this.control('start', '-w', '-l', join(this.directory, 'log'), '-o', options);
  }

  promote(): Promise<unknown> {
    return this.control('promote', '-w');
  }

  /** As if its machine lost power. */
  kill(): Promise<unknown> {
    return this.control('stop', '-m', 'immediate');
  }

  async remove(): Promise<void> {
    await this.kill().catch(() => undefined);
    await rm(this.directory, { recursive: true, force: true });
  }

  async sql<Row>(statement: string): Promise<Row[]> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    try {
      return (await client.query(statement)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  private get data(): string {
    return join(this.directory, 'data');
  }

  private control(command: string, ...options: string[]): Promise<unknown> {
    return as(program('pg_ctl')!, [command, '-D', this.data, ...options]);
  }
}

/** A pgbouncer that hands server connections round, one transaction each. */
export class Bouncer {
  private constructor(
    private readonly directory: string,
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async before(server: Server, poolSize: number): Promise<Bouncer> {
    const directory = await newFolder();
    const port = await freePort();
    const account = await postgresAccount();
    await writeFile(join(directory, 'users'), '"synctrail" ""\n');
    await writeFile(
      join(directory, 'ini'),
      `[databases]\npostgres = host=127.0.0.1 port=${server.port} dbname=postgres user=synctrail\n[pgbouncer]\n` +
        `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = trust\n` +
        `auth_file = ${join(directory, 'users')}\npool_mode = transaction\ndefault_pool_size = ${poolSize}\n` +
        `max_client_conn = 200\n`,
    );
    const child = spawn(program('pgbouncer')!, [join(directory, 'ini')], {
      ...account,
      cwd: directory,
      stdio: 'ignore',
    });
    const bouncer = new Bouncer(directory, child, `postgres://synctrail@127.0.0.1:${port}/postgres`);
    await until('pgbouncer answers', async () => {
      const client = new Client({ connectionString: bouncer.url });
      client.on('error', () => undefined);
      return client
        .connect()
        .then(() => client.end())
        .then(() => true)
        .catch(() => false);
    });
    return bouncer;
  }

  async remove(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** PostgreSQL refuses to run as root. */
async function as(file: string, args: string[]): Promise<unknown> {
  const account = await postgresAccount();
  // Its daemon would keep pipes open.
  const child = spawn(file, args, { ...account, cwd: '/', stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}`);
  return undefined;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'synctrail-postgres-'));
  const { uid, gid } = await postgresAccount();
  if (uid !== undefined) await chown(folder, uid, gid);
  return folder;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export async function versionOf(name: string): Promise<string> {
  return (await run(program(name)!, ['--version'])).stdout.split('\n')[0]!.trim();
}
