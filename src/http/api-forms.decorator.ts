import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';

type Content = NonNullable<NonNullable<Parameters<typeof ApiOkResponse>[0]>['content']>;
type Schema = NonNullable<Content[string]['schema']>;

const TEXT: Schema = { type: 'string' };

/** Documents an answer that comes as JSON and in other forms; a form without a schema is text. */
export const ApiForms = (dto: Type, others: Record<string, Schema | 'text'>): MethodDecorator =>
  applyDecorators(
    ApiExtraModels(dto),
    ApiOkResponse({
      description: 'The answer is JSON by default.',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(dto) } },
        ...Object.fromEntries(
          Object.entries(others).map(([type, schema]) => [type, { schema: schema === 'text' ? TEXT : schema }]),
        ),
      },
    }),
  );
