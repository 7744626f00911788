import { Logger } from '@nestjs/common';

/**
 * Runs a job again and again, `everyMs` after it ended, never twice at once, which an interval would not promise. A run that
 * fails is logged and the next comes in its time. `onTimer` hears of each timer that is set.
 */
export class Periodic {
  private readonly logger: Logger;
  private timer: NodeJS.Timeout | undefined;
  private current: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    name: string,
    private readonly everyMs: number,
    private readonly job: () => Promise<unknown>,
    private readonly onTimer: (timer: NodeJS.Timeout) => void = () => undefined,
  ) {
    this.logger = new Logger(name);
  }

  /** The first run may come sooner than the others. */
  start(afterMs = this.everyMs): void {
    this.timer = setTimeout(() => {
      this.current = this.run();
    }, afterMs).unref();
    this.onTimer(this.timer);
  }

  /** Resolves when a run that is under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.current;
  }

  private async run(): Promise<void> {
    try {
      await this.job();
    } catch (error) {
      this.logger.warn(`It failed and will run again: ${(error as Error).message}`);
    }
    if (!this.stopped) this.start();
  }
}
