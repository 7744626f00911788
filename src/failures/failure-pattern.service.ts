import type { Target } from '#platform';
import { Injectable } from '@nestjs/common';
import { maskedMessage } from '#recording';
import { type Interval, intervalBefore, lengthOf } from '#statistics';
import { patternsOf } from './detect-failures.ts';
import { type AskedFailures, type FailuresFilter, failuresFilter } from './failures-filter.ts';
import type { ErrorFingerprintDto, FingerprintState } from './failures.dto.ts';
import { FailureMutes, type Mute } from './failure-mutes.ts';
import type { FailurePattern } from './failure-patterns.ts';
import { FingerprintReader, type FingerprintRow } from './fingerprint.reader.ts';
import { SettledReader } from './settled-syncs.ts';
import { SuspectFinder } from './suspect.finder.ts';
import type { Suspect } from './suspects.ts';
import { SyncSeries } from './sync-series.ts';

/** Failures that differ only in ids, numbers and names. */
export type ErrorFingerprint = ErrorFingerprintDto;

/** New errors of which suspects are looked for, at the most: the most frequent. */
const MAX_INVESTIGATED = 10;

/** What the failures of a time have in common. */
@Injectable()
export class FailurePatternService {
  constructor(
    private readonly settled: SettledReader,
    private readonly errors: FingerprintReader,
    private readonly suspects: SuspectFinder,
    private readonly mutes: FailureMutes,
  ) {}

  /** The errors of a scope and interval, the most frequent first, at most 200. */
  async fingerprints(asked: AskedFailures, interval: Interval): Promise<ErrorFingerprint[]> {
    const scope = failuresFilter(asked);
    const [rows, mutes] = await Promise.all([this.errors.read(scope, interval), this.mutes.inForce()]);
    const found: ErrorFingerprint[] = [];
    let investigated = 0;
    for (const row of rows) {
      const isInvestigated = isNew(row, interval) && (investigated += 1) <= MAX_INVESTIGATED;
      const suspects = isInvestigated ? await this.suspects.find(row.fingerprint, scope, interval) : [];
      found.push(fingerprintOf(row, interval, mutes.get(row.fingerprint) ?? null, suspects));
    }
    return found;
  }

  /** What is wrong with each platform and environment of a scope, each thing once; muted errors count for nothing. */
  async detectFailurePatterns(asked: AskedFailures, interval: Interval): Promise<FailurePattern[]> {
    const scope = failuresFilter(asked);
    const muted = await this.mutes.inForce();
    const patterns: FailurePattern[] = [];
    for (const target of await this.settled.targets(scope)) {
      patterns.push(...(await this.patternsAt(target, scope, interval, muted)));
    }
    return patterns;
  }

  private async patternsAt(
    target: Target,
    scope: FailuresFilter,
    interval: Interval,
    muted: Map<string, Mute>,
  ): Promise<FailurePattern[]> {
    const series = new SyncSeries(interval);
    const withBefore = { from: intervalBefore(interval).from, to: interval.to };
    for await (const page of this.settled.settled({ ...scope, ...target }, withBefore)) {
      for (const sync of page) if (!sync.fingerprint || !muted.has(sync.fingerprint)) series.add(sync);
    }
    return patternsOf(target, series);
  }
}

function fingerprintOf(
  row: FingerprintRow,
  interval: Interval,
  muted: Mute | null,
  suspects: Suspect[],
): ErrorFingerprint {
  const { fingerprint, statusCode, lastSeen, count, before, typeKeys, environments, evidence } = row;
  return {
    fingerprint,
    errorCode: row.errorCode ?? 'UNKNOWN',
    statusCode,
    message: maskedMessage(row.errorMessage ?? '', row.typeKey),
    firstSeen: row.firstEver,
    lastSeen,
    count,
    share: count / row.failures,
    typeKeys,
    environments,
    trend: { before, change: before === 0 ? null : count / before - 1 },
    state: stateOf(row, interval),
    muted,
    evidence,
    suspects,
  };
}

function stateOf(row: FingerprintRow, interval: Interval): FingerprintState {
  if (row.isHealed) return 'resolved';
  if (isNew(row, interval)) return 'new';
  const absence = row.previously ? row.firstSeen.getTime() - row.previously.getTime() : 0;
  return absence >= lengthOf(interval) ? 'recurring' : 'ongoing';
}

function isNew({ firstEver }: FingerprintRow, interval: Interval): boolean {
  return firstEver >= interval.from;
}
