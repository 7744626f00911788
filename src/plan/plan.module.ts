import { type DynamicModule, Module } from '@nestjs/common';
import { Retention } from '#retention';
import { ApprovalRules, PLAN_SETTINGS, type PlanSettings } from './approval-rules.ts';
import { PastDeployments } from './past-deployments.ts';
import { PlanController } from './plan.controller.ts';
import { PlanService } from './plan.service.ts';
import { Planner } from './planner.ts';
import { PlanSources } from './plan-sources.ts';
import { Plans } from './plans.ts';
import { RollbackSource } from './rollback-source.ts';
import { UNUSED_PLANS } from './unused-plans.ts';

/** Plans and their approval; needs TrackingModule. */
@Module({})
export class PlanModule {
  constructor(retention: Retention) {
    retention.add('plans', UNUSED_PLANS);
  }

  static forRoot(options: PlanSettings): DynamicModule {
    return {
      module: PlanModule,
      global: true,
      controllers: [PlanController],
      providers: [
        { provide: PLAN_SETTINGS, useValue: options },
        ...[ApprovalRules, PastDeployments, Planner, PlanService, Plans, PlanSources, RollbackSource],
      ],
      exports: [ApprovalRules, Plans, PlanService],
    };
  }
}
