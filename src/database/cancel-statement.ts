import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { setTimeout as wait } from 'node:timers/promises';
import { type ClientBase, Connection } from 'pg';

/** In all some 40 s, as long as a switch-over or a network may take. */
const PAUSES_MS = [0, 500, 1_000, 2_000, 5_000, 10_000, 20_000];
const DELIVERED_WITHIN_MS = 2_000;
/** While the database is dark everybody gives up: what goes beyond is left to the server. */
const MAX_PENDING = 40;
let pending = 0;

/** What `pg` knows of a connection, and its types do not. */
interface Dialled {
  host: string;
  port: number;
  processID: number | null;
  secretKey: number | null;
  ssl: boolean | ConnectionOptions;
  connection: { stream: { remoteAddress?: string; remotePort?: number } };
}

interface Line {
  stream: { destroy(): void; unref?(): void };
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * Has the server stop what a connection has asked, by the protocol's own request: it needs no login and no free connection,
 * and a pooler passes it on, where `pg_cancel_backend` would name a process of the pooler's. Sent again until it was
 * delivered: a statement that waits for a lock does not notice that nobody waits for it. Not sent again once `isPointless`.
 * Never throws.
 */
export async function cancelStatement(client: ClientBase, isPointless: () => boolean): Promise<void> {
  const { host, port, processID, secretKey, ssl, connection } = client as unknown as Dialled;
  if (processID === null || secretKey === null || pending >= MAX_PENDING) return;
  // A name may stand for several servers: it goes to the one that was connected.
  const { remoteAddress = host, remotePort = port } = connection.stream;
  const at = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host: remoteAddress, port: remotePort };
  pending += 1;
  try {
    for (const pauseMs of PAUSES_MS) {
      await wait(pauseMs, undefined, { ref: false });
      if (pauseMs > 0 && isPointless()) return;
      if (await deliver(at, tlsFor(host, ssl), processID, secretKey).catch(() => false)) return;
    }
  } finally {
    pending -= 1;
  }
}

type Address = { path: string } | { host: string; port: number };

/** The server closes the connection when it has acted. */
function deliver(at: Address, ssl: ConnectionOptions | false, processId: number, secretKey: number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = new Connection({ ssl });
    const line = connection as unknown as Line;
    let sent = false;
    const timer = setTimeout(() => end(false), DELIVERED_WITHIN_MS).unref();
    const end = (delivered: boolean) => {
      clearTimeout(timer);
      resolve(delivered);
      line.stream.destroy();
    };
    const send = () => {
      line.cancel(processId, secretKey);
      sent = true;
    };
    connection.on('connect', () => (ssl ? line.requestSsl() : send()));
    connection.on('sslconnect', send);
    connection.on('error', () => end(false));
    connection.on('end', () => end(sent));
    if ('path' in at) line.connect(at.path);
    else line.connect(at.port, at.host);
    line.stream.unref?.();
  });
}

/** The certificate is that of the name, though the address is dialled. */
function tlsFor(host: string, ssl: Dialled['ssl']): ConnectionOptions | false {
  if (!ssl) return false;
  return { ...(ssl === true ? {} : ssl), ...(isIP(host) === 0 && { servername: host }) };
}
