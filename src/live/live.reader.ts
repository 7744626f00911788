import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { LONG_READ_MS, query } from '#database';
import { AcceptedDrift } from '#drift';
import type { ItemRef, Target } from '#platform';
import { refKey, type TypeRef } from '#versioning';
import type { LiveItem } from './live.fold.ts';
import { LiveProjector } from './live.projector.ts';
import { isDrift, type LiveState } from './live-state.ts';
import { AT, OF_TARGET, OUT_OF_SYNC, OUT_OF_SYNC_AT, STATES, WHERE } from './live.statements.ts';
import { driftedItem, type OutOfSync, outOfSync, type QuestionableItem } from './out-of-sync.ts';

/** Reads what stands where; whatever was recorded before the question is part of the answer. */
@Injectable()
export class LiveReader {
  constructor(
    private readonly em: EntityManager,
    private readonly projector: LiveProjector,
    private readonly acceptedDrift: AcceptedDrift,
  ) {}

  /** The live states of these items at a target, by `refKey`; those that the record knows nothing of are left out. */
  async of(target: Target, items: ItemRef[]): Promise<Map<string, LiveItem & LiveState>> {
    await this.projector.catchUp();
    const { platform, environment } = target;
    const asked = items.map(({ kind, typeKey }) => ({ platform, environment, kind, typeKey }));
    const { rows } = await query<LiveItem & LiveState>(this.em, { text: STATES, values: [JSON.stringify(asked)] });
    return new Map(rows.map((row) => [refKey(row), row]));
  }

  /** The live state of every item at a target, by kind and key. */
  async ofTarget({ platform, environment }: Target): Promise<(LiveItem & LiveState)[]> {
    await this.projector.catchUp();
    const { rows } = await query<LiveItem & LiveState>(this.em, OF_TARGET, [platform, environment]);
    return rows;
  }

  /** The state of every item at a target as it was at a time, by kind and key. */
  async at({ platform, environment }: Target, at: Date): Promise<(LiveItem & PastState)[]> {
    await this.projector.catchUp();
    const { rows } = await query<LiveItem & PastState>(this.em, {
      text: AT,
      values: [platform, environment, at],
      withinMs: LONG_READ_MS,
    });
    return rows;
  }

  /** What is not as it was put at each of these targets, now or at a time. Throws `LiveStateBehindError`. */
  async outOfSync(targets: Target[], at?: Date): Promise<(Target & OutOfSync)[]> {
    await this.projector.catchUp();
    const asked = targets.map(({ platform, environment }) => ({ platform, environment }));
    const { rows } = await query<Target & { observedAt: number | null; items: QuestionableItem[] }>(this.em, {
      text: at ? OUT_OF_SYNC_AT : OUT_OF_SYNC,
      values: [JSON.stringify(asked), ...(at ? [at] : [])],
      withinMs: LONG_READ_MS,
    });
    const found: (Target & OutOfSync)[] = [];
    for (const { platform, environment, items, observedAt } of rows) {
      const target = { platform, environment };
      // Rules hold now, and not at an earlier time.
      const accepted = at ? new Set<string>() : await this.accepted(target, items);
      found.push({ ...target, ...outOfSync(items, accepted, observedAt) });
    }
    return found;
  }

  /** The items whose drift the rules of the target expect, by `refKey`. */
  private async accepted(target: Target, items: QuestionableItem[]): Promise<ReadonlySet<string>> {
    const drifted = items.filter(isDrift).map(driftedItem);
    return new Set((await this.acceptedDrift.of(target, drifted)).keys());
  }

  /** The states of an item at all targets of its platform, by environment. */
  async where({ platform, kind, typeKey }: TypeRef): Promise<(LiveItem & LiveState)[]> {
    await this.projector.catchUp();
    const { rows } = await query<LiveItem & LiveState>(this.em, WHERE, [platform, kind, typeKey]);
    return rows;
  }
}

/** A state as the history keeps it: what was put there last is known only of now. */
export type PastState = Omit<LiveState, 'putHash' | 'pushEnded' | 'externalEnded'>;
