import { Socket } from 'node:net';
import { type Constructor, defineConfig, type Options } from '@mikro-orm/postgresql';
import { parse } from 'pg-connection-string';
import { parseDatabaseUrl } from './database-url.ts';
import { clientClassFor } from './postgres-hosts.ts';

/** Where the database is: at `url`, or embedded in `dataDir`. */
export interface DatabaseLocation {
  url?: string;
  dataDir: string;
}

/** Milliseconds: a connection without a byte for so long, idle or in a query, is given up. */
export const DEFAULT_SILENCE_MS = 60_000;

/** How the error of a connection begins that was given up. */
export const SILENCE = 'The database was silent';

export const CONNECT_TIMEOUT_MS = 5_000;

/** Connections of one process. */
export const DEFAULT_POOL_SIZE = 20;

/** How the service talks to PostgreSQL. Entities are added by the modules that own them. */
export function ormOptions(
  url: string,
  entities: Constructor[] = [],
  silenceMs = DEFAULT_SILENCE_MS,
  poolSize = DEFAULT_POOL_SIZE,
): Options {
  const { first } = parseDatabaseUrl(url);
  return defineConfig({
    clientUrl: first,
    entities,
    discovery: { warnWhenNoEntities: false },
    forceUtcTimezone: true,
    pool: { min: 0, max: poolSize },
    driverOptions: {
      Client: clientClassFor(url),
      // The ORM itself leaves the parameters of an address out, `sslmode` among them.
      ssl: parse(first).ssl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'synctrail',
      keepAlive: true,
      stream: () => impatientSocket(silenceMs),
    },
  });
}

/** A pool of dead connections recovers by itself. */
function impatientSocket(silenceMs: number): Socket {
  const socket = new Socket().setTimeout(silenceMs);
  return socket.once('timeout', () => socket.destroy(new Error(`${SILENCE} for ${silenceMs} ms`)));
}
