interface Parameter {
  name: string;
  in: string;
  example?: unknown;
  schema: { example?: unknown; default?: unknown };
}

interface Operation {
  operationId: string;
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<string, { content?: Record<string, object> }>;
}

/** As far as it tells what Swagger UI fills in. */
export interface FilledInDocument {
  paths: Record<string, Record<string, Operation>>;
}

export interface FilledInRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export function operationIdsOf({ paths }: FilledInDocument): string[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
}

/** The request that Swagger UI sends when a user changes nothing in what it fills in, but for these ids in the path. */
export function filledIn(
  { paths }: FilledInDocument,
  operationId: string,
  ids: Record<string, string> = {},
): FilledInRequest {
  for (const [template, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.operationId === operationId) return requestOf(template, method.toUpperCase(), operation, ids);
    }
  }
  throw new Error(`The document has no operation ${operationId}.`);
}

function requestOf(
  template: string,
  method: string,
  { parameters = [], requestBody, responses }: Operation,
  ids: Record<string, string>,
): FilledInRequest {
  const filled = (place: string) =>
    parameters
      .filter((parameter) => parameter.in === place)
      .flatMap((parameter) => valuesOf(parameter).map((value): [string, string] => [parameter.name, value]));
  const names = { ...Object.fromEntries(filled('path')), ...ids };
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name]!));
  const query = new URLSearchParams(filled('query')).toString();
  const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  return {
    ...{ method, path: query === '' ? path : `${path}?${query}` },
    headers: {
      accept: answers.flatMap(([, answer]) => Object.keys(answer.content ?? {}))[0] ?? '*/*',
      ...(type && { 'content-type': type }),
      ...Object.fromEntries(filled('header')),
    },
    ...(content && { body: JSON.stringify(content.example) }),
  };
}

function valuesOf({ example, schema }: Parameter): string[] {
  const value = example ?? schema.example ?? schema.default;
  return value === undefined ? [] : [value].flat().map(String);
}
