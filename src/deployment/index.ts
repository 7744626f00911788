/** Content types that are pushed together: plan, run, settle, undo; refuses two of the same items at once. */
export { Deployment, deploymentEntities, DeploymentItem } from './deployment.entity.ts';
export { DeploymentModule } from './deployment.module.ts';
export {
  DeploymentNotFoundError,
  DeploymentRunningError,
  ForceNeedsReasonError,
  NothingToDeployError,
  NothingToRollBackError,
  WouldLoseNewerError,
} from './deployment.errors.ts';
export { checkDeployments } from './deployment.check.ts';
export {
  type DeploymentRequest,
  DeploymentService,
  type RollbackRequest,
  type StartedDeployment,
} from './deployment.service.ts';
