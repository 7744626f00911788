import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, getSchemaPath, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { documentProblems, ProblemDto } from '#problems';
import { LIST_LIMITS } from '#validation';

const PROBLEM = { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } };

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** The OpenAPI document of the whole API; `configureApp` comes before. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.1')
    .setTitle('SyncTrail')
    .setDescription(
      'SyncTrail records every push and pull of content types between you and external platforms: the content, the ' +
        'version, the time, the requester and the answer. Errors are `application/problem+json` (RFC 9457) with a ' +
        'stable `code`.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: 'An API key, `synctrail_…`, where `ACCESS` is `keys`.' },
      'key',
    )
    .addTag('content types', 'Content types and their versions.')
    .addTag('plans', 'What a deployment would change at a target, and its approval.')
    .addTag('freezes', 'Intervals in which nothing is sent to a target.')
    .addTag('deployments', 'Deployments with their progress, and rollbacks.')
    .addTag('platforms', 'Installed platforms, pulls of their content, and its adoption.')
    .addTag('watches', 'Recurring pulls that find drift.')
    .addTag('live', 'Content that stands at each target, now or at an earlier time, with evidence.')
    .addTag('drift', 'Rules about changes on a platform that are expected for a time.')
    .addTag('history', 'Every push and pull with its content and its result.')
    .addTag('events', 'Events in the order of commits, as pages or as a live stream.')
    .addTag('replay', 'New syncs with the exact content of earlier syncs.')
    .addTag('analytics', 'Counts, rates, durations, failure patterns, health and reports.')
    .addTag('expectations', 'Syncs that have to succeed at a target by a time, and whether they did.')
    .addTag('alerts', 'Webhook messages about the health of targets, and their delivery.')
    .addTag('keys', 'API keys, their scopes and their revocation, and the sign-in of browsers.')
    .addTag('access log', 'Who read payloads, exported, managed keys, signed in, was refused and decided.')
    .addTag('health', 'State of the service itself, and its metrics.')
    .addGlobalResponse({
      status: '4XX',
      description: 'The request is invalid, or conflicts with the current state. `code` names the reason.',
      content: PROBLEM,
    })
    .addGlobalResponse({
      status: '5XX',
      description: 'The service or the platform failed. `code` names the reason.',
      content: PROBLEM,
    })
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    extraModels: [ProblemDto],
    operationIdFactory: (_controller, method) => method,
  });
  return corrected({ ...document, security: [{ key: [] }, {}] });
}

/** What the Swagger plugin gets wrong: what has a default may be left out, and `unknown` is not an object. */
function corrected(document: OpenAPIObject): OpenAPIObject {
  for (const schema of Object.values(document.components?.schemas ?? {})) {
    if ('$ref' in schema) continue;
    const properties = schema.properties ?? {};
    const required = schema.required?.filter((name) => !hasDefault(properties[name]));
    if (required) schema.required = required;
    for (const property of Object.values(properties)) {
      const innermost = 'items' in property && property.items ? property.items : property;
      if (isAnything(innermost)) delete innermost.type;
    }
  }
  for (const { parameters = [] } of operationsOf(document)) {
    for (const parameter of parameters) {
      if ('schema' in parameter && hasDefault(parameter.schema)) parameter.required = false;
      limitList(parameter);
    }
  }
  describeAnswers(document);
  documentProblems(document);
  ruleElements(document);
  giveExamples(document);
  sayNull(document);
  orderEnums(document);
  return document;
}

const ANSWERS: Record<string, string> = {
  200: 'The request succeeded, and the body has its answer.',
  201: 'The request created what it asked for.',
  202: 'The service accepted the request and works on it.',
};

/** OpenAPI requires a description for each answer; Nest writes an empty one where the code gives none. */
function describeAnswers(document: OpenAPIObject): void {
  for (const { responses } of operationsOf(document)) {
    for (const [status, answer] of Object.entries(responses as Record<string, { description?: string }>)) {
      answer.description ||= ANSWERS[status] ?? 'The request succeeded and has no content.';
    }
  }
}

function limitList(parameter: NonNullable<Operation['parameters']>[number]): void {
  if (!('schema' in parameter) || !parameter.schema || !('type' in parameter.schema)) return;
  const { schema, name } = parameter;
  if (schema.type === 'array') schema.maxItems ??= LIST_LIMITS.get(name);
}

const RULES_OF_TEXTS = ['minLength', 'maxLength', 'pattern'] as const;

/** A rule for texts that stands at a list is of its elements. */
function ruleElements(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const member of Object.values(part)) ruleElements(member);
  const { type, items } = part as { type?: unknown; items?: object };
  if (type !== 'array' || !items) return;
  for (const name of RULES_OF_TEXTS) {
    const rule: unknown = part[name as keyof typeof part];
    if (rule === undefined) continue;
    Object.assign(items, { [name]: rule });
    delete part[name as keyof typeof part];
  }
}

/** Swagger UI makes up a value for every member of a body that has no example as a whole. */
function giveExamples(document: OpenAPIObject): void {
  for (const { requestBody } of operationsOf(document)) {
    if (!requestBody || '$ref' in requestBody) continue;
    for (const content of Object.values(requestBody.content)) content.example ??= exampleOf(document, content.schema);
  }
}

/** Of the members that have an example; all others may be left out. */
function exampleOf(document: OpenAPIObject, schema: Schema | undefined): unknown {
  if (!schema) return undefined;
  if ('$ref' in schema) return exampleOf(document, document.components?.schemas?.[schema.$ref.split('/').at(-1)!]);
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
    'example' in member ? [[name, member.example]] : [],
  );
  return schema.example ?? Object.fromEntries(members);
}

function operationsOf({ paths }: OpenAPIObject): Operation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods) as Operation[]);
}

/** OpenAPI 3.1 has a type for null; `nullable` is of 3.0, where it says nothing beside `allOf`. */
function sayNull(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const member of Object.values(part)) sayNull(member);
  const schema = part as Record<string, unknown>;
  if (schema.nullable !== true) return;
  delete schema.nullable;
  if (Array.isArray(schema.allOf)) {
    schema.anyOf = [...(schema.allOf as unknown[]), { type: 'null' }];
    delete schema.allOf;
    delete schema.type;
  } else if (schema.type !== undefined) {
    schema.type = [schema.type, 'null'];
    if (Array.isArray(schema.enum)) schema.enum = [...(schema.enum as unknown[]), null];
  }
}

/** The compiler gives the values of a union in an order that changes with other types of the program. */
function orderEnums(part: unknown): void {
  if (typeof part !== 'object' || part === null) return;
  for (const [name, member] of Object.entries(part)) {
    if (name === 'enum' && Array.isArray(member)) {
      const values = (member as (string | null)[]).filter((value) => value !== null).toSorted();
      member.splice(0, member.length, ...values, ...(member.includes(null) ? [null] : []));
    } else if (name !== 'example') orderEnums(member);
  }
}

function hasDefault(schema: Schema | undefined): boolean {
  return schema !== undefined && 'default' in schema;
}

function isAnything(schema: Schema): schema is Exclude<Schema, { $ref: string }> {
  return 'type' in schema && schema.type === 'object' && !schema.allOf && !schema.additionalProperties;
}
