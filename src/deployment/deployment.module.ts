import { Module } from '@nestjs/common';
import { DeploymentController } from './deployment.controller.ts';
import { DeploymentPlanner } from './deployment.planner.ts';
import { DeploymentProgress } from './deployment.progress.ts';
import { DeploymentService } from './deployment.service.ts';
import { DeploymentSettler } from './deployment.settler.ts';
import { RestoredVersions } from './restored-versions.ts';
import { RollbackPlanner } from './rollback.planner.ts';

/** Deployments and rollbacks; needs TrackingModule. */
@Module({
  controllers: [DeploymentController],
  providers: [
    DeploymentPlanner,
    DeploymentProgress,
    DeploymentService,
    DeploymentSettler,
    RestoredVersions,
    RollbackPlanner,
  ],
  exports: [DeploymentService],
})
export class DeploymentModule {}
