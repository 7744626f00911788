import { readFileSync } from 'node:fs';
import { type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';

interface Content {
  schema: object;
}
interface Operation {
  responses: Record<string, { content?: Record<string, Content> }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}

export interface Answer {
  method: string;
  path: string;
  status: number;
  contentType: string | null;
  /** Undefined for what is no JSON. */
  body?: unknown;
}

const ID = 'openapi';
const MAX_SHOWN = 5;
/** RFC 9457 lets a problem have more members. */
const OPEN = new Set(['ProblemDto']);

/** The address as the router reads it: a letter may be written as its code. */
function spelledOut(path: string): string {
  return path.replaceAll(/%[2-7][0-9a-f]/gi, (code) => {
    const letter = String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return /[\w.~-]/.test(letter) ? letter : code;
  });
}

/** Compares answers with an OpenAPI document: status, media type, and every member of the body. */
export class AnswerCheck {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly routes: { template: RegExp; names: number; path: string; operations: Record<string, Operation> }[];
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(document: unknown) {
    const { paths, components } = structuredClone(document) as Document;
    for (const [name, schema] of Object.entries(components.schemas)) if (!OPEN.has(name)) close(schema);
    ajvFormats.default(this.ajv);
    this.ajv.addSchema({ $id: ID, paths, components });
    this.routes = Object.entries(paths)
      .map(([path, operations]) => ({
        ...{ path, operations },
        names: path.split('{').length,
        template: new RegExp(`^${path.replaceAll(/[.+*?^$()|[\]\\]/g, '\\$&').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
      }))
      // The router prefers what is written out to a parameter.
      .sort((a, b) => a.names - b.names);
  }

  static read(file: string): AnswerCheck {
    return new AnswerCheck(JSON.parse(readFileSync(file, 'utf8')));
  }

  /** What an answer does otherwise than the document says; undefined when nothing, or when the document has no such route. */
  fault({ method, path, status, contentType, body }: Answer): string | undefined {
    const address = spelledOut(path);
    const route = this.routes.find(({ template }) => template.test(address));
    const operation = route?.operations[method.toLowerCase()];
    if (!route || !operation) return undefined;
    const name = `${method} ${route.path}`;
    const key = [String(status), `${Math.floor(status / 100)}XX`].find((one) =>
      Object.hasOwn(operation.responses, one),
    );
    if (key === undefined) return `${name} answered ${status}, which its document does not name`;
    const { content = {} } = operation.responses[key]!;
    const type = contentType?.split(';')[0]!.trim();
    const named = Object.keys(content);
    if (type === undefined && named.length === 0) return undefined;
    if (type === undefined || !named.includes(type)) {
      return `${name} answered ${status} as ${type}; its document names ${named.join(', ') || 'no body'}`;
    }
    if (body === undefined) return undefined;
    const validate = this.validator(['paths', route.path, method.toLowerCase(), 'responses', key, 'content', type]);
    if (validate(body)) return undefined;
    return `${name} answered ${status} with a body that breaks its schema: ${told(validate.errors!)}`;
  }

  private validator(place: string[]): ValidateFunction {
    const pointer = [...place, 'schema'].map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'));
    const $ref = `${ID}#/${pointer.map(encodeURIComponent).join('/')}`;
    const found = this.validators.get($ref) ?? this.ajv.compile({ $ref });
    this.validators.set($ref, found);
    return found;
  }
}

/** A member that the document does not know is a fault as well. */
export function close(schema: object): void {
  if ('properties' in schema && !('additionalProperties' in schema))
    Object.assign(schema, { additionalProperties: false });
}

function told(errors: ErrorObject[]): string {
  const lines = errors.map(
    ({ instancePath, message, params }) => `${instancePath || '/'} ${message} ${JSON.stringify(params).slice(0, 200)}`,
  );
  return [...new Set(lines)].slice(0, MAX_SHOWN).join('; ');
}
