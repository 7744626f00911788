import { globSync, statSync } from 'node:fs';
import { AnswerCheck } from './answer-check.ts';

/** By the build: Jest's own compiler knows nothing of the Swagger plugin. */
export const DOCUMENT = 'dist/openapi.json';
/** What the document is made from. */
const SOURCES = 'src/**/{*.dto,*.controller,*.decorator,*.decorators,openapi-document,configure-app}.ts';
const JSON_TYPE = /^application\/(.+\+)?json\b/;

const origins = new Set<string>();
const unchecked = globalThis.fetch;
let check: AnswerCheck | undefined;

/** From now on, `fetch` throws when an answer of this service is not as its OpenAPI document says. */
export function checkAnswersOf(url: string): void {
  origins.add(new URL(url).origin);
  if (globalThis.fetch !== unchecked) return;
  const stale = staleSource();
  if (stale !== undefined) {
    process.stderr.write(`Answers are not checked against ${DOCUMENT}: "npm run build" makes it (${stale} is newer)\n`);
    return;
  }
  check = AnswerCheck.read(DOCUMENT);
  globalThis.fetch = checkedFetch;
}

/** A source that is newer than the document, or the document itself when there is none. */
export function staleSource(): string | undefined {
  const built = statSync(DOCUMENT, { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return DOCUMENT;
  return globSync(SOURCES).find((source) => statSync(source).mtimeMs > built);
}

async function checkedFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const response = await unchecked(input, init);
  const { origin, pathname } = new URL(input instanceof Request ? input.url : input);
  if (!origins.has(origin)) return response;
  const contentType = response.headers.get('content-type');
  const fault = check!.fault({
    method: (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase(),
    path: pathname,
    status: response.status,
    contentType,
    body: JSON_TYPE.test(contentType ?? '') ? await jsonOf(response.clone()) : undefined,
  });
  if (fault !== undefined) throw new Error(fault);
  return response;
}

/** Whoever asked hears of an answer that does not arrive. */
async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
