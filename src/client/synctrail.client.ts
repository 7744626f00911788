import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { Paths } from './api-types.ts';
import { ForeignAnswerError } from './foreign-answer.error.ts';

/** Where an answer has several forms, `data` is the JSON. Ask for the others with `parseAs`. */
type Media = 'application/json' | 'application/problem+json' | 'text/csv';

export interface SyncTrailClientOptions {
  /** Address of the service, such as `https://synctrail.example.com`; `''` in a page of the service itself. */
  baseUrl: string;
  /** Sent as `Authorization: Bearer <key>`. */
  apiKey?: string | undefined;
  /** In place of the global `fetch`, such as for a deadline or a proxy of your own. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** Each method takes a path of the API document, and resolves with `data` or with the problem as `error`. */
export type SyncTrailClient = Client<Paths, Media>;

/** A client of one service. A request without an answer of the service rejects; it has no deadline but its `signal`. */
export function createSyncTrailClient({ baseUrl, apiKey, fetch }: SyncTrailClientOptions): SyncTrailClient {
  const client = createClient<Paths, Media>({
    baseUrl,
    redirect: 'manual',
    ...(fetch && { fetch }),
    ...(apiKey && { headers: { authorization: `Bearer ${apiKey}` } }),
  });
  client.use(REFUSE_FOREIGN);
  return client;
}

/** Otherwise the page of a proxy is data or an error without a code, and an empty error is a success. */
const REFUSE_FOREIGN: Middleware = {
  onResponse({ request, response, options }) {
    const { ok, status, headers } = response;
    const type = headers.get('content-type') ?? '';
    const isOurs = !ok
      ? status === 304 || isProblem(type)
      : status === 204 || (options.parseAs === 'json' ? isJson(type) : isFile(type, request));
    if (isOurs) return;
    const location = headers.get('location');
    const answer = [`HTTP ${status}`, ...(type ? [type] : []), ...(location ? [`to ${location}`] : [])].join(' ');
    const wayOut =
      ok && options.parseAs === 'json' && isFile(type, request)
        ? `Ask for a file with parseAs: 'stream' or 'text'.`
        : 'Check baseUrl, and what stands in front of the service.';
    throw new ForeignAnswerError(`${request.url} answered ${answer}, and not as expected. ${wayOut}`, status, location);
  },
};

function isProblem(type: string): boolean {
  return type.startsWith('application/problem+json');
}

function isJson(type: string): boolean {
  return /\bjson\b/.test(type);
}

/** A page that nobody asked for is that of a proxy. */
function isFile(type: string, { headers }: Request): boolean {
  return type !== '' && (!type.startsWith('text/html') || headers.get('accept')?.includes('text/html') === true);
}
