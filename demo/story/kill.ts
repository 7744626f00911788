import { setTimeout as wait } from 'node:timers/promises';
import quoteWording from '../content-models/quote-wording.cosmetic.manifest.json' with { type: 'json' };
import { settled } from '../deploying.ts';
import { verify } from '../demo.errors.ts';
import { STAGING } from '../service-api.ts';
import type { Scene } from './story.ts';

/** The CMS holds its answer back for longer than the service lives. */
const HELD_BACK_MS = 10_000;
const POLL_MS = 20;
const TIMEOUT_MS = 10_000;

/** The service dies in the middle of a deployment, and goes on with it after its start. */
export async function tellOfAKill({ team, service, cms, stage, progress }: Scene): Promise<void> {
  const why = { actor: 'omar', reason: 'Editors look for "pull quote", not "quote"' };
  const { items } = await team.change(quoteWording, why, { Photograph: 'cosmetic', QuoteBlock: 'cosmetic' });
  const plan = await team.plan({ ...why, environment: STAGING, items }, '+0 ~2 −0, 0 breaking');
  const before = (await cms.pushes()).length;
  const pushes = async () => (await cms.pushes()).slice(before);
  let id = '';

  await progress.step('kill -9 while the CMS holds its answer', async () => {
    await cms.failNextPushes({ kind: 'slow', calls: 1, delayMs: HELD_BACK_MS });
    ({ id } = await team.beginPlan({ planId: plan.id, actor: 'omar' }));
    const deadline = performance.now() + TIMEOUT_MS;
    while (!(await pushes()).some(({ isApplied }) => isApplied)) {
      if (performance.now() > deadline) throw new Error(`The CMS got no push within ${TIMEOUT_MS / 1_000} s.`);
      await wait(POLL_MS);
    }
    await stage.killService();
    return 'the CMS has applied it, the service does not know';
  });
  await progress.step('Started again, the service goes on', async (note) => {
    note('the service starts');
    await stage.startServiceAgain();
    const result = await settled(service, id, { status: 'SUCCESS', evidence: 'OBSERVED', verified: true }, note);
    const keys = (await pushes()).map(({ keys: sent }) => sent.toSorted());
    verify('What the CMS was sent', keys, [['Photograph', 'QuoteBlock']]);
    return `${result}, sent once`;
  });
}
