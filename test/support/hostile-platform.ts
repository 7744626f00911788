import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Says one answer, however broken. */
export type Answer = (response: ServerResponse, request: Received) => void;

/** A foreign HTTP server that answers as scripted: token requests from `tokens`, all others from `answers`. */
export interface HostilePlatform {
  url: string;
  /** The requests so far, token requests not among them. */
  received: Received[];
  tokenRequests: Received[];
  /** The next answers, in order; the last one stays. */
  answers: Answer[];
  /** Answers to token requests; without one, `token-1`, `token-2` … with a life of 300 s. */
  tokens: Answer[];
  close: () => Promise<void>;
}

export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

export const raw =
  (status: number, body: string | Uint8Array = '', headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(status, headers).end(body);

/** Cuts the connection without a byte. */
export const reset: Answer = (response) => response.socket?.resetAndDestroy();

/** Takes the request and says nothing, ever. */
export const silence: Answer = () => undefined;

/** Sends a byte every few milliseconds and never ends. */
export const drip: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 5);
  response.on('close', () => clearInterval(timer));
};

export async function startHostilePlatform(): Promise<HostilePlatform> {
  const received: Received[] = [];
  const tokenRequests: Received[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request;
    const message = { method, path, headers, body: await text(request) };
    const isToken = path.endsWith('/oauth/token');
    const log = isToken ? tokenRequests : received;
    const script = isToken ? platform.tokens : platform.answers;
    const count = log.push(message);
    const freshToken = json(200, { access_token: `token-${count}`, expires_in: 300, token_type: 'Bearer' });
    const next = (script.length > 1 ? script.shift() : script[0]) ?? (isToken ? freshToken : json(404, {}));
    next(response, message);
  };
  const server = createServer((request, response) => void answer(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The server has no port');
  const platform: HostilePlatform = {
    url: `http://127.0.0.1:${address.port}`,
    received,
    tokenRequests,
    answers: [],
    tokens: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return platform;
}
