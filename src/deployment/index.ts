/** Content types that are pushed together: run, settle, verify, undo; refuses a target that has moved since the plan. */
export { Deployment, deploymentEntities, DeploymentItem } from './deployment.entity.ts';
export { DeploymentModule } from './deployment.module.ts';
export { checkDeployments } from './deployment.check.ts';
export {
  type DeploymentRequest,
  DeploymentService,
  type PlannedRequest,
  type RollbackRequest,
} from './deployment.service.ts';
