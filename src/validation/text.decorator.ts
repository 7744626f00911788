import { ValidateBy, type ValidationOptions } from 'class-validator';

/** A character that somebody can see. */
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/**
 * Text that PostgreSQL can hold and a person can read: not only blanks, no NUL, no half of a character, at most
 * `longest` UTF-16 units. It is kept as it is, blanks at its ends included.
 */
export const Text = (longest = 255, options: ValidationOptions = {}): PropertyDecorator =>
  WithoutProblem('text', (value) => textProblem(value, longest), options);

/** A {@link Text} that names something, and so may stand in an address. */
export const Name = (longest = 255): PropertyDecorator =>
  WithoutProblem('name', (value) => nameProblem(value, longest));

/** Text of another system: the record replaces what it cannot hold and cuts what is too long, so nothing is refused. */
export const ForeignText = (): PropertyDecorator =>
  WithoutProblem('foreignText', (value) => (typeof value === 'string' ? undefined : 'must be a string'));

/** A {@link ForeignText} that a person can read. */
export const VisibleForeignText = (): PropertyDecorator => WithoutProblem('visibleForeignText', blankProblem);

const WithoutProblem = (
  name: string,
  problemOf: (value: unknown) => string | undefined,
  options: ValidationOptions = {},
): PropertyDecorator =>
  ValidateBy(
    {
      name,
      validator: {
        validate: (value) => problemOf(value) === undefined,
        defaultMessage: (rule) => {
          const values: unknown[] = options.each && Array.isArray(rule?.value) ? rule.value : [rule?.value];
          const problem = values.map(problemOf).find((found) => found !== undefined);
          return `${options.each ? 'each value in ' : ''}$property ${problem ?? 'must be a text'}`;
        },
      },
    },
    options,
  );

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
  return value === '.' || value === '..'
    ? 'must not be "." or "..": an address cannot hold it'
    : textProblem(value, longest);
}
