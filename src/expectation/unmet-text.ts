import { cut } from '../quoted.ts';
import type { ExpectationCheck } from './expectation-checks.ts';
import type { Expectation } from './expectations.ts';

/** Names are cut in a sentence of a health condition. */
const MAX_NAME = 60;

/** What is missing, in one sentence, with the time by the clocks of the expectation. */
export function unmetCause(unmet: Expectation & Pick<ExpectationCheck, 'dueAt' | 'counted'>): string {
  const { name, direction, actor, trigger, kind, typeKey, atLeast, dueAt, timeZone, counted } = unmet;
  const what = direction === 'PUSH' ? 'push' : 'pull';
  const plural = direction === 'PUSH' ? 'pushes' : 'pulls';
  const of = [
    ...(typeKey === null ? [] : [` of ${named(typeKey)}`]),
    ...(kind === null ? [] : [` (${named(kind)})`]),
    ...(actor === null ? [] : [` by ${named(actor)}`]),
    ...(trigger === null ? [] : [` with trigger ${trigger}`]),
  ].join('');
  const expected = `${atLeast} ${atLeast === 1 ? what : plural}${of}`;
  const found = counted === 0 ? 'none did' : `${counted} did`;
  return `The expectation ${named(name)} is not met: by ${clock(dueAt, timeZone)}, at least ${expected} had to succeed, and ${found}.`;
}

function named(text: string): string {
  return `"${cut(text, MAX_NAME)}"`;
}

function clock(time: Date, timeZone: string): string {
  const text = time.toLocaleString('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return `${text} ${timeZone}`;
}
