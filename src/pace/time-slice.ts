import { giveWay } from './background.ts';

const SLICE_MS = 3;

/** Long work in slices of a few milliseconds, between which others have their turn. */
export class TimeSlice {
  private startedAt = performance.now();

  get isOver(): boolean {
    return performance.now() - this.startedAt > SLICE_MS;
  }

  async giveWay(): Promise<void> {
    await giveWay(performance.now() - this.startedAt);
    this.startedAt = performance.now();
  }
}
