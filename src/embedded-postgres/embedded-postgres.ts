import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { arch, platform } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { DataDirectoryInUseError, EmbeddedDatabaseError } from './embedded-postgres.errors.ts';
import { type Account, ACCOUNT_NAME, postgresAccount } from './postgres-account.ts';
import { isShared, reachableDirectory, reachablePrograms } from './reachable-folder.ts';

const run = promisify(execFile);

const USER = 'synctrail';
const OWNER_LOCK = `hashtext('synctrail data directory')`;
/** A killed service is forgotten by its server within this time. */
const HAND_OVER_MS = 2_000;
const REVIVE_PAUSE_MS = 500;

export interface EmbeddedDatabase {
  url: string;
  /** Where it runs, when that is not where it was asked for. */
  notice?: string;
  /** Stops the server; its data stays. */
  close(): Promise<void>;
}

/**
 * A real PostgreSQL of our own in `dataDir`, on a free port of the loopback. The server is a daemon: it outlives a
 * killed service, and the next one takes it over. Throws {@link DataDirectoryInUseError} while another service has it.
 */
export async function openEmbeddedPostgres(dataDir: string): Promise<EmbeddedDatabase> {
  const { server, notice } = await serverIn(dataDir);
  await server.ensureRunning();
  const url = await server.url();
  let owner = await claim(url, resolve(dataDir));
  let closing = false;
  // A server that dies under us is started again, on the same port; writers wait for it.
  const revive = async (): Promise<void> => {
    while (!closing) {
      try {
        await server.ensureRunning();
        owner = await claim(url, resolve(dataDir));
        owner.once('end', () => void revive());
        return;
      } catch {
        await wait(REVIVE_PAUSE_MS);
      }
    }
  };
  owner.once('end', () => void revive());
  return {
    url,
    notice,
    close: async () => {
      closing = true;
      await owner.end().catch(() => undefined);
      await server.stop();
    },
  };
}

/** The address of the server in `dataDir` if one runs: for looking at its data beside the service that owns it. */
export async function runningEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  if (!existsSync(resolve(dataDir, 'postgres'))) return undefined;
  const { server } = await serverIn(dataDir);
  return (await server.isRunning()) ? server.url() : undefined;
}

async function serverIn(dataDir: string): Promise<{ server: EmbeddedServer; notice?: string }> {
  const account = await postgresAccount();
  const data = await reachableDirectory(resolve(dataDir, 'postgres'), account);
  const programs = await reachablePrograms(await ownPrograms(), account);
  const server = new EmbeddedServer(data, join(programs, 'bin'), account);
  if (![data, programs].some(isShared)) return { server };
  return {
    server,
    notice: `PostgreSQL runs as "${ACCOUNT_NAME}" because the service runs as root. This user cannot enter every folder of SyncTrail. Data: ${data}. Programs: ${programs}.`,
  };
}

class EmbeddedServer {
  private readonly cluster: string;
  private readonly passwordFile: string;
  private port: number | undefined;

  constructor(
    private readonly directory: string,
    private readonly programs: string,
    private readonly account: Account,
  ) {
    this.cluster = join(directory, 'data');
    this.passwordFile = join(directory, 'password');
  }

  async ensureRunning(): Promise<void> {
    if (!existsSync(this.cluster)) await this.initialise();
    for (let attempt = 1; !(await this.isRunning()); attempt += 1) await this.start(attempt);
  }

  async url(): Promise<string> {
    const password = await readFile(this.passwordFile, 'utf8');
    this.port = Number((await readFile(join(this.cluster, 'postmaster.pid'), 'utf8')).split('\n')[3]);
    return `postgres://${USER}:${password}@127.0.0.1:${this.port}/postgres`;
  }

  async stop(): Promise<void> {
    await this.pgCtl('stop', '--mode=fast', '--wait').catch(async (error: unknown) => {
      if (await this.isRunning()) throw error;
    });
  }

  async isRunning(): Promise<boolean> {
    return this.pgCtl('status').then(
      () => true,
      () => false,
    );
  }

  /** Made aside and moved into place, so that a start that is killed leaves no half of a cluster. */
  private async initialise(): Promise<void> {
    const aside = `${this.cluster}.${process.pid}`;
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(this.passwordFile)) {
      await writeFile(this.passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
    }
    if (this.account.uid !== undefined) await chown(this.passwordFile, this.account.uid, this.account.gid);
    await this.exec('initdb', [
      `--pgdata=${aside}`,
      `--username=${USER}`,
      `--pwfile=${this.passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ]);
    await rename(aside, this.cluster).catch(async (error: unknown) => {
      await rm(aside, { recursive: true, force: true });
      if (!existsSync(this.cluster)) throw error;
    });
  }

  /** Another service may start the same server at the same moment: that is no failure. */
  private async start(attempt: number): Promise<void> {
    const options = [
      `-p ${this.port ?? (await freePort())}`,
      '-c listen_addresses=127.0.0.1',
      '-c unix_socket_directories=',
      '-c max_connections=200',
    ];
    const log = join(this.directory, 'postgres.log');
    try {
      await this.pgCtl('start', '--wait', '--timeout=60', `--log=${log}`, `--options=${options.join(' ')}`);
    } catch (error) {
      await wait(200);
      if (attempt < 3 || (await this.isRunning())) return;
      const tail = await readFile(log, 'utf8').then(
        (text) => text.split('\n').slice(-12).join('\n'),
        () => '(no log)',
      );
      throw new EmbeddedDatabaseError(`did not start; the end of ${log}:\n${tail}`, { cause: error });
    }
  }

  private pgCtl(command: string, ...options: string[]): Promise<unknown> {
    return this.exec('pg_ctl', [command, `--pgdata=${this.cluster}`, ...options]);
  }

  private exec(program: string, args: string[]): Promise<unknown> {
    return run(join(this.programs, program), args, {
      ...this.account,
      cwd: this.directory,
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    });
  }
}

/** The server itself remembers who owns the data directory, for as long as that process lives. */
async function claim(url: string, dataDir: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: `synctrail ${process.pid}`, keepAlive: true });
  client.on('error', () => undefined);
  await client.connect();
  for (const deadline = performance.now() + HAND_OVER_MS; ; await wait(100)) {
    const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${OWNER_LOCK}) as mine`);
    if (rows[0]!.mine) return client;
    const holder = await ownerPid(client);
    if (isAlive(holder) || performance.now() > deadline) {
      await client.end();
      throw new DataDirectoryInUseError(dataDir, holder);
    }
  }
}

async function ownerPid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: string }>(
    `select split_part(application_name, ' ', 2) as pid from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and granted and objid::bigint = ${OWNER_LOCK}::bigint & 4294967295`,
  );
  return Number(rows[0]?.pid);
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** The folder of PostgreSQL's programs; the JavaScript of its package would stop the server behind our back on a signal. */
async function ownPrograms(): Promise<string> {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    const path = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    const { initdb, pg_ctl: pgCtl } = (await import(pathToFileURL(path).href)) as { initdb: string; pg_ctl: string };
    await Promise.all([chmod(initdb, 0o755), chmod(pgCtl, 0o755)]).catch(() => undefined);
    return join(dirname(initdb), '..');
  } catch (error) {
    throw new EmbeddedDatabaseError(`does not exist for this machine (${name}). Set DATABASE_URL.`, { cause: error });
  }
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer().once('error', fail);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
