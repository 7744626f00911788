import { setTimeout as wait } from 'node:timers/promises';
import { EntityManager } from '@mikro-orm/core';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { findOne, query, untilWritten } from '#database';
import { inBackground } from '#pace';
import { type ItemRef, PlatformRegistry, type SyncContext, type SyncFailure } from '#platform';
import { Admission, Heartbeat, newestOfDeployment, storableText } from '#recording';
import { Redaction } from '#redaction';
import { Schedule } from '#schedule';
import { isOwnFault, SyncTracker } from '#tracking';
import { refKey, VersionHistoryService, VersionNotFoundError } from '#versioning';
import { Deployment } from './deployment.entity.ts';
import { DeploymentQueue } from './deployment.queue.ts';
import { DeploymentSettler } from './deployment.settler.ts';
import { TargetCheck } from './target-check.ts';
import { Verification } from './verification.ts';

/** Milliseconds between two looks whether others have settled what is open, or the service can record again. */
const LOOK_MS = 500;
const MIN_PAUSE_MS = 3_000;
const MAX_PAUSE_MS = 10 * 60 * 1000;
/** Milliseconds to settle a deployment in, after its call has ended. */
const SETTLE_MS = 1_000;
/** Calls of this process in which an item did not leave, after which it is given up. */
const MAX_CALLS = 10;

/** An item of a deployment, and what its newest sync there came to. */
interface ItemState extends ItemRef {
  /** Null for one that is deleted. */
  versionHash: string | null;
  /** Those of one position refer to each other in a circle. */
  position: number;
  isOpen: boolean;
  isLeft: boolean;
}

const ITEMS = `
  select kind, type_key as "typeKey", version_hash as "versionHash", position from deployment_item
  where deployment_id = $1 and status = 'IN_PROGRESS' order by version_hash is null, position, kind, type_key`;

/** What never left is sent; what is in doubt has been read back, and is not. */
const NEWEST = newestOfDeployment(
  '$1',
  `type_key as "typeKey", sync_status = 'IN_PROGRESS' as "isOpen",
    sync_status = 'FAILED' and outcome = 'NOT_APPLIED' and error_code in ('INTERRUPTED', 'NOT_SENT') as "isLeft"`,
);

/**
 * Runs deployments. All that is needed for it is recorded, so that another process goes on where one has died: what is settled
 * is not sent again, and what is in doubt is read back before anything else is sent.
 */
@Injectable()
export class DeploymentRunner implements BeforeApplicationShutdown {
  private readonly logger = new Logger(DeploymentRunner.name);
  private readonly running = new Map<string, Promise<void>>();
  /** When those that failed for a reason of their own are tried again. */
  private readonly postponed = new Map<string, { until: number; pauseMs: number }>();
  private readonly closing = new AbortController();
  private looking: Promise<void> = Promise.resolve();

  constructor(
    private readonly em: EntityManager,
    private readonly queue: DeploymentQueue,
    private readonly check: TargetCheck,
    private readonly verification: Verification,
    private readonly settler: DeploymentSettler,
    private readonly platforms: PlatformRegistry,
    private readonly versions: VersionHistoryService,
    private readonly tracker: SyncTracker,
    private readonly heartbeat: Heartbeat,
    private readonly admission: Admission,
    private readonly redaction: Redaction,
    schedule: Schedule,
  ) {
    schedule.add('deployments.run', () => this.look());
  }

  /** What still runs is settled as soon as its call is, within the grace that calls have; others go on with the rest. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing.abort();
    const graceOver = this.tracker.drained().then(() => wait(SETTLE_MS, undefined, { ref: false }));
    await Promise.race([Promise.allSettled(this.running.values()), graceOver]);
    await this.queue.release().catch((error: Error) => {
      this.logger.warn(`Deployments were not left to others, who wait for the lease: ${error.message}`);
    });
  }

  /** Begins what may run now. */
  look(): Promise<void> {
    // One after another: a claim must know of those that the one before it took.
    this.looking = this.looking.catch(() => undefined).then(() => this.begin());
    return this.looking;
  }

  private async begin(): Promise<void> {
    if (this.closing.signal.aborted || !this.admission.isOpen) return;
    const now = performance.now();
    const later = [...this.postponed].flatMap(([id, { until }]) => (until > now ? [id] : []));
    for (const id of await this.queue.claim([...this.running.keys(), ...later])) {
      const run = inBackground(() => this.run(id)).finally(() => {
        this.running.delete(id);
        // The next of its target need not wait.
        this.look().catch((error: Error) => this.logger.warn(`The queue could not be read: ${error.message}`));
      });
      this.running.set(id, run);
    }
  }

  private async run(id: string): Promise<void> {
    try {
      const failure = await this.sendAll(id);
      if (failure !== 'others') await untilWritten(() => this.settler.settle(id, failure));
      this.postponed.delete(id);
    } catch (error) {
      if (!this.closing.signal.aborted) this.postpone(id, error as Error);
    }
  }

  /** Each pause is twice as long as the one before: what fails for a reason of its own must not keep the server busy. */
  private postpone(id: string, error: Error): void {
    const pauseMs = Math.min((this.postponed.get(id)?.pauseMs ?? MIN_PAUSE_MS) * 2, MAX_PAUSE_MS);
    this.postponed.set(id, { until: performance.now() + pauseMs, pauseMs });
    this.logger.warn(`The deployment ${id} could not be ended; next try in ${pauseMs / 1000} s: ${error.message}`);
  }

