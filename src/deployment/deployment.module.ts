import { Module } from '@nestjs/common';
import { DeploymentController } from './deployment.controller.ts';
import { DeploymentPlanner } from './deployment.planner.ts';
import { DeploymentProgress } from './deployment.progress.ts';
import { DeploymentService } from './deployment.service.ts';
import { DeploymentSettler } from './deployment.settler.ts';
import { PlatformController } from './platform.controller.ts';
import { PullService } from './pull.service.ts';

/** Deployments, rollbacks and pulls; needs TrackingModule. */
@Module({
  controllers: [DeploymentController, PlatformController],
  providers: [DeploymentPlanner, DeploymentProgress, DeploymentService, DeploymentSettler, PullService],
  exports: [DeploymentService, PullService],
})
export class DeploymentModule {}
