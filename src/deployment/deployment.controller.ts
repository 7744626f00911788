import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { asFarAsAllowedAtOne, assertAllowedAt, NeedsAtTarget } from '#access';
import { Freezes } from '#freeze';
import { BY_ID, pageOf, type Reply } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import {
  DEPLOY_REFUSALS,
  DeploymentNotFoundError,
  DraftDto,
  draftDto,
  PLAN_REFUSALS,
  PlanNotFoundError,
  Plans,
  PlanService,
  shortNumber,
} from '#plan';
import { DEFAULT_ENVIRONMENT, type ItemRef } from '#platform';
import { Refuses } from '#problems';
import { BodyLimit, ITEMS_BODY } from '#request-body';
import { InvalidRequestError, labelsOf } from '#validation';
import {
  CancelRequestDto,
  DeploymentDetailDto,
  DeploymentDto,
  DeploymentPageDto,
  DeploymentPageQuery,
  DeploymentParams,
  DeploymentRequestDto,
  DryRunQuery,
  RolledBackByDto,
  RollbackPlanQuery,
  RollbackRequestDto,
  SkippedItemDto,
} from './deployment.dto.ts';
import type { Deployment } from './deployment.entity.ts';
import { DeploymentProgress } from './deployment.progress.ts';
import { DeploymentQueue } from './deployment.queue.ts';
import { DeploymentService } from './deployment.service.ts';

const LOCATION = {
  Location: { description: 'Address of the deployment, which shows its progress.', schema: { type: 'string' } },
} as const;

