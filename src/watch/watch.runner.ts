import { setTimeout as wait } from 'node:timers/promises';
import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { untilWritten } from '#database';
import { inBackground } from '#pace';
import { PlatformRegistry } from '#platform';
import { differencesOf, PullService } from '#pull';
import { Admission, storableText } from '#recording';
import { Redaction } from '#redaction';
import { Schedule } from '#schedule';
import { SyncTracker } from '#tracking';
import { ConfigurationError } from '../environment.ts';
import { DomainError } from '../domain-error.ts';
import type { ConfiguredWatch } from './configured-watches.ts';
import { WatchQueue, type WatchResult, type WatchRun } from './watch.queue.ts';
import { Watches } from './watches.ts';

export const CONFIGURED_WATCHES = Symbol('configured watches');

/** Pulls of this process at a time: each holds all that a target has. */
const MAX_RUNNING = 2;
/** Processes that a run may lose: what kills one after another must not go on. */
const MAX_TRIES = 3;
/** Milliseconds to keep the result in, after the calls have ended. */
const END_MS = 1_000;

/** Runs the watches that are due. A pull that fails is shown on its watch, and the next comes in its time. */
@Injectable()
export class WatchRunner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(WatchRunner.name);
  private readonly running = new Map<string, Promise<void>>();

  constructor(
    private readonly watches: Watches,
    private readonly queue: WatchQueue,
    private readonly pulls: PullService,
    private readonly platforms: PlatformRegistry,
    private readonly admission: Admission,
    private readonly redaction: Redaction,
    private readonly tracker: SyncTracker,
    private readonly schedule: Schedule,
    @Inject(CONFIGURED_WATCHES) private readonly configured: ConfiguredWatch[],
  ) {
    schedule.add('watches.run', () => this.begin());
  }

  /** Throws {@link ConfigurationError} for a watch of a target that does not exist. */
  async onApplicationBootstrap(): Promise<void> {
    const problems = this.configured.flatMap((watch) => this.problemOf(watch) ?? []);
    if (problems.length > 0) throw new ConfigurationError(problems);
    await this.watches.configure(this.configured);
  }

  /** A pull that still runs may end with its call; others begin it again, once. */
  async beforeApplicationShutdown(): Promise<void> {
    const graceOver = this.tracker.drained().then(() => wait(END_MS, undefined, { ref: false }));
    await Promise.race([Promise.allSettled(this.running.values()), graceOver]);
    await this.queue.release().catch((error: Error) => {
      this.logger.warn(`Watches were not left to others, who wait for the lease: ${error.message}`);
    });
  }

  private problemOf(watch: ConfiguredWatch): string | undefined {
    try {
      this.platforms.at(watch);
      return undefined;
    } catch (error) {
      return `WATCH names ${watch.platform}/${watch.environment}: ${(error as Error).message}`;
    }
  }

  private async begin(): Promise<void> {
    while (this.running.size < MAX_RUNNING && this.admission.isOpen && !this.schedule.isStopping) {
      const run = await this.queue.claim([...this.running.keys()], uuidv7());
      if (!run) return;
      const ended = this.run(run).finally(() => this.running.delete(run.id));
      this.running.set(run.id, ended);
    }
  }

  private async run(run: WatchRun): Promise<void> {
    try {
      const result = run.tries > MAX_TRIES ? GIVEN_UP : await this.pull(run);
      if (result) await untilWritten(() => this.queue.end(run, result));
    } catch (error) {
      this.logger.warn(`The result of the watch ${run.id} was not kept; it runs again: ${(error as Error).message}`);
    }
  }

  /** Undefined when this process stops: then it has found nothing out. */
  private async pull({ platform, environment, actor, reason, callId }: WatchRun): Promise<WatchResult | undefined> {
    try {
      const context = { environment, actor, reason, callId, trigger: 'SCHEDULE' as const };
      const { items } = await inBackground(() => this.pulls.pull(platform, context));
      return { ...differencesOf(items), error: null };
    } catch (error) {
      if (this.admission.isStopping) return undefined;
      this.logger.warn(`The watch of ${platform} "${environment}" failed: ${(error as Error).message}`);
      return { differences: null, accepted: null, error: failureOf(error, this.redaction) };
    }
  }
}

const GIVEN_UP: WatchResult = {
  differences: null,
  accepted: null,
  error: {
    code: 'INTERRUPTED',
    message: `The process ended during the pull, ${MAX_TRIES} times. The next run is in its time.`,
  },
};

function failureOf(error: unknown, redaction: Redaction): NonNullable<WatchResult['error']> {
  const code = error instanceof DomainError ? error.code : 'WATCH_FAILED';
  return { code, message: storableText(redaction.text((error as Error).message), 2_000) };
}
