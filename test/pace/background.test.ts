import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { inBackground, noteForeground, TimeSlice } from '#pace';

const WORK_MS = 10;
/** More than the next turn of the event loop, and less than the rest after that work. */
const BETWEEN_MS = 20;

/** Notes it as others do, wherever it is called. */
const serveOthers = AsyncLocalStorage.bind(noteForeground);

/** Whether work rests after a slice, rather than go on with the next turn. */
async function rests(before: () => void): Promise<boolean> {
  const slice = new TimeSlice();
  for (const start = performance.now(); performance.now() - start < WORK_MS;);
  expect(slice.isOver).toBe(true);
  before();
  const first = await Promise.race([slice.giveWay().then(() => 'work'), wait(BETWEEN_MS, 'others')]);
  return first === 'others';
}

it('rests in the background while others are served', async () => {
  expect(await inBackground(() => rests(serveOthers))).toBe(true);
});

it('does not rest in the foreground', async () => {
  expect(await rests(serveOthers)).toBe(false);
});

it('does not rest when nobody else is served, and is not somebody else itself', async () => {
  // Those before are gone.
  await wait(150);
  expect(await inBackground(() => rests(noteForeground))).toBe(false);
});

it('rests in all that background work begins, and nowhere else', async () => {
  const begun = inBackground(async () => {
    await wait(1);
    return Promise.all([rests(serveOthers), wait(1)]);
  });
  expect(await rests(serveOthers)).toBe(false);
  expect((await begun)[0]).toBe(true);
});
