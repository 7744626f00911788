import authorAndHours from '../content-models/author-and-hours.additive.manifest.json' with { type: 'json' };
import { verify } from '../demo.errors.ts';
import { STAGING } from '../service-api.ts';
import { planText } from '../team.ts';
import type { Scene } from './story.ts';

/** What is planned is what is sent, or nothing is: a colleague comes in between. */
export async function tellOfPlans({ team, service, cms, progress }: Scene): Promise<void> {
  await progress.step('Pull: what is gone?', async () => {
    await cms.deleteContentType('PhotoGallery');
    return team.pull('ingrid', 'Did the rollback do it?', { PhotoGallery: 'missing' });
  });

  const why = { actor: 'ingrid', reason: 'Authors tell since when; the photo gallery comes back' };
  const { items = [] } = await team.change(authorAndHours, why, { AuthorPage: 'additive', OpeningHours: 'cosmetic' });
  const gallery = { kind: 'contentType', typeKey: 'PhotoGallery' };
  const request = { ...why, environment: STAGING, items: [...items, gallery] };
  let planId = '';
  await progress.step('Plan: what would change?', async () => {
    const plan = await team.plan(request, '+1 ~2 −0, 0 breaking');
    planId = plan.id;
    const names = plan.items.map(({ typeKey, action }) => `${action === 'CREATE' ? '+' : '~'}${typeKey}`);
    return `${planText(plan)}: ${names.join(' ')}`;
  });

  await progress.step('A colleague edits; the plan is stopped', async () => {
    await cms.editContentType('AuthorPage', 'marketing', { displayName: 'Writer' });
    const before = (await cms.pushes()).length;
    const deployment = service.deployPlan({ planId, actor: 'ingrid' });
    const { items: moved = [] } = await team.refused('the stale plan', deployment, 'PLAN_STALE');
    verify(
      'What has moved, and who moved it',
      moved.map(({ typeKey, moved: side, changedBy }) => [typeKey, side, changedBy]),
      [['AuthorPage', 'TARGET', 'marketing']],
    );
    verify('The pushes of the stale plan', (await cms.pushes()).length - before, 0);
    return `PLAN_STALE: AuthorPage was changed by ${moved[0]!.changedBy}; nothing was sent`;
  });

  await progress.step('New plan, which overwrites drift', async (note) => {
    const reason = `${why.reason}; marketing agreed`;
    const plan = await team.plan({ ...request, reason }, '+1 ~2 −0, 0 breaking');
    const author = plan.items.find(({ typeKey }) => typeKey === 'AuthorPage');
    verify('Who made the drift that the plan tells', author?.drift?.changedBy, 'marketing');
    await cms.editContentType('AuthorPage', 'marketing', { displayName: 'Storyteller' });
    const deployment = { planId: plan.id, actor: 'ingrid', onDrift: 'overwrite' } as const;
    return `${await team.deployPlan(deployment, { status: 'SUCCESS' }, note)}, over the edits of marketing`;
  });
  await progress.step('Pull again: is all as it should be?', () => team.pull('ingrid', 'Is all as it should be?', {}));
}
