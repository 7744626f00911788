import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { asFarAsAllowedAtOne, assertAllowedAt, isAllowedAt, isBoundToTargets, NeedsAtTarget } from '#access';
import { BY_ID, pageOf } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { Refuses } from '#problems';
import { BodyLimit, ITEMS_BODY } from '#request-body';
import { DecisionDto, PlanDetailDto, PlanPageDto, PlanPageQuery, PlanParams, PlanRequestDto } from './plan.dto.ts';
import { PLAN_REFUSALS } from './plan.refusals.ts';
import { PlanService } from './plan.service.ts';
import { planDetailDto, planDto } from './plan.views.ts';
import { type Plan, type PlanDetail, Plans } from './plans.ts';
import { PastDeployments } from './past-deployments.ts';
import { DeploymentNotFoundError, PlanNotFoundError } from './plan.errors.ts';

@ApiTags('plans')
@NeedsAtTarget('read')
@Controller('plans')
export class PlanController {
  constructor(
    private readonly service: PlanService,
    private readonly plans: Plans,
    private readonly past: PastDeployments,
  ) {}

  /**
   * Reads the target, compares it with the source, and stores the plan. It sends nothing. The plan can be deployed until it
   * expires, as long as the target and the source stay as they are.
   */
  @Post()
  @NeedsAtTarget('deploy')
  @BodyLimit(ITEMS_BODY)
  @Idempotent()
  @Refuses(PLAN_REFUSALS)
  async createPlan(@Body() request: PlanRequestDto, @Ids() ids: RequestIds): Promise<PlanDetailDto> {
    assertPlannable(request);
    await this.assertSourceVisible(request);
    return planDetailDto(await this.service.create(request, ids.at(0)));
  }

  /** Lists plans, newest first. */
  @Get()
  async listPlans(@Query() { limit, cursor, ...filter }: PlanPageQuery): Promise<PlanPageDto> {
    const asked = asFarAsAllowedAtOne(filter);
    const page = await pageOf<Plan>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.plans.list(asked, count, start) },
    );
    return { ...page, items: page.items.map(planDto) };
  }

  /** Shows a plan with its items. */
  @Get(':id')
  @Refuses('PLAN_NOT_FOUND')
  async getPlan(@Param() { id }: PlanParams): Promise<PlanDetailDto> {
    return planDetailDto(await this.visible(id));
  }

  /** Approves a plan that needs a second person. The author cannot approve it. */
  @Post(':id/approve')
  @NeedsAtTarget('approve')
  @HttpCode(200)
  @Refuses('PLAN_NOT_FOUND', 'APPROVAL_BY_AUTHOR', 'PLAN_DECIDED', 'RECORDING_UNAVAILABLE')
  async approvePlan(@Param() { id }: PlanParams, @Body() decision: DecisionDto): Promise<PlanDetailDto> {
    await this.visible(id);
    return planDetailDto(await this.service.approve(id, decision));
  }

  /** Refuses a plan, which can then not be deployed. It stays in the list. */
  @Post(':id/refuse')
  @NeedsAtTarget('approve')
  @HttpCode(200)
  @Refuses('PLAN_NOT_FOUND', 'PLAN_DECIDED', 'RECORDING_UNAVAILABLE')
  async refusePlan(@Param() { id }: PlanParams, @Body() decision: DecisionDto): Promise<PlanDetailDto> {
    await this.visible(id);
    return planDetailDto(await this.service.refuse(id, decision));
  }

  /** Throws `DeploymentNotFoundError`, also for an earlier deployment that the caller may neither make nor read. */
  private async assertSourceVisible({ deployment, rollbackOf }: PlanRequestDto): Promise<void> {
    if (!isBoundToTargets()) return;
    for (const ref of [deployment, rollbackOf]) {
      if (ref === undefined) continue;
      const source = await this.past.find(ref);
      if (!isAllowedAt(source)) assertAllowedAt(source, { scope: 'read', hidden: new DeploymentNotFoundError(ref) });
    }
  }

  /** Throws `PlanNotFoundError`, also for a plan that the caller may not see. */
  private async visible(id: string): Promise<PlanDetail> {
    const plan = await this.plans.get(id);
    assertAllowedAt(plan, { hidden: new PlanNotFoundError(id) });
    return plan;
  }
}

/** A promotion reads the other environment too, and changes that lose data need a scope of their own. */
function assertPlannable({ platform, environment, fromEnvironment, force }: PlanRequestDto): void {
  const target = { platform, environment };
  assertAllowedAt(target);
  if (force) assertAllowedAt(target, { scope: 'force' });
  if (fromEnvironment !== undefined) assertAllowedAt({ platform, environment: fromEnvironment }, { scope: 'read' });
}
