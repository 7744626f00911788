import { globSync, readFileSync } from 'node:fs';
import { type Arbitrary, asyncProperty, check, sample, shuffledSubarray } from 'fast-check';
import { AnswerCheck } from '../answer-check.ts';
import { type ApiDocument, type Route, routesOf } from '../hostile-requests.ts';
import { ForbiddenCheck } from './forbidden.ts';
import { type FuzzRequest, shellLine } from './fuzz-request.ts';
import { exampleRequest, requestsAtLimits, spoiledRequest, validRequest } from './fuzz-requests.ts';
import { type FuzzAnswer, HttpExchange } from './http-exchange.ts';
import { KnownThings } from './known-things.ts';
import { changedTables, type Digest, mayBeByJob } from './table-digest.ts';
import { nameOf } from './valid-requests.ts';

/** What the fuzzer asks, and how it sees whether something was written. */
export interface FuzzTarget {
  url: string;
  tables: { now(): Promise<Digest>; quiet(): Promise<Digest> };
  /** Milliseconds that an answer may take; 2,000 by default. */
  maxMs?: number;
}

/** A request with a fault; no smaller one was found that has any. */
export interface Finding {
  faults: string[];
  request: FuzzRequest;
}

export interface FuzzReport {
  requests: number;
  findings: Finding[];
  /** Operations of which no request succeeded. */
  neverSucceeded: string[];
}

/** Sends everything that a document describes, right and spoiled, and checks each answer. */
export class Fuzzer {
  private readonly routes: Route[];
  private readonly answers: AnswerCheck;
  private readonly forbidden: ForbiddenCheck;
  private readonly exchange: HttpExchange;
  private readonly known = new KnownThings();
  private readonly codes = documentedCodes();
  private readonly succeeded = new Set<string>();
  private requests = 0;
  /** What stands in the tables; undefined after a request that may have written. */
  private written: Digest | undefined;

  constructor(
    private readonly document: ApiDocument,
    private readonly target: FuzzTarget,
  ) {
    this.routes = routesOf(document);
    this.answers = new AnswerCheck(document);
    this.forbidden = new ForbiddenCheck(document);
    this.exchange = new HttpExchange(target.url);
  }

  /** About so many requests: the examples, values around limits, valid requests, and spoiled ones of each operation. */
  async run(requests: number, seed: number): Promise<FuzzReport> {
    const findings: Finding[] = [];
    let checks = 0;
    const add = async (arbitrary: Arbitrary<FuzzRequest>, numRuns: number) => {
      const found = await this.smallestFault(arbitrary, numRuns, seed + (checks += 1));
      if (found) findings.push(found);
    };
    // Twice: in the second round there is something under each address.
    const examples = this.inOrder().map((route) => exampleRequest(this.document, route));
    const limits = this.inOrder().flatMap((route) => requestsAtLimits(this.document, route));
    const atLimits = shuffled(limits, seed).slice(0, requests / 4);
    for (const request of [...examples, ...examples, ...atLimits]) {
      const faults = await this.faultsOf(request);
      if (faults.length > 0) findings.push({ faults, request });
    }
    const each = Math.floor((requests - this.requests) / this.routes.length);
    const valid = Math.ceil(each / 5);
    for (const route of each > 0 ? this.inOrder() : []) {
      await add(validRequest(this.document, route), valid);
      await add(spoiledRequest(this.document, route), each - valid);
    }
    const neverSucceeded = this.withoutSuccess(this.routes.map(nameOf));
    return { requests: this.requests, findings: distinct(findings), neverSucceeded };
  }

  /** Those of some operations of which no request succeeded yet. */
  withoutSuccess(operations: string[]): string[] {
    return operations.filter((operation) => !this.succeeded.has(operation));
  }

  /** Of a request that is sent as it is; none when all is right. */
  async faultsOf(unfilled: FuzzRequest): Promise<string[]> {
    const request = this.known.fill(unfilled);
    for (let tried = 1; ; tried += 1) {
      const { faults, perhaps } = await this.sent(request);
      // A busy machine is slow once, and a job may write beside a request, but hardly three times.
      if (faults.length > 0 || perhaps.length === 0 || tried === 3) return [...faults, ...perhaps];
      this.written = undefined;
    }
  }

  close(): void {
    this.exchange.close();
  }

  /** What is asked for first is there for the others. */
  private inOrder(): Route[] {
    const place = ({ path }: Route) => FIRST.findIndex((start) => path.startsWith(start));
    return this.routes.toSorted((one, other) => rank(place(one)) - rank(place(other)));
  }

  private async smallestFault(
    arbitrary: Arbitrary<FuzzRequest>,
    numRuns: number,
    seed: number,
  ): Promise<Finding | undefined> {
    let smallest: Finding | undefined;
    let shrinks = 0;
    const property = asyncProperty(arbitrary, async (request) => {
      if (smallest && (shrinks += 1) > MAX_SHRINKS) return;
      const faults = await this.faultsOf(request);
      if (faults.length === 0) return;
      smallest = { faults, request };
      throw new Error(faults.join('\n'));
    });
    await check(property, { seed, numRuns });
    return smallest;
  }

