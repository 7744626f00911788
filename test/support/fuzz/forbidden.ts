import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { type ApiDocument, type Route, routesOf, type Schema } from '../hostile-requests.ts';
import { close } from '../answer-check.ts';
import type { FuzzRequest } from './fuzz-request.ts';
import { nameOf } from './valid-requests.ts';

const ID = 'requests';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Finds out what of a request its document forbids. */
export class ForbiddenCheck {
  private readonly routes: Map<string, Route>;
  private readonly ajv = new Ajv2020({ strict: false });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(document: ApiDocument) {
    const closed = structuredClone(document);
    for (const schema of Object.values(closed.components.schemas)) close(schema);
    this.routes = new Map(routesOf(closed).map((route) => [nameOf(route), route]));
    ajvFormats.default(this.ajv);
    // A day is taken for its beginning.
    this.ajv.addFormat('date-time', true);
    this.ajv.addSchema({ $id: ID, ...closed });
  }

  /** Undefined for what is allowed, and for what goes to another address than its operation has. */
  reason({ operation, method, path, body }: FuzzRequest): string | undefined {
    const route = this.routes.get(operation)!;
    const [address = '', query = ''] = path.split('?', 2);
    if (method !== route.method || !isAddressOf(route.path, address)) return undefined;
    return forbiddenQuery(route, query) ?? this.forbiddenBody(route, body);
  }

  private forbiddenBody({ method, path, operation }: Route, body: string | undefined): string | undefined {
    if (!operation.requestBody) return undefined;
    const value = parsed(body ?? '');
    if (value === undefined) return 'the body is no JSON';
    const place = ['paths', path, method.toLowerCase(), 'requestBody', 'content', 'application/json', 'schema'];
    const pointer = place.map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
    const $ref = `${ID}#/${pointer.map(encodeURIComponent).join('/')}`;
    const validate = this.validators.get($ref) ?? this.ajv.compile({ $ref });
    this.validators.set($ref, validate);
    if (validate(value)) return undefined;
    const { instancePath, message, params } = validate.errors![0]!;
    // A filter takes one value without a list, as in a query.
    if (instancePath.startsWith('/filter/') && message === 'must be array') return undefined;
    return `the body${instancePath} ${message} ${JSON.stringify(params).slice(0, 100)}`;
  }
}

function isAddressOf(template: string, address: string): boolean {
  const segments = address.split('/');
  const names = template.split('/');
  // Another route may stand behind what was put in the place of a name.
  return (
    segments.length === names.length &&
    names.every((name, index) =>
      name.startsWith('{') ? /^[A-Z0-9][\w-]*$/i.test(segments[index]!) : name === segments[index],
    )
  );
}

function forbiddenQuery({ path, operation: { parameters = [] } }: Route, query: string): string | undefined {
  const known = new Map(parameters.filter((one) => one.in === 'query').map(({ name, schema }) => [name, schema]));
  const seen = new Map<string, number>();
  for (const pair of query.split('&').filter((one) => one !== '')) {
    const [name, value] = pairOf(pair);
    if (name === undefined || value === undefined) return undefined;
    const schema = known.get(name);
    // Probes take what they are given.
    if (!schema && !path.startsWith('/api/')) continue;
    if (!schema) return `no parameter ${JSON.stringify(name.slice(0, 50))}`;
    const isList = schema.type === 'array';
    if (seen.has(name) && !isList) return `${name} is given twice`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    if (count > (schema.maxItems ?? Infinity)) return `${name} is given more than ${schema.maxItems} times`;
    const wrong = wrongText((isList ? schema.items : schema) ?? {}, value);
    if (wrong) return `${name} ${wrong}`;
  }
  const missing = parameters.find((one) => one.in === 'query' && one.required && !seen.has(one.name));
  return missing && `${missing.name} is missing`;
}

function pairOf(pair: string): [name?: string, value?: string] {
  const at = pair.indexOf('=');
  const [name, value] = at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  try {
    return [decodeURIComponent(name), decodeURIComponent(value.replaceAll('+', ' '))];
  } catch {
    return [];
  }
}

function wrongText(
  { type, format, minimum, maximum, maxLength, minLength, enum: names, pattern }: Schema,
  value: string,
) {
  if (type === 'number' || type === 'integer') {
    if (!/^(0|[1-9]\d*)$/.test(value)) return 'is no plain decimal number';
    if (minimum !== undefined && Number(value) < minimum) return `is under ${minimum}`;
    if (maximum !== undefined && Number(value) > maximum) return `is over ${maximum}`;
  }
  if (type === 'boolean' && !['true', 'false', ''].includes(value)) return 'is neither true nor false';
  if (names && !names.includes(value)) return 'is no value of its enum';
  if (format === 'uuid' && !UUID.test(value)) return 'is no UUID';
  if (maxLength !== undefined && value.length > maxLength) return `is longer than ${maxLength}`;
  if (minLength !== undefined && value.length < minLength) return `is shorter than ${minLength}`;
  if (pattern && !new RegExp(pattern).test(value)) return `does not match ${pattern}`;
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
}
