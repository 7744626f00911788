export { checkDeployments } from './deployment.check.ts';
export { Deployment, deploymentEntities, DeploymentItem } from './deployment.entity.ts';
export {
  DeploymentNotFoundError,
  DeploymentRunningError,
  NothingToDeployError,
  NothingToRollBackError,
} from './deployment.errors.ts';
export { DeploymentModule } from './deployment.module.ts';
export {
  DeploymentService,
  type DeploymentRequest,
  type RollbackRequest,
  type StartedDeployment,
} from './deployment.service.ts';
export { PullService, type PulledItem } from './pull.service.ts';
