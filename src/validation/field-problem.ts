/** What is wrong with one field of a request, and where it stands: `items[3].typeKey`. */
export interface FieldProblem {
  /** Empty for the request as a whole. */
  field: string;
  /** Goes on after the name of the field: `must be a UUID`. */
  detail: string;
  code: FieldCode;
}

/** Codes of problems with one field, by the rules of class-validator and of ours that they come from. */
const RULES = {
  UNKNOWN_FIELD: [],
  MISSING: ['isDefined'],
  NOT_A_TEXT: ['isString', 'foreignText'],
  NOT_A_WHOLE_NUMBER: ['isInt'],
  NOT_A_BOOLEAN: ['isBoolean'],
  NOT_A_LIST: ['isArray'],
  NOT_AN_OBJECT: ['isObject'],
  NOT_A_TIME: ['isDate', 'timestampOrDay', 'fromTo'],
  NOT_A_UUID: ['isUuid'],
  NOT_ONE_VALUE: [],
  UNKNOWN_VALUE: ['isIn', 'equals', 'isTimeZone'],
  EMPTY: [],
  BAD_CHARACTER: [],
  WRONG_FORM: ['matches', 'deploymentRef', 'eventPlace', 'labels', 'labelTexts', 'metadata'],
  TOO_LONG: ['maxLength'],
  TOO_SMALL: ['min', 'minDate'],
  TOO_LARGE: ['max', 'maxDate'],
  TOO_MANY: ['arrayMaxSize'],
  TOO_FEW: ['arrayMinSize', 'arrayNotEmpty'],
  REPEATED: ['arrayUnique'],
  CONFLICT: [],
  INVALID: [],
} as const satisfies Record<string, readonly string[]>;

export type FieldCode = keyof typeof RULES;
export const FIELD_CODES = Object.keys(RULES) as FieldCode[];

const BY_RULE = new Map<string, FieldCode>(
  Object.entries(RULES).flatMap(([code, rules]) => rules.map((rule) => [rule, code as FieldCode] as const)),
);

/** A rule that may be broken in several ways tells which, in its context. */
export interface CodingRule {
  codeOf?: (value: unknown) => FieldCode;
}

/** The code of a rule that a value breaks. */
export function fieldCode(rule: string, value: unknown, { codeOf }: CodingRule = {}): FieldCode {
  return value === undefined ? 'MISSING' : (codeOf?.(value) ?? BY_RULE.get(rule) ?? 'INVALID');
}

/** A field that a request may not have. */
export function unknownField(field: string): FieldProblem {
  return { field, detail: 'should not exist', code: 'UNKNOWN_FIELD' };
}

const OF_EACH = 'each value in ';

/** What a text of class-validator says of a field, which it names first. */
export function detailOf(field: string, text: string): string {
  const [named, end] = text.startsWith(OF_EACH) ? [text.slice(OF_EACH.length), ' in each value'] : [text, ''];
  return (named.startsWith(`${field} `) ? named.slice(field.length + 1) : named) + end;
}

/** The problem as a sentence without a full stop. */
export function sentenceOf({ field, detail }: FieldProblem): string {
  return `${field || 'the request'} ${detail}`;
}
