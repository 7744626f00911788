import { STATUS_CODES } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Injectable,
  Logger,
  Optional,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { databaseFault, type DatabaseFault, faultText } from '#database';
import { addressInPassing, redactedInPassing } from '#redaction';
import { detailOf, type FieldProblem, InvalidRequestError, MAX_PROBLEMS, ProblemList } from '#validation';
import { DomainError } from '../domain-error.ts';
import { cut } from '../quoted.ts';
import type { ProblemDto } from './problem.dto.ts';

/** What the caller may wait for; a statement that is refused is a bug of ours. */
const DATABASE_CODES: Partial<Record<DatabaseFault, string>> = {
  away: 'DATABASE_UNAVAILABLE',
  exhausted: 'DATABASE_UNAVAILABLE',
  'read-only': 'DATABASE_READ_ONLY',
  slow: 'QUERY_TOO_SLOW',
  conflict: 'DATABASE_BUSY',
  'no-partition': 'DATABASE_BUSY',
};
/** Characters of the sentence of a problem, of its other texts, and of the address. */
const MAX_DETAIL_LENGTH = 4_000;
const MAX_MEMBER_LENGTH = 1_000;
const MAX_INSTANCE = 500;
const MAX_DEPTH = 3;
/** Characters that are read of each. */
const MAX_READ = 20_000;

type Problem = Omit<ProblemDto, 'instance'> & Record<string, unknown>;

/** Is told of each error that is answered. */
export interface ProblemObserver {
  answered(error: unknown, problem: { status: number; code: string }, request: object): void;
}
export const PROBLEM_OBSERVER = Symbol('PROBLEM_OBSERVER');

/** Answers every error as `application/problem+json` (RFC 9457) with a stable `code`, and repeats no secret. */
@Catch()
@Injectable()
export class DomainErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger(DomainErrorFilter.name);

  constructor(@Optional() @Inject(PROBLEM_OBSERVER) private readonly observer?: ProblemObserver) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const problem = problemOf(error);
    if (problem.status === 500)
      this.logger.error({ err: error, url: request.url }, 'A request failed because of an internal error');
    this.observer?.answered(error, problem, request);
    sendProblem(problem, request, http.getResponse<FastifyReply>(), error);
  }
}

/** Answers an error that the HTTP server found before Nest had a say, such as an address that is none. */
export function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(problemOf(error), request, reply, error);
}

function sendProblem(problem: Problem, { url }: FastifyRequest, reply: FastifyReply, error: unknown): void {
  if (error instanceof DomainError && error.headers) reply.headers(error.headers);
  if (typeof problem.retryAfter === 'number') reply.header('retry-after', String(problem.retryAfter));
  void reply
    .status(problem.status)
    .type('application/problem+json')
    .header('x-content-type-options', 'nosniff')
    .send({
      ...bounded(problem),
      detail: shown(problem.detail, MAX_DETAIL_LENGTH),
      instance: addressInPassing(url.slice(0, MAX_READ)).slice(0, MAX_INSTANCE),
    });
}

/** No answer grows with its request, whatever an error repeats of it. */
function bounded(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).map(([name, value]) => [name, boundedValue(value, MAX_DEPTH)]));
}

function boundedValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return shown(value, MAX_MEMBER_LENGTH);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.slice(0, MAX_PROBLEMS).map((element) => boundedValue(element, depth - 1));
  const entries = Object.entries(value).slice(0, MAX_PROBLEMS);
  return Object.fromEntries(
    entries.map(([name, member]) => [cut(redactedInPassing(name.slice(0, MAX_READ))), boundedValue(member, depth - 1)]),
  );
}

/** Before it is cut: the rest of a secret is hard to tell. */
function shown(text: string, longest: number): string {
  return cut(redactedInPassing(text.slice(0, MAX_READ)), longest);
}

/** Any error as a problem document. */
export function problemOf(error: unknown): Problem {
  if (error instanceof DomainError) return problem(error.httpStatus, error.code, error.message, error.details);
  if (error instanceof HttpException) {
    const { message } = error.getResponse() as { message?: string | string[] };
    if (Array.isArray(message)) {
      const { code, message: detail, details } = new InvalidRequestError(ProblemList.of(message.map(ofOtherPipe)));
      return problem(error.getStatus(), code, detail, details);
    }
    return problem(error.getStatus(), codeOf(error.getStatus()), error.message);
  }
  const fault = databaseFault(error);
  const unavailable = fault && DATABASE_CODES[fault];
  if (unavailable) return problem(503, unavailable, `${faultText(fault)}. Try again later.`);
  const { statusCode, message } = error as { statusCode?: unknown; message?: string };
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return problem(statusCode, codeOf(statusCode), message ?? '');
  }
  return problem(500, 'INTERNAL_ERROR', 'The service has an internal error. The log of the service has the details.');
}

/** An application that embeds this may read requests with Nest's own pipe, which gives sentences. */
function ofOtherPipe(sentence: string): FieldProblem {
  const field = /^(?:each value in )?(\S*)/.exec(sentence)![1]!;
  return { field: cut(field), detail: detailOf(field, sentence), code: 'INVALID' };
}

function problem(status: number, code: string, detail: string, members: object = {}): Problem {
  return { ...members, type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail };
}

function codeOf(status: number): string {
  return (STATUS_CODES[status] ?? 'ERROR').toUpperCase().replaceAll(/[^A-Z]+/g, '_');
}
