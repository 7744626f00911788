import { insertSyncs } from './insert-syncs.ts';
import { randomFrom } from './seeded-random.ts';
import { v7 as uuidv7 } from 'uuid';
import { errorFingerprint } from '#recording';
import type { SettledSync } from '../../src/failures/failure-patterns.ts';
import type { Sql } from './sql.ts';

/**
 * A history by script. To write another: say what is ordinary, and what is planted into it, in this order.
 *
 *   scenario({ seed: 7, noise: 0.02 }, outage({ at: 0.4, syncs: 12 }), creep({ from: 0.6, times: 2 }))
 *
 * Positions are shares of the history (0 its beginning, 1 its end), sizes are syncs. A plant of one's own is a function
 * that changes the drafts: `(drafts, random) => { drafts[10]!.error = { code: 'X', status: 500, message: 'm' }; }`.
 */
export function scenario(ordinary: Partial<Ordinary>, ...plants: Plant[]): SettledSync[] {
  const given = { ...ORDINARY, ...ordinary };
  const random = randomFrom(given.seed);
  const { syncs, types, noise, retries, from, to } = given;
  const speeds = types.map(() => 150 + random() * 600);
  let drafts: Draft[] = Array.from({ length: syncs }, (_, index) => {
    const type = Math.floor(random() * types.length);
    return {
      at: (index + random()) / syncs,
      typeKey: types[type]!,
      error: random() < noise ? NOISE[Math.floor(random() * NOISE.length)]! : null,
      retryCount: random() < retries ? 1 : 0,
      durationMs: Math.exp(Math.log(speeds[type]!) + 0.3 * normal(random)),
    };
  });
  for (const plant of plants)
    drafts =
      plant(
        drafts.toSorted((a, b) => a.at - b.at),
        random,
      ) ?? drafts;
  return drafts
    .toSorted((a, b) => a.at - b.at)
    .map((draft) => {
      const { at, typeKey, error, retryCount, durationMs, callId = uuidv7() } = draft;
      const startedAt = new Date(from.getTime() + Math.floor(at * (to.getTime() - from.getTime())));
      const status = error ? ('FAILED' as const) : ('SUCCESS' as const);
      const said = { errorCode: error?.code ?? null, statusCode: error ? error.status : 200 };
      return {
        id: uuidv7({ msecs: startedAt.getTime() }),
        ...{ callId, kind: 'contentType', typeKey, direction: 'PUSH', status, retryCount, startedAt, ...said },
        durationMs: Math.round(durationMs),
        fingerprint: errorFingerprint({ ...said, status, typeKey, errorMessage: error?.message ?? null }),
        message: error?.message ?? null,
      };
    });
}

export interface Ordinary {
  seed: number;
  /** How many syncs there are, without those that plants add. */
  syncs: number;
  types: string[];
  /** Share of syncs that fail for no reason. */
  noise: number;
  /** Share of syncs that need a second try for no reason. */
  retries: number;
  from: Date;
  to: Date;
}

const ORDINARY: Ordinary = {
  seed: 1,
  syncs: 2_000,
  types: ['Article', 'Hero', 'Bread', 'Teaser', 'Footer', 'Menu', 'Author', 'Event'],
  noise: 0.02,
  retries: 0.02,
  from: new Date('2026-11-20T00:00:00Z'),
  to: new Date('2026-11-21T00:00:00Z'),
};

export interface Draft {
  /** 0 to 1. */
  at: number;
  typeKey: string;
  error: PlantedError | null;
  retryCount: number;
  durationMs: number;
  /** Syncs of one call share it; each is a call of its own unless said. */
  callId?: string;
}

export interface PlantedError {
  code: string;
  status: number | null;
  message: string;
}

/** Changes what is there, in the order of its time, or returns more. */
export type Plant = (drafts: Draft[], random: () => number) => Draft[] | void;

export const ERRORS = {
  down: { code: 'UNAVAILABLE', status: 503, message: 'PUT /types/a1 was answered 503. Try again later.' },
  network: { code: 'NETWORK_ERROR', status: null, message: 'connect ECONNREFUSED 10.0.0.7:443' },
  rate: { code: 'RATE_LIMITED', status: 429, message: 'PUT /types/a1 was answered 429. Try again later.' },
  auth: { code: 'AUTHENTICATION_FAILED', status: 401, message: 'A fresh token was refused too' },
  timeout: { code: 'TIMEOUT', status: null, message: 'No answer within 30000 ms' },
  dataLoss: { code: 'DATA_LOSS_REFUSED', status: 400, message: "The changes to 'x' are considered breaking" },
  invalid: { code: 'INVALID_REQUEST', status: 400, message: 'The property "title" is reserved' },
  broken: { code: 'PLATFORM_ERROR', status: 500, message: 'An unexpected error 4711' },
} satisfies Record<string, PlantedError>;
const NOISE: PlantedError[] = Object.values(ERRORS).filter(({ code }) => code !== 'DATA_LOSS_REFUSED');

