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
      'What exactly was sent to which platform, when, from which version, who asked for it, what came back, ' +
        'and how to undo it. Errors are application/problem+json (RFC 9457) with a stable `code`.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addTag('content types', 'What is synchronised, and every version of it.')
    .addTag('deployments', 'What is to be sent where, how far it is, and how to undo it.')
    .addTag('platforms', 'Where content types are sent, and what stands there.')
    .addTag('history', 'Every push and pull: what was sent, and what came of it.')
    .addTag('events', 'What happened, in order: to be paged through, or watched live.')
    .addTag('replay', 'Sending again, byte for byte, what was sent before.')
    .addTag('analytics', 'What the history says: rates, durations, patterns.')
    .addTag('alerts', 'Who was told that a platform is unwell, and whether it arrived.')
    .addTag('health', 'Whether the service is well.')
    .addGlobalResponse({ status: '4XX', description: 'The request cannot be answered so.', content: PROBLEM })
    .addGlobalResponse({ status: '5XX', description: 'Ours or the platform’s failure.', content: PROBLEM })
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
  sayNull(document);
  return document;
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
