import { applyDecorators } from '@nestjs/common';
import { ValidateBy, type ValidationOptions } from 'class-validator';
import { redactedInPassing } from '#redaction';
import { Documented } from './documented.decorator.ts';
import type { CodingRule, FieldCode } from './field-problem.ts';

/** A character that somebody can see. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/**
 * Text that PostgreSQL can hold and a person can read: not only blanks, no NUL, no half of a character, at most
 * `longest` UTF-16 units. It is kept as it is, blanks at its ends included.
 */
export const Text = (longest = 255, options: ValidationOptions = {}): PropertyDecorator =>
  applyDecorators(
    WithoutProblem('text', (value) => textProblem(value, longest), { ...options, longest }),
    Documented({ minLength: 1, maxLength: longest }),
  );

/** A {@link Text} that names something, and so may stand in an address. */
export const Name = (longest = 255): PropertyDecorator =>
  applyDecorators(
    WithoutProblem('name', (value) => nameProblem(value, longest), { longest }),
    Documented({ minLength: 1, maxLength: longest }),
  );

/** Text of another system: the record replaces what it cannot hold and cuts what is too long, so nothing is refused. */
export const ForeignText = (): PropertyDecorator =>
  WithoutProblem('foreignText', (value) => (typeof value === 'string' ? undefined : 'must be a string'));

/** A {@link ForeignText} that a person can read. */
export const VisibleForeignText = (): PropertyDecorator => WithoutProblem('visibleForeignText', blankProblem);

const WithoutProblem = (
  name: string,
  problemOf: (value: unknown) => string | undefined,
  { longest = Infinity, ...options }: ValidationOptions & { longest?: number } = {},
): PropertyDecorator => {
  const firstBad = (value: unknown): unknown =>
    options.each && Array.isArray(value) ? value.find((one) => problemOf(one) !== undefined) : value;
  const context: CodingRule = { codeOf: (value) => textCode(firstBad(value), longest) };
  return ValidateBy(
    {
      name,
      validator: {
        validate: (value) => problemOf(value) === undefined,
        defaultMessage: (rule) =>
          `${options.each ? 'each value in ' : ''}$property ${problemOf(firstBad(rule?.value)) ?? 'must be a text'}`,
      },
    },
    { ...options, context },
  );
};

/** In which way a value is no text, or no name. */
function textCode(value: unknown, longest: number): FieldCode {
  if (typeof value !== 'string') return 'NOT_A_TEXT';
  if (value.length > longest) return 'TOO_LONG';
  if (value.includes('\0') || !value.isWellFormed()) return 'BAD_CHARACTER';
  return VISIBLE.test(value) ? 'WRONG_FORM' : 'EMPTY';
}

/** Why a value is no {@link Text}; undefined when it is one. */
export function textProblem(value: unknown, longest = 255): string | undefined {
  if (typeof value !== 'string' || value === '') return blankProblem(value);
  if (value.length > longest) return `must be shorter than or equal to ${longest} characters`;
  if (value.includes('\0')) return 'must not contain a NUL character';
  if (!value.isWellFormed()) return 'must not contain half of a surrogate pair';
  return blankProblem(value);
}

function blankProblem(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value === '') return 'should not be empty';
  return VISIBLE.test(value) ? undefined : 'must not be blank';
}

/** Why a value is no {@link Name}; undefined when it is one. */
export function nameProblem(value: unknown, longest = 255): string | undefined {
  if (value === '.' || value === '..') return 'must not be "." or "..": an address cannot hold it';
  const problem = textProblem(value, longest);
  if (problem || redactedInPassing(value as string) === value) return problem;
  return 'must not have a secret, such as a token: the record would keep it';
}
