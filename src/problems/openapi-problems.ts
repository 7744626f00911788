import { getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { type ProblemCode, PROBLEMS } from './problem-codes.ts';
import { ProblemDto } from './problem.dto.ts';
import { ANY_OF_PLATFORM, type RefusalCode, REFUSES } from './refuses.decorator.ts';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Responses = Operation['responses'];
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** The server, its filter and its guards refuse every request for these. */
const OF_ALL: readonly ProblemCode[] = [
  ...(['BAD_REQUEST', 'FOREIGN_HOST', 'FOREIGN_ORIGIN', 'NOT_FOUND', 'METHOD_NOT_ALLOWED', 'REQUEST_TIMEOUT'] as const),
  ...(['URI_TOO_LONG', 'EXPECTATION_FAILED', 'TOO_MANY_REQUESTS', 'HEADERS_TOO_LARGE', 'INTERNAL_ERROR'] as const),
  ...(['DATABASE_UNAVAILABLE', 'DATABASE_READ_ONLY', 'DATABASE_BUSY', 'QUERY_TOO_SLOW', 'RECORD_BEHIND'] as const),
  ...(['UNAUTHENTICATED', 'INVALID_KEY', 'KEY_EXPIRED', 'KEY_REVOKED', 'FORBIDDEN', 'TARGET_REQUIRED'] as const),
  ...(['INVALID_TOKEN', 'TOKEN_EXPIRED', 'SESSION_EXPIRED', 'ISSUER_UNAVAILABLE'] as const),
  ...(['SHUTTING_DOWN', 'CLOCK_SKEW', 'SNAPSHOT_CORRUPT', 'INVALID_REQUEST'] as const),
];
const OF_BODIES: readonly ProblemCode[] = [
  ...([
    'EMPTY_BODY',
    'INVALID_ENCODING',
    'INVALID_JSON',
    'DUPLICATE_MEMBER',
    'LONE_SURROGATE',
    'INEXACT_NUMBER',
  ] as const),
  ...([
    'BODY_TOO_COMPLEX',
    'BODY_CUT_OFF',
    'PAYLOAD_TOO_LARGE',
    'UNSUPPORTED_MEDIA_TYPE',
    'UNSUPPORTED_CHARSET',
  ] as const),
  ...(['UNSUPPORTED_ENCODING', 'SERVER_BUSY'] as const),
];
const OF_KEYS: readonly ProblemCode[] = [
  ...(['INVALID_IDEMPOTENCY_KEY', 'IDEMPOTENCY_KEY_BUSY', 'IDEMPOTENCY_KEY_REUSED'] as const),
];
const OF_CURSORS: readonly ProblemCode[] = ['INVALID_CURSOR'];
/** A filter of the history, whose dates are days of a time zone. */
const OF_FILTERS: readonly ProblemCode[] = ['INVALID_FILTER', 'UNKNOWN_TIME_ZONE'];

/** Names of the schemas of what any route may answer. */
const GENERAL = { '4XX': 'RequestProblem', '5XX': 'ServiceProblem' } as const;

/** Gives each operation the codes that it answers with, by their status; what any may answer stands once, as a range. */
export function documentProblems(document: OpenAPIObject): void {
  const schemas = ((document.components ??= {}).schemas ??= {});
  for (const [range, name] of Object.entries(GENERAL))
    schemas[name] = withCodes(OF_ALL.filter((code) => isOf(range, code)));
  for (const operation of operationsOf(document)) {
    const codes = new Set([...refusedBy(operation), ...ofItsShape(operation)]);
    const statuses = [...new Set([...codes].map(statusOf))].toSorted((a, b) => a - b);
    const own = statuses.map((status) => [String(status), answer(status, codes)] as const);
    Object.assign(operation.responses, Object.fromEntries(own), rangesOf(operation.responses));
  }
}

/** The decorator's, which the document does not keep. */
function refusedBy(operation: Operation): RefusalCode[] {
  const extended = operation as Operation & { [REFUSES]?: RefusalCode[] };
  const codes = extended[REFUSES] ?? [];
  delete extended[REFUSES];
  return codes;
}

function ofItsShape({ requestBody, parameters = [] }: Operation): ProblemCode[] {
  const has = (name: string) => parameters.some((parameter) => 'name' in parameter && parameter.name === name);
  return [
    ...(requestBody ? OF_BODIES : []),
    ...(has('Idempotency-Key') ? OF_KEYS : []),
    ...(has('cursor') ? OF_CURSORS : []),
    ...(has('timeZone') ? OF_FILTERS : []),
  ];
}

/** The general codes of a status stand beside its own: what an exact status names counts, and not its range. */
function answer(status: number, own: ReadonlySet<RefusalCode>): Responses[string] {
  const codes = [...own].filter((code) => statusOf(code) === status);
  const general = OF_ALL.filter((code) => PROBLEMS[code][0] === status && !own.has(code));
  const isOpen = codes.includes(ANY_OF_PLATFORM);
  const named = codes.filter((code) => code !== ANY_OF_PLATFORM);
  const schema = isOpen ? { $ref: getSchemaPath(ProblemDto) } : withCodes([...named, ...general]);
  const lines = named.map((code) => `- \`${code}\`: ${plain(PROBLEMS[code][1])}`);
  if (isOpen) lines.push('- any code of the platform: it refused the call, or failed');
  return { description: lines.join('\n'), content: { 'application/problem+json': { schema } } };
}

function rangesOf(responses: Responses): Responses {
  const ranges = Object.entries(GENERAL).map(([range, name]) => {
    const content = { 'application/problem+json': { schema: { $ref: `#/components/schemas/${name}` } } };
    return [range, { ...responses[range], content }];
  });
  return Object.fromEntries(ranges) as Responses;
}

function withCodes(codes: readonly ProblemCode[]): Schema {
  const code = { type: 'string', enum: codes.toSorted() };
  return { allOf: [{ $ref: getSchemaPath(ProblemDto) }, { type: 'object', properties: { code } }] };
}

function isOf(range: string, code: ProblemCode): boolean {
  return String(PROBLEMS[code][0])[0] === range[0];
}

function statusOf(code: RefusalCode): number {
  return code === ANY_OF_PLATFORM ? 502 : PROBLEMS[code][0];
}

/** A link of a page of ours leads nowhere from the document. */
function plain(text: string): string {
  return text.replaceAll(/\[([^[\]]+)\]\([^[()]*\)/g, '$1');
}

function operationsOf({ paths }: OpenAPIObject): Operation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods) as Operation[]);
}