/** From there on, so many syncs of whatever type all fail. */
export const outage =
  ({
    at,
    syncs,
    errors = [ERRORS.down, ERRORS.network, ERRORS.timeout],
  }: Target & { errors?: PlantedError[] }): Plant =>
  (drafts) => {
    for (const [index, draft] of slice(drafts, at, syncs).entries()) draft.error = errors[index % errors.length]!;
  };

/** From there on, a share of so many syncs fails with one error, whatever their type. */
export const burst =
  ({ at, syncs, share = 1, error = ERRORS.broken }: Target & { share?: number; error?: PlantedError }): Plant =>
  (drafts, random) => {
    for (const draft of slice(drafts, at, syncs)) if (random() < share) draft.error = error;
  };

/** One more type, whose syncs are spread over the whole history and all fail. */
export const alwaysFailing =
  ({
    typeKey = 'Broken',
    syncs,
    error = ERRORS.invalid,
  }: {
    typeKey?: string;
    syncs: number;
    error?: PlantedError;
  }): Plant =>
  (drafts, random) => [...drafts, ...added(syncs, () => ({ at: random(), typeKey, error }))];

/** One more type that succeeds but from `at` on, where it fails every second time. */
export const flapping =
  ({
    typeKey = 'Moody',
    at,
    syncs,
    error = ERRORS.broken,
  }: Target & { typeKey?: string; error?: PlantedError }): Plant =>
  (drafts) => [
    ...drafts,
    ...added(40, (index) => ({ at: (at * index) / 40, typeKey, error: null })),
    ...added(syncs, (index) => ({ at: at + (0.15 * index) / syncs, typeKey, error: index % 2 === 0 ? error : null })),
  ];

/** One more type of which some syncs in a row are refused, and which succeeds before and after. */
export const refused =
  ({ typeKey = 'Recast', at, syncs }: Target & { typeKey?: string }): Plant =>
  (drafts) => [
    ...drafts,
    ...added(30, (index) => ({ at: (at * index) / 30, typeKey, error: null })),
    ...added(syncs, (index) => ({ at: at + (0.1 * index) / syncs, typeKey, error: ERRORS.dataLoss })),
    ...added(10, (index) => ({ at: at + 0.11 + (0.05 * index) / 10, typeKey, error: null })),
  ];

/** Durations grow from `from` on, to so many times at the end. */
export const creep =
  ({ from, times, typeKeys }: { from: number; times: number; typeKeys?: string[] }): Plant =>
  (drafts) => {
    for (const draft of drafts) {
      if (draft.at < from || (typeKeys && !typeKeys.includes(draft.typeKey))) continue;
      draft.durationMs *= 1 + ((times - 1) * (draft.at - from)) / (1 - from);
    }
  };

/** From `from` on, more and more syncs succeed only at their second or third try: that share of them at the end. */
export const retriesRise =
  ({ from, share }: { from: number; share: number }): Plant =>
  (drafts, random) => {
    for (const draft of drafts) {
      if (draft.error || random() >= (share * (draft.at - from)) / (1 - from)) continue;
      draft.retryCount = 1 + Math.floor(random() * 2);
      draft.durationMs += 1_500 * draft.retryCount;
    }
  };

interface Target {
  at: number;
  syncs: number;
}

function slice(drafts: Draft[], at: number, syncs: number): Draft[] {
  const first = Math.floor(at * drafts.length);
  return drafts.slice(first, first + syncs);
}

function added(count: number, draft: (index: number) => Pick<Draft, 'at' | 'typeKey' | 'error'>): Draft[] {
  return Array.from({ length: count }, (_, index) => ({
    retryCount: 0,
    durationMs: 300 + (index % 7) * 20,
    ...draft(index),
  }));
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Writes a history into the table, as if it had been recorded in its time. */
export async function insertScenario(
  sql: Sql,
  target: { platform: string; environment: string },
  syncs: (SettledSync & { message?: string | null })[],
): Promise<void> {
  await insertSyncs(
    sql,
    syncs.map(({ fingerprint, message = null, ...sync }) => ({
      ...{ ...sync, ...target, errorFingerprint: fingerprint, errorMessage: message },
    })),
  );
}
