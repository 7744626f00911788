import { setTimeout as wait } from 'node:timers/promises';
import { inBackground, noteForeground } from '#pace';
import { rests } from '../support/rests.ts';

it('rests in the background while others are served', async () => {
  expect(await inBackground(() => rests())).toBe(true);
});

it('does not rest in the foreground', async () => {
  expect(await rests()).toBe(false);
});

it('does not rest when nobody else is served, and is not somebody else itself', async () => {
  // Those before are gone.
  await wait(150);
  expect(await inBackground(() => rests(noteForeground))).toBe(false);
});

it('rests in all that background work begins, and nowhere else', async () => {
  const begun = inBackground(async () => {
    await wait(1);
    return Promise.all([rests(), wait(1)]);
  });
  expect(await rests()).toBe(false);
  expect((await begun)[0]).toBe(true);
});

it('rests no more when it has rested for as long as it may', async () => {
  // Ten milliseconds of work are forty of rest.
  expect(await inBackground(async () => [await rests(), await rests()], 40)).toEqual([true, false]);
});
