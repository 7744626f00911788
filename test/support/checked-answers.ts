import { globSync, statSync } from 'node:fs';
import { AnswerCheck } from './answer-check.ts';

/** By the build: Jest's own compiler knows nothing of the Swagger plugin. */
export const DOCUMENT = 'dist/openapi.json';
/** What the document is made from. */
const SOURCES =
  'src/**/{*.dto,*.controller,*.decorator,*.decorators,*.refusals,openapi-document,openapi-problems,problem-codes,configure-app}.ts';
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

interface GivenAnswer {
  method: string;
  /** With its query, if any. */
  path: string;
  status: number;
  contentType: string | null;
  body: unknown;
}

/** Throws when an answer of a service under check is not as its OpenAPI document says. */
export function checkAnswer(url: string, { path, ...answer }: GivenAnswer): void {
  if (!check || !origins.has(new URL(url).origin)) return;
  const { pathname } = new URL(path, url);
  const fault = check.fault({ ...answer, method: answer.method.toUpperCase(), path: pathname });
  if (fault !== undefined) throw new Error(fault);
}

async function checkedFetch(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
  const response = await unchecked(input, init);
  const url = input instanceof Request ? input.url : String(input);
  if (!origins.has(new URL(url).origin)) return response;
  const contentType = response.headers.get('content-type');
  checkAnswer(url, {
    method: init?.method ?? (input instanceof Request ? input.method : 'GET'),
    path: url,
    status: response.status,
    contentType,
    body: JSON_TYPE.test(contentType ?? '') ? await jsonOf(response.clone()) : undefined,
  });
  return response;
}

/** The caller hears of an answer that does not arrive. */
async function jsonOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}