@ApiTags('deployments')
@ApiExtraModels(DraftDto)
@NeedsAtTarget('read')
@Controller('deployments')
export class DeploymentController {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly planning: PlanService,
    private readonly plans: Plans,
    private readonly progress: DeploymentProgress,
    private readonly queue: DeploymentQueue,
    private readonly freezes: Freezes,
  ) {}

  /**
   * Starts a deployment of a plan, or of content types without a plan, and answers at once with its address. A plan is compared
   * with the target again, and only changes are sent. Without a plan, everything asked for is sent.
   */
  @Post()
  @NeedsAtTarget('deploy')
  @BodyLimit(ITEMS_BODY)
  @HttpCode(202)
  @Idempotent()
  @ApiResponse({
    status: 202,
    type: DeploymentDto,
    headers: LOCATION,
    description: 'The deployment has started and runs in the background.',
  })
  @ApiResponse({
    status: 200,
    description: 'The plan, for a request with `dryRun`.',
    schema: { $ref: getSchemaPath(DraftDto) },
  })
  @Refuses(PLAN_REFUSALS, DEPLOY_REFUSALS)
  async createDeployment(
    @Body() request: DeploymentRequestDto,
    @Query() { dryRun }: DryRunQuery,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<DeploymentDto | DraftDto> {
    const { planId, onDrift, includeNewer, actor, reason, labels } = request;
    if (planId !== undefined) {
      assertOnlyPlan(request, dryRun);
      assertAllowedAt(await this.plans.get(planId), { hidden: new PlanNotFoundError(planId) });
      const planned = { planId, onDrift, includeNewer, actor, reason, labels };
      return accepted(await this.deployments.deployPlan(planned, ids.at(0)), reply);
    }
    const { platform, environment = DEFAULT_ENVIRONMENT, force, items } = request;
    if (platform === undefined) throw InvalidRequestError.of('platform', 'must be given, or planId', 'MISSING');
    const target = { platform, environment };
    assertAllowedAt(target);
    if (force) assertAllowedAt(target, { scope: 'force' });
    if (!dryRun) {
      const unplanned = { ...target, actor, reason, labels, force, items };
      return accepted(await this.deployments.deployToProvider(unplanned, ids.at(0)), reply);
    }
    reply.status(200);
    return draftDto(await this.planning.draft(target, { items }));
  }

  /** Lists deployments, newest first. */
  @Get()
  async listDeployments(@Query() { limit, cursor, label, ...rest }: DeploymentPageQuery): Promise<DeploymentPageDto> {
    const filter = { ...asFarAsAllowedAtOne(rest), ...(label && { labels: labelsOf(label) }) };
    const page = await pageOf<Deployment>(
      { limit, cursor },
      { ...BY_ID, find: (start, count) => this.deployments.list(filter, count, start) },
    );
    const counts = await this.progress.counts(page.items.map(({ id }) => id));
    const items = page.items.map((deployment) => ({ ...deploymentDto(deployment), ...counts.get(deployment.id)! }));
    return { ...page, items };
  }

  /** Shows a deployment with its items and its progress. */
  @Get(':id')
  @Refuses('DEPLOYMENT_NOT_FOUND')
  async getDeployment(@Param() { id }: DeploymentParams): Promise<DeploymentDetailDto> {
    return this.detailDto(await this.visible(id));
  }

  /**
   * Shows the plan of a rollback: the versions to send, their differences from the live versions, and newer changes that
   * it would undo too. It changes nothing.
   */
  @Get(':id/rollback')
  @Refuses(PLAN_REFUSALS)
  async getRollbackPlan(@Param() { id }: DeploymentParams, @Query() { deletes }: RollbackPlanQuery): Promise<DraftDto> {
    await this.visible(id);
    return draftDto(await this.deployments.planRollback(id, deletes));
  }

  /**
   * Starts a new deployment with the version that was live before, of each item that this deployment applied, and answers
   * at once.
   */
  @Post(':id/rollback')
  @NeedsAtTarget('rollback')
  @HttpCode(202)
  @Idempotent()
  @ApiResponse({
    status: 202,
    type: DeploymentDto,
    headers: LOCATION,
    description: 'The deployment has started and runs in the background.',
  })
  @Refuses(PLAN_REFUSALS, DEPLOY_REFUSALS)
  async rollBackDeployment(
    @Param() { id }: DeploymentParams,
    @Body() request: RollbackRequestDto,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<DeploymentDto> {
    const undone = await this.visible(id);
    if (request.force) assertAllowedAt(undone, { scope: 'force' });
    return accepted(await this.deployments.rollback(id, request, ids.at(0)), reply);
  }

  /**
   * Cancels a deployment. One that waits ends at once; one that runs ends after the call that is under way. The items that
   * were not sent say so.
   */
  @Post(':id/cancel')
  @NeedsAtTarget('deploy')
  @HttpCode(200)
  @Refuses('DEPLOYMENT_NOT_FOUND', 'DEPLOYMENT_ENDED')
  async cancelDeployment(
    @Param() { id }: DeploymentParams,
    @Body() request: CancelRequestDto,
  ): Promise<DeploymentDetailDto> {
    await this.visible(id);
    return this.detailDto(await this.deployments.cancel(id, request));
  }

  /** Throws `DeploymentNotFoundError`, also for a deployment that the caller may not see. */
  private async visible(id: string): Promise<Deployment> {
    const deployment = await this.deployments.get(id);
    assertAllowedAt(deployment, { hidden: new DeploymentNotFoundError(id) });
    return deployment;
  }

  private async detailDto(deployment: Deployment): Promise<DeploymentDetailDto> {
    const { id } = deployment;
    const rollbacks = await this.deployments.rollbacksOf(id);
    return {
      ...deploymentDto(deployment),
      place: (await this.queue.places([id])).get(id) ?? null,
      frozenUntil: (await this.frozenUntil(deployment)) ?? null,
      rolledBackBy: rollbacks.map((rollback) => rolledBackBy(rollback)),
      ...(await this.progress.of(id)),
    };
  }

  private async frozenUntil(deployment: Deployment): Promise<Date | undefined> {
    return deployment.status === 'QUEUED' ? (await this.freezes.inForce(deployment))?.until : undefined;
  }
}

/** Throws `InvalidRequestError` for what the plan says already. */
function assertOnlyPlan(request: DeploymentRequestDto, dryRun: boolean): void {
  const given = (['platform', 'environment', 'force', 'items'] as const).find((name) => request[name] !== undefined);
  if (given)
    throw InvalidRequestError.of(given, 'must not be combined with planId, because the plan has it', 'CONFLICT');
  if (dryRun)
    throw InvalidRequestError.of(
      'dryRun',
      'must not be combined with planId: GET /plans/:id shows the plan',
      'CONFLICT',
    );
}

function accepted(deployment: Deployment, reply: Reply): DeploymentDto {
  reply.header('location', `/api/v1/deployments/${deployment.id}`);
  return deploymentDto(deployment);
}

function deploymentDto(deployment: Deployment): DeploymentDto {
  const { id, platform, environment, status, actor, forced, planDigest, onDrift, labels, createdAt } = deployment;
  return {
    ...{ id, platform, environment, status, actor, forced, planDigest, onDrift, labels, createdAt },
    number: shortNumber(deployment.number),
    skipped: skippedDto(deployment.skipped),
    principal: deployment.caller?.principal ?? null,
    onBehalfOf: deployment.caller?.onBehalfOf ?? null,
    client: deployment.caller?.client ?? null,
    reason: deployment.reason ?? null,
    rollbackOf: deployment.rollbackOf ?? null,
    promotedFrom: deployment.promotedFrom ?? null,
    planId: deployment.planId ?? null,
    errorCode: deployment.errorCode ?? null,
    errorMessage: deployment.errorMessage ?? null,
    startedAt: deployment.startedAt ?? null,
    completedAt: deployment.completedAt ?? null,
    verifiedAt: deployment.verifiedAt ?? null,
    cancelledAt: deployment.cancelledAt ?? null,
    cancelledBy: deployment.cancelledBy ?? null,
    cancelReason: deployment.cancelReason ?? null,
  };
}

function rolledBackBy({ id, actor, reason, createdAt, status }: Deployment): RolledBackByDto {
  return { id, actor, reason: reason ?? null, createdAt, status };
}

function skippedDto(skipped: ItemRef[]): SkippedItemDto[] {
  return skipped.map(({ kind, typeKey }) => ({ kind, typeKey, code: 'BUILT_IN_TYPE' }));
}
