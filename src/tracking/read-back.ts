import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Json, JsonObject } from '#json';
import { type LiveItem, LiveReader, type LiveState } from '#live';
import { type ItemRef, type Outcome, PlatformRegistry, type Target } from '#platform';
import { ContentTypeHasher, refKey, VersionHistoryService } from '#versioning';
import { TargetReader } from './target-reader.ts';

/** When the platform is read, as parts of the time that there is: often at first, and once more at its end. */
const READ_AT = [0, 1 / 30, 3 / 30, 7 / 30, 15 / 30, 1];

/** A push or a removal whose answer does not prove what became of it. */
export interface Doubt extends ItemRef {
  id: string;
  versionHash: string | null;
  /** What was sent; a removal has none. */
  payload: Json | undefined;
}

/** What the platform showed of a push. */
export interface Verdict {
  outcome: Outcome;
  /** The version that it holds; null when it does not have the item, absent when it could not be read. */
  held?: string | null;
  /** The call that read it. */
  readBackCallId?: string;
}

/** What is compared with what the platform holds, as hashes. */
interface Expected {
  /** The item shall be gone. */
  isRemoval: boolean;
  sent: string | null;
  /** What stood there before the push; undefined where the record knows nothing of the item there. */
  before: (LiveItem & LiveState) | undefined;
  beforeHashes: Set<string>;
}

const UNREAD: Verdict = { outcome: 'UNKNOWN' };

/** Finds out what became of pushes, by reading the platform: never by a blind second push. */
@Injectable()
export class ReadBack {
  private readonly logger = new Logger(ReadBack.name);

  constructor(
    private readonly platforms: PlatformRegistry,
    private readonly reader: TargetReader,
    private readonly live: LiveReader,
    private readonly versions: VersionHistoryService,
    private readonly hasher: ContentTypeHasher,
  ) {}

  /**
   * Reads the platform, in recorded calls, until it is known of each push whether it was applied, at most for the time
   * given. A platform that holds the content, and did not before, has applied it. One that holds what it held before has
   * not, when that is so at the end. A removal is applied where the item is gone that stood there, and where there is none at
   * the end. Nobody else may push these items meanwhile.
   */
  async resolve(
    target: Target,
    doubts: Doubt[],
    { withinMs, signal }: { withinMs: number; signal?: AbortSignal },
  ): Promise<Map<string, Verdict>> {
    const verdicts = new Map(doubts.map(({ id }) => [id, UNREAD]));
    let open = doubts;
    const startedAt = performance.now();
    try {
      const expected = await this.expect(target, doubts);
      for (const part of withinMs > 0 ? READ_AT : [0]) {
        const waitMs = Math.max(startedAt + part * withinMs - performance.now(), 0);
        if (waitMs > 0) await wait(waitMs, undefined, { signal });
        const leftMs = startedAt + withinMs - performance.now();
        const reading = await this.reader.read(target, open, Math.max(leftMs, 0));
        signal?.throwIfAborted();
        const hashOf = (doubt: Doubt) => reading?.held.get(refKey(doubt)) ?? null;
        for (const doubt of open) {
          const verdict = reading && verdictOf(doubt, expected.get(doubt.id)!, hashOf(doubt));
          verdicts.set(doubt.id, verdict ? { ...verdict, readBackCallId: reading.callId } : UNREAD);
        }
        // What it does not hold yet may still be on its way.
        if (reading) open = open.filter((doubt) => !hasArrived(expected.get(doubt.id)!, hashOf(doubt)));
        if (open.length === 0 || leftMs <= 0) break;
      }
    } catch (error) {
      if (!signal?.aborted) this.logger.warn(`A read-back ended early: ${(error as Error).message}`);
      for (const { id } of open) verdicts.set(id, UNREAD);
    }
    return verdicts;
  }

  private async expect(target: Target, doubts: Doubt[]): Promise<Map<string, Expected>> {
    const adapter = this.platforms.get(target.platform);
    const before = await this.live.of(target, doubts);
    const named = [...before.values()].flatMap(({ kind, typeKey, versionHash }) =>
      versionHash === null ? [] : [{ kind, typeKey, versionHash }],
    );
    const known = await this.versions.definitions(await this.versions.byHashes(target.platform, named));
    const definitions = new Map(known.map((version) => [refKey(version), version.definition]));
    return new Map(
      doubts.map((doubt) => {
        const state = before.get(refKey(doubt));
        const definition = definitions.get(refKey(doubt));
        const payload = definition && (() => adapter.toPlatform(definition, doubt.kind));
        const hashes = [state?.versionHash, payload && this.hashSent(target, doubt, payload)];
        const { payload: sent } = doubt;
        return [
          doubt.id,
          {
            isRemoval: sent === undefined,
            sent: sent === undefined ? null : this.hashSent(target, doubt, () => sent),
            before: state,
            beforeHashes: new Set(hashes.filter((hash) => typeof hash === 'string')),
          },
        ];
      }),
    );
  }

  /** The hash of content as the platform would give it back; null where that cannot be told. */
  private hashSent({ platform }: Target, { id, kind }: Doubt, payload: () => Json): string | null {
    try {
      return this.hashHeld(platform, this.platforms.get(platform).fromPlatform(payload(), kind));
    } catch (error) {
      this.logger.warn(`What the sync ${id} sent cannot be compared: ${(error as Error).message}`);
      return null;
    }
  }

  private hashHeld(platform: string, held: JsonObject): string {
    return this.hasher.generateHash(held, this.platforms.model(platform));
  }
}

/** Whether a later reading would say nothing else. */
function hasArrived({ isRemoval, sent, before }: Expected, held: string | null): boolean {
  return isRemoval ? held === null && before?.state === 'PRESENT' : held === sent;
}

/** What a reading says; `held` is the hash of what is there. */
function verdictOf(doubt: Doubt, expected: Expected, held: string | null): Verdict {
  const { isRemoval, sent, before, beforeHashes } = expected;
  // What was gone before is gone as well: a removal asks for nothing else.
  if (isRemoval && held === null) return { outcome: 'APPLIED', held };
  const isUnchanged = held === null ? before === undefined || before.state === 'ABSENT' : beforeHashes.has(held);
  if (held !== null && held === sent) {
    // Content that may have stood there before proves nothing.
    const outcome = isUnchanged || before?.state === 'UNKNOWN' ? 'UNKNOWN' : 'APPLIED';
    return { outcome, held: doubt.versionHash ?? held };
  }
  const shown = held !== null && isUnchanged ? before!.versionHash : held;
  return { outcome: isUnchanged ? 'NOT_APPLIED' : 'UNKNOWN', held: shown };
}
