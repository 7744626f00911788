import { verify } from '../demo.errors.ts';
import { LIVE, STAGING } from '../service-api.ts';
import { planText } from '../team.ts';
import type { Scene } from './story.ts';

/** What stands at staging goes to the environment that visitors see, once a second person has approved it. */
export async function tellOfPromotion({ team, service, progress }: Scene): Promise<void> {
  const promotion = { actor: 'ingrid', reason: 'The model as it stands at staging', environment: LIVE };
  let planId = '';
  await progress.step(`Promote ${STAGING} to ${LIVE}`, async () => {
    const plan = await team.plan({ ...promotion, fromEnvironment: STAGING }, '+25 ~0 −0, 0 breaking');
    planId = plan.id;
    verify('The approval of the promotion', plan.approval, 'PENDING');
    const deployment = service.deployPlan({ planId, actor: 'ingrid' });
    const { code } = await team.refused('a promotion that nobody approved', deployment, 'APPROVAL_REQUIRED');
    return `${planText(plan)}; ${code}`;
  });
  await progress.step('A second person approves', async () => {
    const own = service.approve(planId, { actor: 'ingrid', reason: 'I made it myself' });
    await team.refused('the approval of her own plan', own, 'APPROVAL_BY_AUTHOR');
    const { approval, decidedBy } = await service.approve(planId, {
      actor: 'omar',
      reason: 'Reviewed with the editors',
    });
    verify('The approval by a second person', [approval, decidedBy], ['APPROVED', 'omar']);
    return `${approval} by ${decidedBy}; ingrid, who made the plan, may not`;
  });
  await progress.step('Deploy the promotion', (note) =>
    team.deployPlan({ planId, actor: 'ingrid' }, { status: 'SUCCESS' }, note),
  );
  await progress.step(`Compare ${LIVE} with ${STAGING}`, async () => {
    const { same, different, onlyHere, onlyThere, unknown } = await service.compareTargets(LIVE, STAGING);
    verify('The differences of both', { different, onlyHere, onlyThere, unknown }, NO_DIFFERENCE);
    return `${same} the same, no difference`;
  });
}

const NO_DIFFERENCE = { different: 0, onlyHere: 0, onlyThere: 0, unknown: 0 };
