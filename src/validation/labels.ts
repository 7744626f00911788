import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { Documented } from './documented.decorator.ts';
import { MayBeLeftOut, OneOrMany } from './input.decorators.ts';
import { textProblem } from './text.decorator.ts';

/** Names and values that people find deployments by: `commit`, `branch`, `build`, `ticket`, or whatever a team uses. */
export type Labels = Record<string, string>;

const MAX_LABELS = 20;
const MAX_VALUE = 500;
const LABEL_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/;
const LABEL = /^([A-Za-z][A-Za-z0-9_.-]{0,62})=([\s\S]{1,500})$/;

/** The labels that `name=value` texts give, which have no {@link labelTextsProblem}. */
export function labelsOf(texts: string[]): Labels {
  return Object.fromEntries(
    texts.flatMap((text) => {
      const [, name, value] = LABEL.exec(text) ?? [];
      return name !== undefined && value !== undefined ? [[name, value]] : [];
    }),
  );
}

/** What keeps texts from being labels of one deployment: it has one value for each name. */
export function labelTextsProblem(texts: unknown[]): string | undefined {
  const values = new Map<string, string>();
  for (const text of texts) {
    const [, name, value] = (typeof text === 'string' && LABEL.exec(text)) || [];
    if (name === undefined || value === undefined) return 'must be a name and a value with "=" between them';
    if ((values.get(name) ?? value) !== value) return `must not have two values for "${name}"`;
    values.set(name, value);
  }
  return undefined;
}

/** Labels of a query, each a name and a value with `=` between them; all of them are meant. */
export const LabelTexts = (): PropertyDecorator =>
  applyDecorators(
    MayBeLeftOut(),
    OneOrMany(MAX_LABELS),
    Documented({ pattern: LABEL.source }),
    ValidateBy({
      name: 'labelTexts',
      validator: {
        validate: (texts) => Array.isArray(texts) && labelTextsProblem(texts) === undefined,
        defaultMessage: (rule) => `$property ${labelTextsProblem([rule?.value].flat()) ?? 'must be labels'}`,
      },
    }),
  );

/** Labels of a body, as an object of texts. */
export function IsLabels(): PropertyDecorator {
  return ValidateBy({
    name: 'labels',
    validator: {
      validate: (value) => labelsProblem(value) === undefined,
      defaultMessage: (rule) => `$property ${labelsProblem(rule?.value) ?? 'must be an object'}`,
    },
  });
}

function labelsProblem(labels: unknown): string | undefined {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return 'must be an object of texts';
  const entries = Object.entries(labels);
  if (entries.length > MAX_LABELS) return `must have at most ${MAX_LABELS} labels`;
  for (const [name, value] of entries) {
    if (!LABEL_NAME.test(name)) return 'must have names of 1 to 63 letters, digits, ".", "_" and "-", a letter first';
    const problem = textProblem(value, MAX_VALUE);
    if (problem) return `must have texts as values: one ${problem}`;
  }
  return undefined;
}
