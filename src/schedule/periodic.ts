import { Logger } from '@nestjs/common';

/**
 * Runs a job again and again, `everyMs` after it ended, never twice at once. A run that fails is logged and the next
 * comes in its time. Timers of our own: a foreign application may have a scheduler that must not be set up twice.
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
  ) {
    this.logger = new Logger(name);
  }

  /** The first run may come sooner than the others. */
  start(afterMs = this.everyMs): void {
    this.timer = setTimeout(() => {
      this.current = this.run();
    }, afterMs).unref();
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
