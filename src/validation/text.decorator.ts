import { ValidateBy, type ValidationOptions } from 'class-validator';

/** A character that somebody can see. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/**
 * Text that PostgreSQL can hold and a person can read: not only blanks, no NUL, no half of a character, at most
 * `longest` UTF-16 units. It is kept as it is, blanks at its ends included.
 */
export const Text = (longest = 255, options: ValidationOptions = {}): PropertyDecorator =>
  ValidateBy(
    {
      name: 'text',
      validator: {
        validate: (value) => textProblem(value, longest) === undefined,
        defaultMessage: (rule) => {
          const values: unknown[] = options.each && Array.isArray(rule?.value) ? rule.value : [rule?.value];
          const problem = values.map((value) => textProblem(value, longest)).find((found) => found !== undefined);
          return `${options.each ? 'each value in ' : ''}$property ${problem ?? 'must be a text'}`;
        },
      },
    },
    options,
  );

/** Why a value is no {@link Text}; undefined when it is one. */
export function textProblem(value: unknown, longest = 255): string | undefined {
  if (typeof value !== 'string') return 'must be a string';
  if (value === '') return 'should not be empty';
  if (value.length > longest) return `must be shorter than or equal to ${longest} characters`;
  if (value.includes('\0')) return 'must not contain a NUL character';
  if (!value.isWellFormed()) return 'must not contain half of a surrogate pair';
  return VISIBLE.test(value) ? undefined : 'must not be blank';
}
