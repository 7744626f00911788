import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';

/** A TCP port in front of a server, which a test can cut off and open again. */
export interface ClosablePort {
  /** The address given, with the port of the proxy. */
  url: string;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  /** Lets connections through again. */
  beforeRetry(): void;
  close(): Promise<void>;
}

export async function startClosablePort(target: string): Promise<ClosablePort> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let open = true;
  const keep = (socket: Socket, other: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const server = createServer((inward) => {
    if (!open) {
      inward.resetAndDestroy();
      return;
    }
    const outward = connect(Number(port), hostname);
    keep(inward, outward);
    keep(outward, inward);
    inward.pipe(outward).pipe(inward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The proxy has no port');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  const cut = () => {
    open = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    beforeRetry: () => {
      open = true;
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