  /** Sends what is left, call by call; the answer is why a call failed as a whole. `others` go on where this process has stopped. */
  private async sendAll(id: string): Promise<SyncFailure | undefined | 'others'> {
    const calls = new Map<string, number>();
    let failure: SyncFailure | undefined;
    for (;;) {
      const deployment = await untilWritten(() => findOne(this.em, Deployment, { id }));
      if (deployment?.owner !== this.heartbeat.owner || deployment.completedAt) return 'others';
      const refusal = deployment.cancelledAt ? undefined : await this.check.before(deployment);
      if (refusal) return refusal;
      const items = await untilWritten(() => this.states(id));
      const left = items.filter((item) => item.isLeft && (calls.get(refKey(item)) ?? 0) < MAX_CALLS);
      const isOver = left.length === 0 || deployment.cancelledAt;
      if (!items.some(({ isOpen }) => isOpen)) {
        if (isOver) {
          await this.verification.verify(deployment);
          return failure;
        }
        if (this.closing.signal.aborted) return 'others';
        const call = this.nextCall(deployment.platform, left);
        const error = await this.send(deployment, call);
        const passes = error === undefined || isOwnFault(error);
        for (const item of call) calls.set(refKey(item), passes ? (calls.get(refKey(item)) ?? 0) + 1 : MAX_CALLS);
        if (error !== undefined && (!passes || calls.get(refKey(call[0]!)) === MAX_CALLS)) {
          failure ??= failureOf(error, this.redaction);
        }
        if (error === undefined || !passes) continue;
      } else if (this.closing.signal.aborted) {
        return 'others';
      }
      await wait(LOOK_MS, undefined, { signal: this.closing.signal }).catch(() => undefined);
    }
  }

  private async states(id: string): Promise<ItemState[]> {
    // Brought together here: a join of 4,000 items with 4,000 syncs is 16 million comparisons where statistics are missing.
    const { rows: items } = await query<Pick<ItemState, keyof ItemRef | 'versionHash' | 'position'>>(this.em, ITEMS, [
      id,
    ]);
    const { rows: syncs } = await query<Omit<ItemState, 'versionHash' | 'position'>>(this.em, NEWEST, [id]);
    const newest = new Map(syncs.map((sync) => [refKey(sync), sync]));
    return items.map((item) => {
      const { isOpen = false, isLeft = true } = newest.get(refKey(item)) ?? {};
      return { ...item, isOpen, isLeft };
    });
  }

  /** As many as the platform takes at once, but no part of a circle; what is deleted goes last, in calls of its own. */
  private nextCall<Item extends ItemState>(platform: string, left: Item[]): Item[] {
    const pushed = left.filter(({ versionHash }) => versionHash !== null);
    const next = pushed.length > 0 ? pushed : left;
    const { itemsPerCall = next.length } = this.platforms.model(platform);
    if (next.length <= itemsPerCall) return next;
    const end = next
      .slice(0, itemsPerCall)
      .findLastIndex(({ position }, index) => position !== next[index + 1]!.position);
    return next.slice(0, end + 1 || itemsPerCall);
  }

  /** What went wrong with the call as a whole. */
  private async send(deployment: Deployment, items: ItemState[]): Promise<unknown> {
    const { platform } = deployment;
    try {
      const pushed = items.filter((item) => item.versionHash !== null) as (ItemRef & { versionHash: string })[];
      const versions = await untilWritten(() => this.versions.byHashes(platform, pushed));
      const definitions = await untilWritten(() => this.versions.definitions(versions));
      const found = new Map(definitions.map((definition) => [refKey(definition), definition]));
      const missing = pushed.find((item) => !found.has(refKey(item)));
      if (missing) throw new VersionNotFoundError({ platform, ...missing }, missing.versionHash);
      await this.heartbeat.refresh();
      const adapter = this.platforms.get(platform);
      const context = this.contextOf(deployment);
      if (pushed.length === 0) {
        await adapter.remove!({ items: items.map(({ kind, typeKey }) => ({ kind, typeKey })), context });
      } else {
        // In the order of the plan: a reference comes after what it refers to.
        const sent = pushed.map((item) => {
          const { kind, typeKey, versionHash, definition } = found.get(refKey(item))!;
          return { kind, typeKey, versionHash, data: definition };
        });
        await adapter.push({ items: sent, context });
      }
      return undefined;
    } catch (error) {
      return error ?? new Error('The call failed.');
    }
  }

  private contextOf(deployment: Deployment): SyncContext {
    const { id, environment, actor, caller, reason, forced, rollbackOf, promotedFrom } = deployment;
    return {
      caller: caller ?? undefined,
      ...{ environment, actor, reason: reason ?? undefined, force: forced, deploymentId: id },
      trigger: rollbackOf ? 'ROLLBACK' : promotedFrom ? 'PROMOTION' : 'DEPLOYMENT',
      isWanted: () => this.queue.isMine(id),
    };
  }
}

function failureOf(error: unknown, redaction: Redaction): SyncFailure {
  const { code = 'DEPLOYMENT_FAILED', message } = error as Partial<SyncFailure>;
  return { code: redaction.text(code), message: storableText(redaction.text(message ?? String(error))) };
}
