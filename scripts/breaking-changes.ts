/** As far as it tells what a client relies on. */
export interface ApiDocument {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

interface Operation {
  operationId?: string;
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { content?: Content }>;
}

type Content = Record<string, { schema?: Schema }>;

interface Schema extends Partial<Record<Bound, number>> {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

/** One form that a value may have: of one type, or of any; with the name of its schema, if it has one. */
type Form = Omit<Schema, 'type'> & { type?: string; name?: string };

const MAXIMA = ['maximum', 'maxLength', 'maxItems', 'maxProperties'] as const;
const MINIMA = ['minimum', 'minLength', 'minItems', 'minProperties'] as const;
type Bound = (typeof MAXIMA)[number] | (typeof MINIMA)[number];

/** What a client of the document before may fail on with the document after, a sentence each. Examples and texts do not count. */
export function breakingChanges(before: ApiDocument, after: ApiDocument): string[] {
  return new Comparison(before, after).changes();
}

/**
 * A value that one side gives must be one that the other side takes. In a request, clients give what the document before says,
 * and the service takes what the document after says; in an answer, it is the other way round.
 */
type Side = 'request' | 'answer';

class Comparison {
  /** Pairs of named schemas that are being compared: a schema may contain itself. */
  private readonly open = new Set<string>();
  private readonly before: ApiDocument;
  private readonly after: ApiDocument;

  // Node runs this file as it is, without the short form.
  constructor(before: ApiDocument, after: ApiDocument) {
    this.before = before;
    this.after = after;
  }

  changes(): string[] {
    const found = Object.entries(this.before.paths).flatMap(([path, operations]) =>
      Object.entries(operations).flatMap(([method, operation]) => {
        const now = this.after.paths[path]?.[method];
        const name = `${method.toUpperCase()} ${path}`;
        return now ? this.operation(name, operation, now) : [`${name} is gone`];
      }),
    );
    return [...new Set(found)];
  }

  private operation(name: string, before: Operation, after: Operation): string[] {
    return [
      ...(before.operationId === after.operationId
        ? []
        : [`${name} has the operation id ${after.operationId}; it was ${before.operationId}`]),
      ...this.parameters(name, before, after),
      ...this.body(name, before, after),
      ...this.answers(name, before, after),
    ];
  }

  private parameters(name: string, before: Operation, after: Operation): string[] {
    const [old, now] = [before, after].map(
      ({ parameters = [] }) => new Map(parameters.map((one) => [`${one.in} parameter ${one.name}`, one])),
    );
    const changed = [...old!].flatMap(([what, parameter]) => {
      const place = `${name}, ${what}`;
      const other = now!.get(what);
      if (!other) return [`${place} is gone, and is refused`];
      const demanded = other.required && !parameter.required ? [`${place} is required now`] : [];
      return [...demanded, ...this.schema(place, 'request', parameter.schema, other.schema)];
    });
    const added = [...now!].filter(([what, { required }]) => required && !old!.has(what));
    return [...changed, ...added.map(([what]) => `${name}, ${what} is new and required`)];
  }

  private body(name: string, { requestBody: before }: Operation, { requestBody: after }: Operation): string[] {
    const place = `${name}, request body`;
    if (!before) return after?.required ? [`${place} is new and required`] : [];
    if (!after) return [`${place} is gone`];
    const demanded = after.required && !before.required ? [`${place} is required now`] : [];
    return [...demanded, ...this.content(place, 'request', before.content, after.content)];
  }

  private answers(name: string, before: Operation, after: Operation): string[] {
    return Object.entries(before.responses).flatMap(([status, { content = {} }]) => {
      const now = after.responses[status];
      const place = `${name}, answer ${status}`;
      return now ? this.content(place, 'answer', content, now.content ?? {}) : [`${place} is gone`];
    });
  }

  private content(place: string, side: Side, before: Content, after: Content): string[] {
    return Object.entries(before).flatMap(([type, { schema }]) => {
      const now = after[type];
      return now ? this.schema(place, side, schema, now.schema) : [`${place} has no ${type} any more`];
    });
  }

  /** Each form that is given must be one of those that are taken; told is what keeps it from the most similar one. */
  private schema(place: string, side: Side, before: Schema = {}, after: Schema = {}): string[] {
    const [old, now] = [formsOf(this.before, before), formsOf(this.after, after)];
    const [given, taken] = side === 'request' ? [old, now] : [now, old];
    return given.flatMap((one) => {
      const alike = taken.filter(({ type }) => takes(type, one.type));
      if (alike.length === 0) {
        const type = one.type ?? 'any value';
        return [side === 'request' ? `${place} no longer takes ${type}` : `${place} may be ${type} now`];
      }
      const attempts = alike.map((other) =>
        side === 'request' ? this.form(place, side, one, other) : this.form(place, side, other, one),
      );
      return attempts.toSorted((a, b) => a.length - b.length)[0]!;
    });
  }

