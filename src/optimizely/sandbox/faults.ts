import type { Json } from '#json';
import { Problem } from './error-answer.ts';
import type { Issue } from './error-answer.ts';
import { readAs, type Shape, type Shaped } from './shape.ts';

/**
 * What goes wrong with a call. `status`, `html` and `reset-before` keep it from being applied; `slow`, `truncated`
 * and `reset-after` spoil the answer of a call that was applied; `empty` applies it if its status says success.
 */
export const FAULT_KINDS = ['status', 'empty', 'html', 'reset-before', 'reset-after', 'slow', 'truncated'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Fault {
  kind: FaultKind;
  /** The first call it strikes, counted from 1 over the calls that match since it was set. */
  call: number;
  /** How many calls it strikes. */
  calls: number;
  match: { method?: string; /** How the path ends. */ path?: string };
  status: number;
  headers: Record<string, string>;
  body?: Json;
  delayMs: number;
}

const FAULT = {
  closed: true,
  required: ['kind'],
  fields: {
    kind: 'string',
    call: 'int32',
    calls: 'int32',
    untilReset: 'boolean',
    match: { closed: true, fields: { method: 'string', path: 'string' } },
    status: 'int32',
    headers: { map: 'string' },
    body: 'any',
    delayMs: 'int32',
  },
} as const satisfies Shape;

const FAULTS = { closed: true, required: ['faults'], fields: { faults: { list: FAULT } } } as const satisfies Shape;

const DEFAULT_STATUS = new Map([
  ['empty', 202],
  ['html', 502],
]);

/** The faults that are set, and how far each has counted. */
export class Faults {
  #armed: { fault: Fault; seen: number }[] = [];

  add(faults: Fault[]): void {
    this.#armed.push(...faults.map((fault) => ({ fault, seen: 0 })));
  }

  clear(): void {
    this.#armed = [];
  }

  /** Counts a call for every fault it matches; the first fault whose turn it is strikes. */
  strike(method: string, path: string): Fault | undefined {
    const matching = this.#armed.filter(({ fault: { match } }) => {
      return (match.method?.toUpperCase() ?? method) === method && path.endsWith(match.path ?? '');
    });
    for (const armed of matching) armed.seen++;
    return matching.find(({ fault, seen }) => seen >= fault.call && seen < fault.call + fault.calls)?.fault;
  }
}

/** The faults of a control request; throws a {@link Problem} (400) that names everything wrong with it. */
export function readFaults(body: unknown): Fault[] {
  const { faults } = readAs(FAULTS, body, 'list of faults');
  const issues = faults.flatMap((fault, index) => [...faultIssues(fault, `faults[${index}]`)]);
  if (issues.length > 0) throw Problem.invalid('The list of faults is invalid.', issues);
  return faults.map(({ kind, call = 1, calls = 1, untilReset = false, match = {}, headers = {}, ...fault }) => ({
    kind: kindNamed(kind) ?? 'status',
    call,
    calls: untilReset ? Infinity : calls,
    match,
    headers,
    status: fault.status ?? DEFAULT_STATUS.get(kind) ?? 500,
    delayMs: fault.delayMs ?? 0,
    ...(fault.body !== undefined && { body: fault.body }),
  }));
}

function* faultIssues({ kind, call, calls, status, delayMs }: Shaped<typeof FAULT>, path: string): Generator<Issue> {
  if (!kindNamed(kind)) yield { detail: `The kind must be one of ${FAULT_KINDS.join(', ')}.`, field: `${path}.kind` };
  if (call !== undefined && call < 1) yield { detail: 'The first call is number 1.', field: `${path}.call` };
  if (calls !== undefined && calls < 1) yield { detail: 'At least 1 call must be struck.', field: `${path}.calls` };
  if (status === undefined ? kind === 'status' : status < 200 || status > 599) {
    yield { detail: 'A status from 200 to 599 is required.', field: `${path}.status` };
  }
  if (delayMs === undefined ? kind === 'slow' : delayMs < 1) {
    yield { detail: 'A delay of at least 1 millisecond is required.', field: `${path}.delayMs` };
  }
}

function kindNamed(name: string): FaultKind | undefined {
  return FAULT_KINDS.find((kind) => kind === name);
}
