import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** One thing wrong with a body; `field` is a path such as `properties.heading.displayName`. */
export interface Issue {
  detail: string;
  field: string;
}

/** An error answer of the API, sent as `application/problem+json`. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: Issue[] | null = null,
  ) {
    super(detail);
  }

  static invalid(detail: string, errors: Issue[] | null = null): Problem {
    return new Problem(400, 'InvalidRequest', detail, errors);
  }

  static notFound(key: string): Problem {
    return new Problem(404, 'NotFound', `The resource '${key}' could not be found.`);
  }

  toJSON(): object {
    const { status, code, detail, errors } = this;
    const type = `https://example.invalid/errors/${code}`;
    return { type, title: STATUS_CODES[status], status, detail, code, errors, traceId: randomUUID() };
  }
}

/** The one place where errors become answers. */
export function answerProblem(error: FastifyError | Problem, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = error instanceof Problem ? error : fromFramework(error);
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer');
  reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}

function fromFramework(error: FastifyError): Problem {
  if (error.statusCode === 415) return new Problem(415, 'UnsupportedMediaType', error.message);
  if (error.statusCode && error.statusCode < 500) return new Problem(error.statusCode, 'InvalidRequest', error.message);
  console.error(error);
  return new Problem(500, 'InternalServerError', error.message);
}
