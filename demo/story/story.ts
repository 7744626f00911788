import type { CmsControl } from '../cms-control.ts';
import type { Progress } from '../progress.ts';
import type { ServiceApi } from '../service-api.ts';
import type { Stage } from '../stage.ts';
import type { Team } from '../team.ts';
import { tellOfDeployments } from './deployments.ts';
import { tellOfAKill } from './kill.ts';
import { tellOfPlans } from './plans.ts';
import { tellOfPromotion } from './promotion.ts';

/** Who plays, on what, and how it is told. */
export interface Scene {
  team: Team;
  service: ServiceApi;
  /** Of the CMS that the team works with: staging. */
  cms: CmsControl;
  stage: Stage;
  progress: Progress;
}

/** A team brings the content model of an outdoor shop and its magazine to staging, and from there to its visitors. */
export async function tellStory(scene: Scene): Promise<void> {
  await tellOfDeployments(scene);
  await tellOfPlans(scene);
  await tellOfPromotion(scene);
  await tellOfAKill(scene);
}
