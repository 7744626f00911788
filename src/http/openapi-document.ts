import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, getSchemaPath, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ProblemDto } from './problem.dto.ts';

const PROBLEM = { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDto) } } };

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

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
    .addTag('content types', 'Content types and their versions.')
    .addTag('deployments', 'Plans, deployments with their progress, and rollbacks.')
    .addTag('platforms', 'Installed platforms, pulls of their content, and its adoption.')
    .addTag('live', 'Content that stands at each target, now or at an earlier time, with evidence.')
    .addTag('drift', 'Rules about changes on a platform that are expected for a time.')
    .addTag('history', 'Every push and pull with its content and its result.')
    .addTag('events', 'Events in the order of commits, as pages or as a live stream.')
    .addTag('replay', 'New syncs with the exact content of earlier syncs.')
    .addTag('analytics', 'Counts, rates, durations, failure patterns, health and reports.')
    .addTag('alerts', 'Webhook messages about the health of targets, and their delivery.')
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
    operationIdFactory: (controller, method) =>
      controller.replace(/Controller$/, '').replace(/^./, (first) => first.toLowerCase()) +
      method.replace(/^./, (first) => first.toUpperCase()),
  });
  // The service asks nobody who they are: whatever stands before it does.
  return corrected({ ...document, security: [] });
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
  for (const { get, put, post } of Object.values(document.paths)) {
    for (const parameter of [get, put, post].flatMap((operation) => operation?.parameters ?? [])) {
      if ('schema' in parameter && hasDefault(parameter.schema)) parameter.required = false;
    }
  }
  describeAnswers(document);
  sayNull(document);
  return document;
}

const ANSWERS: Record<string, string> = {
  200: 'The request succeeded, and the body has its answer.',
  201: 'The request created what it asked for.',
  202: 'The service accepted the request and works on it.',
};

/** OpenAPI requires a description for each answer; Nest writes an empty one where the code gives none. */
function describeAnswers(document: OpenAPIObject): void {
  for (const methods of Object.values(document.paths)) {
    for (const { responses } of Object.values(methods) as { responses?: Record<string, { description?: string }> }[]) {
      for (const [status, answer] of Object.entries(responses ?? {})) {
        answer.description ||= ANSWERS[status] ?? 'The request succeeded and has no content.';
      }
    }
  }
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

function hasDefault(schema: Schema | undefined): boolean {
  return schema !== undefined && 'default' in schema;
}

function isAnything(schema: Schema): schema is Exclude<Schema, { $ref: string }> {
  return 'type' in schema && schema.type === 'object' && !schema.allOf && !schema.additionalProperties;
}
