import { createServer, type IncomingMessage, type Server, STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** How long a caller may take, and how many there may be. */
export interface ServerLimits {
  /** Milliseconds for the headers of a request. */
  headersMs: number;
  /** Milliseconds for a whole request with its body; an answer may take longer. */
  requestMs: number;
  /** Milliseconds between two looks for requests that take too long. */
  checkMs: number;
  /** Milliseconds that a connection stays open between two requests. */
  keepAliveMs: number;
  connections: number;
  /** Bytes of an address, and of the names and values of its headers. */
  headerBytes: number;
}

const REQUEST_MS = 20_000;

export function serverLimits(requestMs = REQUEST_MS): ServerLimits {
  return {
    headersMs: Math.min(15_000, requestMs),
    requestMs,
    checkMs: Math.min(2_500, requestMs / 10),
    // Longer than the minute of most load balancers, which must be the ones to close.
    keepAliveMs: 72_000,
    connections: 5_000,
    headerBytes: 16 * 1024,
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** The HTTP server with its limits; what the HTTP parser refuses is answered as a problem document too. */
export function createHttpServer(listener: Listener, limits: ServerLimits): Server {
  const answers = new WeakMap<Duplex, ServerResponse>();
  const answer: Listener = (request, response) => {
    answers.set(request.socket, response);
    listener(request, response);
  };
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      keepAliveTimeout: limits.keepAliveMs,
      // Node refuses what is as long, too.
      maxHeaderSize: limits.headerBytes + 1,
      // Node would answer without a body.
      requireHostHeader: false,
    },
    answer,
  );
  server.maxConnections = limits.connections;
  // Their bytes are bounded; some versions of Node leave out what is over a number.
  server.maxHeadersCount = 0;
  // A client that waits with its body is told to send it when the body is read.
  server.on('checkContinue', answer);
  server.on('checkExpectation', (_request, response: ServerResponse) => {
    const problem = problemText(417, 'EXPECTATION_FAILED', 'Of all expectations only 100-continue is met.');
    response.writeHead(417, HEADERS).end(problem);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuse(error, socket, answers.get(socket)));
  return server;
}

const HEADERS = {
  'content-type': 'application/problem+json',
  'x-content-type-options': 'nosniff',
} as const;

/** By the code of the parser's error. */
const REFUSALS: Record<string, [status: number, code: string, detail: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'HEADERS_TOO_LARGE', 'The address and the headers have more than 16 KiB.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'PAYLOAD_TOO_LARGE', 'The extensions of the chunks are too long.'],
};

function refuse(error: NodeJS.ErrnoException, socket: Duplex, answer: ServerResponse | undefined): void {
  // What came before it was a whole request, and may have had an effect: its answer goes first.
  if (answer?.req.complete && !answer.headersSent && !answer.destroyed) {
    answer.once('finish', () => refuse(error, socket, answer));
    return;
  }
  // Where an answer has begun there is no room for a second one.
  const isTaken = answer !== undefined && answer.headersSent && !(answer.writableEnded && answer.req.complete);
  if (error.code === 'ECONNRESET' || !socket.writable || isTaken) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = REFUSALS[error.code ?? ''] ?? [400, 'BAD_REQUEST', 'This is no HTTP request.'];
  const problem = problemText(status, code, detail);
  const headers = { ...HEADERS, 'content-length': Buffer.byteLength(problem), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${problem}`, () =>
    socket.destroy(),
  );
}

function problemText(status: number, code: string, detail: string): string {
  // The address may be what could not be read; an empty reference is the one of the request (RFC 3986).
  return JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, code, detail, instance: '' });
}
