import type { Issue } from './error-answer.ts';

const KEY = /^[A-Za-z][_0-9A-Za-z]+$/;

export function* keyIssues(key: string | undefined): Generator<Issue> {
  yield* lengthIssues(key, 'key', 2, 255);
  if (key && key.length > 1 && !KEY.test(key))
    yield { detail: `The key '${key}' must match ${KEY.source}.`, field: 'key' };
}

/** Lengths in UTF-16 code units; a missing text is too short if there is a least length. */
export function* lengthIssues(text: string | undefined, field: string, least: number, most: number): Generator<Issue> {
  const length = text?.length ?? 0;
  if (length < least) {
    yield {
      detail: length === 0 ? `The field '${field}' is required.` : `The value of '${field}' is too short.`,
      field,
    };
  }
  if (length > most) yield { detail: `The value of '${field}' is too long.`, field };
}

export function* countIssues(list: unknown[] | undefined, field: string): Generator<Issue> {
  if (list && list.length > 1000) yield { detail: `The list '${field}' has more than 1000 entries.`, field };
}

export function* choiceIssues(value: string | undefined, choices: string[], field: string): Generator<Issue> {
  if (value !== undefined && !choices.includes(value)) {
    yield { detail: `The value '${value}' of '${field}' must be one of ${choices.join(', ')}.`, field };
  }
}
