import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { noteForeground, TimeSlice } from '#pace';

const WORK_MS = 10;
/** More than the next turn of the event loop, and less than the rest after that work. */
const BETWEEN_MS = 20;

/** As those do who record, wherever it is called. */
export const serveOthers = AsyncLocalStorage.bind(noteForeground);

/** Whether work of this caller rests after a slice, rather than go on with the next turn. */
export async function rests(before: () => void = serveOthers): Promise<boolean> {
  const slice = new TimeSlice();
  for (const start = performance.now(); performance.now() - start < WORK_MS;);
  expect(slice.isOver).toBe(true);
  before();
  const first = await Promise.race([slice.giveWay().then(() => 'work'), wait(BETWEEN_MS, 'others')]);
  return first === 'others';
}
