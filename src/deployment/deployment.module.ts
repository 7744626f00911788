import { Module } from '@nestjs/common';
import { DeploymentController } from './deployment.controller.ts';
import { DeploymentProgress } from './deployment.progress.ts';
import { DeploymentQueue } from './deployment.queue.ts';
import { DeploymentRecord } from './deployment.record.ts';
import { DeploymentRunner } from './deployment.runner.ts';
import { DeploymentService } from './deployment.service.ts';
import { DeploymentSettler } from './deployment.settler.ts';
import { RestoredVersions } from './restored-versions.ts';
import { TargetCheck } from './target-check.ts';
import { Verification } from './verification.ts';

/** Deployments and rollbacks; needs TrackingModule and PlanModule. */
@Module({
  controllers: [DeploymentController],
  providers: [
    DeploymentProgress,
    DeploymentQueue,
    DeploymentRecord,
    DeploymentRunner,
    DeploymentService,
    DeploymentSettler,
    RestoredVersions,
    TargetCheck,
    Verification,
  ],
  exports: [DeploymentService],
})
export class DeploymentModule {}
