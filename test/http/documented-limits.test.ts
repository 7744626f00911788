import { readFileSync } from 'node:fs';
import { DOCUMENT } from '../support/checked-answers.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

interface Schema {
  type?: string;
  format?: string;
  enum?: unknown[];
  pattern?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  items?: Schema;
}
interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

const { paths } = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as {
  paths: Record<string, { get?: { parameters: Parameter[] } }>;
};
const ID = '019a5f0e-7c11-7aaa-8000-000000000000';
/** Texts whose form the description gives: moments, and the place of an event. */
const DESCRIBED = new Set(['startDate', 'endDate', 'dateRange', 'after']);

const lists = Object.entries(paths).flatMap(([path, { get }]) =>
  get && path.startsWith('/api/') ? [{ address: path.replaceAll(/\{[^}]+\}/g, ID), parameters: get.parameters }] : [],
);
const parameters = lists.flatMap(({ address, parameters: all }) =>
  all.filter((one) => one.in === 'query').map(({ name, schema }) => ({ address, name, schema })),
);
const numbers = parameters.filter(({ schema }) => schema.type === 'number' || schema.type === 'integer');
const ofLists = parameters.filter(({ schema }) => schema.type === 'array');
const texts = parameters.filter(({ schema }) => schema.type === 'string' && schema.maxLength !== undefined);

let service: TestApp;
beforeAll(async () => {
  service = await startTestApp();
});
afterAll(() => service?.close());

async function refusal(address: string, query: string): Promise<unknown> {
  const response = await fetch(`${service.url}${address}?${query}`);
  return [response.status, ((await response.json()) as { code?: string }).code];
}
const fieldCodes = async (address: string, query: string): Promise<string[]> => {
  const response = await fetch(`${service.url}${address}?${query}`);
  // An export is no JSON.
  const text = await response.text();
  if (response.ok) return [];
  const { errors = [] } = JSON.parse(text) as { errors?: { field: string; code: string }[] };
  return errors.map(({ field, code }) => `${field} ${code}`);
};

describe('every parameter that the document names', () => {
  it('has the limit that it has in the code', () => {
    const open = parameters
      .map(({ name, schema }) => ({ name, rule: schema.items ?? schema, isList: schema.items !== undefined, schema }))
      .filter(({ name, rule, schema, isList }) => {
        const { maxLength, enum: values, format, pattern } = rule;
        const isText = rule.type === 'string' && !DESCRIBED.has(name);
        return (isText && !(maxLength ?? values ?? format ?? pattern)) || (isList && schema.maxItems === undefined);
      });
    expect(open.map(({ name }) => name)).toEqual([]);
    expect([numbers.length, ofLists.length, texts.length].every((count) => count > 10)).toBe(true);
  });

  it.each(['1e1', '0x10', '%205', '5.0', '+5', '05', '-1', ''])(
    'refuses %j for a number, on every route',
    async (odd) => {
      for (const { address, name } of numbers)
        expect([address, ...((await refusal(address, `${name}=${odd}`)) as [])]).toEqual([
          address,
          400,
          'INVALID_REQUEST',
        ]);
    },
  );

  it('takes numbers up to their limits, and none beyond', async () => {
    for (const { address, name, schema } of numbers) {
      const { minimum = 0, maximum = 0 } = schema;
      for (const [value, codes] of [
        [minimum - 1, minimum === 0 ? 'NOT_A_WHOLE_NUMBER' : 'TOO_SMALL'],
        [minimum, undefined],
        [maximum, undefined],
        [maximum + 1, 'TOO_LARGE'],
      ] as const) {
        const found = (await fieldCodes(address, `${name}=${value}`)).filter((one) => one.startsWith(`${name} `));
        expect([address, value, found.some((one) => codes !== undefined && one === `${name} ${codes}`)]).toEqual([
          ...[address, value, codes !== undefined],
        ]);
      }
    }
  });

  it('takes texts and lists up to their limits, and none beyond', async () => {
    for (const { address, name, schema } of texts) {
      const { maxLength = 0 } = schema;
      const codes = async (length: number) => fieldCodes(address, `${name}=${'a'.repeat(length)}`);
      expect([address, name, await codes(maxLength + 1)]).toEqual([
        ...[address, name],
        expect.arrayContaining([`${name} TOO_LONG`]),
      ]);
      expect([address, name, await codes(maxLength)]).not.toEqual([
        ...[address, name],
        expect.arrayContaining([`${name} TOO_LONG`]),
      ]);
    }
    for (const { address, name, schema } of ofLists) {
      const codes = async (count: number) =>
        fieldCodes(address, Array.from({ length: count }, () => `${name}=a`).join('&'));
      expect([address, name, await codes(schema.maxItems! + 1)]).toEqual([
        ...[address, name],
        expect.arrayContaining([`${name} TOO_MANY`]),
      ]);
      expect(await codes(schema.maxItems!)).not.toContain(`${name} TOO_MANY`);
    }
  });

  it.each(['__proto__', 'constructor', 'toString'])('is none of %s, on every route', async (name) => {
    for (const { address } of lists)
      expect([address, ...((await refusal(address, `${name}=1`)) as [])]).toEqual([address, 400, 'INVALID_REQUEST']);
  });
});