  /** The faults of one answer; `perhaps` are those that may be of the moment. */
  private async sent(request: FuzzRequest): Promise<{ faults: string[]; perhaps: string[] }> {
    const before = (this.written ??= await this.target.tables.quiet());
    this.requests += 1;
    let answer: FuzzAnswer;
    try {
      answer = await this.exchange.send(request);
    } catch (error) {
      this.written = undefined;
      return { faults: [`no answer: ${(error as Error).message}`], perhaps: [] };
    }
    const { status, ms } = answer;
    if (status < 400) this.known.learn(request.path, jsonIn(answer));
    // Spoiled, its method may be another.
    if (status < 300 && request.operation.startsWith(`${request.method} `)) this.succeeded.add(request.operation);
    const faults = this.answerFaults(request, answer);
    const perhaps = ms > (this.target.maxMs ?? MAX_MS) ? [`its answer took ${Math.round(ms)} ms`] : [];
    if ((status < 400 && !SAFE.has(request.method)) || KEPT.has(codeIn(answer))) {
      this.written = undefined;
      return { faults, perhaps };
    }
    const after = (this.written = await this.target.tables.now());
    for (const table of changedTables(before, after)) {
      const kind = mayBeByJob(table) ? perhaps : faults;
      kind.push(`it answered ${status} ${codeIn(answer) ?? ''} to ${request.method} and wrote to ${table}`);
    }
    return { faults, perhaps };
  }

  private answerFaults(request: FuzzRequest, answer: FuzzAnswer): string[] {
    const { method, path } = request;
    const { status, headers, text } = answer;
    const address = path.split(/[?#]/, 1)[0]!;
    const contentType = headers['content-type'] as string | undefined;
    const body = jsonIn(answer);
    const faults: (string | undefined)[] = [
      status >= 500 ? `it answered ${status}: ${text.slice(0, 300)}` : undefined,
      method === 'HEAD'
        ? undefined
        : this.answers.fault({ method, path: address, status, contentType: contentType ?? null, body }),
    ];
    if (isRefused(request.isAtLimit, body) && !this.forbidden.reason(request)) {
      faults.push(`it refused what its document allows: ${text.slice(0, 300)}`);
    }
    if (status >= 400 && method !== 'HEAD') faults.push(...this.problemFaults(answer, contentType, body));
    if (status < 400) {
      const reason = this.forbidden.reason(request);
      if (reason) faults.push(`it answered ${status}, although the document forbids it: ${reason}`);
      if (method !== 'HEAD' && /[/+]json\b/.test(contentType ?? '') && body === undefined)
        faults.push('its JSON is none');
    }
    return faults.filter((fault) => fault !== undefined);
  }

  private problemFaults({ status, headers }: FuzzAnswer, contentType: string | undefined, body: unknown): string[] {
    if (!contentType?.startsWith('application/problem+json')) return [`its error ${status} is ${contentType}`];
    const problem = (body ?? {}) as Record<string, unknown>;
    const { code, detail, title } = problem;
    return [
      ...(status === 405 && !headers.allow ? ['its 405 does not say which methods there are'] : []),
      ...(typeof code === 'string' && this.codes.has(code)
        ? []
        : [`no page of the documentation has its code ${String(code)}`]),
      ...(typeof detail === 'string' && detail.trim() !== '' ? [] : [`its problem ${String(code)} has no detail`]),
      ...(typeof title === 'string' && title !== '' ? [] : [`its problem ${String(code)} has no title`]),
      ...(problem.status === status ? [] : [`its problem says ${String(problem.status)}, and its answer ${status}`]),
    ];
  }
}

/** What a person needs to find each fault again. */
export function told({ findings }: FuzzReport): string[] {
  return findings.map(({ faults, request }) => `${request.operation}: ${faults.join('; ')}\n${shellLine(request)}`);
}

const MAX_MS = 2_000;
const MAX_SHRINKS = 100;
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
/** Refused, and kept as an event: a late result. */
const KEPT = new Set<string | undefined>(['SYNC_SETTLED']);
const JSON_TYPE = /^application\/(.+\+)?json\b/;
const FIRST = ['/api/v1/content-types', '/api/v1/sync', '/api/v1/plans', '/api/v1/deployments', '/api/v1/platforms'];

/** Of the same faults, the smallest request. */
function distinct(findings: Finding[]): Finding[] {
  const size = ({ request }: Finding) => JSON.stringify(request).length;
  const sorted = findings.toSorted((one, other) => size(one) - size(other));
  const kept = new Map<string, Finding>();
  for (const finding of sorted) {
    const name = `${finding.request.operation} ${finding.faults.join()}`;
    if (!kept.has(name)) kept.set(name, finding);
  }
  return [...kept.values()];
}

function shuffled<T>(list: T[], seed: number): T[] {
  return sample(shuffledSubarray(list, { minLength: list.length }), { seed, numRuns: 1 })[0]!;
}

/** Whether a problem is about this member. */
function isRefused(name: string | undefined, body: unknown): boolean {
  const { code, errors = [] } = (body ?? {}) as { code?: unknown; errors?: { field: string }[] };
  return code === 'INVALID_REQUEST' && errors.some(({ field }) => field.split(/[.[]/).at(-1) === name);
}

const rank = (place: number) => (place === -1 ? FIRST.length : place);

function codeIn(answer: FuzzAnswer): string | undefined {
  const { code } = (jsonIn(answer) ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

function jsonIn({ headers, text }: FuzzAnswer): unknown {
  if (!JSON_TYPE.test(String(headers['content-type'] ?? ''))) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Of every page: a stable code is one that is written down. */
function documentedCodes(): Set<string> {
  const pages = globSync('docs/*.md').map((page) => readFileSync(page, 'utf8'));
  return new Set(pages.flatMap((page) => [...page.matchAll(/`([A-Z][A-Z0-9_]{3,})`/g)].map(([, code]) => code!)));
}