  /** What has a name is its own place, so that all that use it tell the same. */
  private form(place: string, side: Side, before: Form, after: Form): string[] {
    const pair = before.name && after.name && [side, before.name, after.name, before.type].join(' ');
    if (pair && this.open.has(pair)) return [];
    if (pair) this.open.add(pair);
    const own = pair ? `In ${side}s, ${before.name}` : place;
    const changes = [...values(own, side, before, after), ...this.members(own, side, before, after)];
    if (pair) this.open.delete(pair);
    return changes;
  }

  private members(place: string, side: Side, before: Form, after: Form): string[] {
    const [old, now] = [before.properties ?? {}, after.properties ?? {}];
    const gone = Object.keys(old).filter((name) => !Object.hasOwn(now, name));
    const both = Object.keys(old).filter((name) => Object.hasOwn(now, name));
    const [given, taken] = side === 'request' ? [before, after] : [after, before];
    const unsure = (taken.required ?? []).filter((name) => !given.required?.includes(name) && !gone.includes(name));
    return [
      ...gone.map((name) => `${place}.${name} is gone`),
      ...unsure.map((name) => `${place}.${name} ${side === 'request' ? 'is required now' : 'may be left out now'}`),
      ...both.flatMap((name) => this.schema(`${place}.${name}`, side, old[name], now[name])),
      ...(before.items || after.items ? this.schema(`${place}[]`, side, before.items, after.items) : []),
      ...(typeof before.additionalProperties === 'object' && typeof after.additionalProperties === 'object'
        ? this.schema(`${place}.*`, side, before.additionalProperties, after.additionalProperties)
        : []),
    ];
  }
}

/** New values of an answer are no breaking change: clients take those that they do not know. */
function values(place: string, side: Side, before: Form, after: Form): string[] {
  const gone = before.enum?.filter((value) => after.enum && !after.enum.includes(value)) ?? [];
  const isNarrower = side === 'request' && !before.enum && after.enum !== undefined;
  const bounds = side === 'answer' ? [] : [...MAXIMA, ...MINIMA].filter((bound) => isTighter(bound, before, after));
  return [
    ...gone.map((value) => `${place} has no value ${JSON.stringify(value)} any more`),
    ...(isNarrower ? [`${place} takes only ${after.enum!.map((value) => JSON.stringify(value)).join(', ')} now`] : []),
    ...bounds.map((bound) => `${place} has the ${bound} ${after[bound]} now; it was ${before[bound] ?? 'without'}`),
  ];
}

function isTighter(bound: Bound, before: Form, after: Form): boolean {
  const isMaximum = MAXIMA.some((name) => name === bound);
  const [old = isMaximum ? Infinity : -Infinity, now = old] = [before[bound], after[bound]];
  return isMaximum ? now < old : now > old;
}

/** The forms that a value may have, each of one type at the most. */
function formsOf(document: ApiDocument, { $ref, anyOf, oneOf, allOf, ...own }: Schema, name?: string): Form[] {
  if ($ref !== undefined) return formsOf(document, document.components?.schemas?.[nameOf($ref)] ?? {}, nameOf($ref));
  const choices = anyOf ?? oneOf;
  if (choices) return choices.flatMap((choice) => formsOf(document, choice));
  const whole = (allOf ?? []).flatMap((part) => formsOf(document, part)).reduce<Schema>(both, own);
  const types = Array.isArray(whole.type) ? whole.type : [whole.type];
  return types.map((type) => ({ ...whole, name, type, enum: whole.enum && enumOf(whole.enum, type) }));
}

function both(a: Schema, b: Schema): Schema {
  const properties = { ...a.properties, ...b.properties };
  return { ...a, ...b, properties, required: [...(a.required ?? []), ...(b.required ?? [])] };
}

/** `null` stands in an enum beside values of the other type. */
function enumOf(all: unknown[], type: string | undefined): unknown[] {
  return all.filter((value) => type === undefined || (value === null) === (type === 'null'));
}

function takes(taken: string | undefined, given: string | undefined): boolean {
  return taken === undefined || taken === given || (taken === 'number' && given === 'integer');
}

function nameOf($ref: string): string {
  return $ref.split('/').at(-1)!;
}
