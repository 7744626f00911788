import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { BY_ID, pageOf, type Reply } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import type { ItemRef } from '#platform';
import { BodyLimit, ITEMS_BODY } from '#request-body';
import { refKey } from '#versioning';
import {
  DeploymentDetailDto,
  DeploymentDto,
  DeploymentPageDto,
  DeploymentPageQuery,
  DeploymentParams,
  DeploymentPlanDto,
  DeploymentRequestDto,
  DryRunQuery,
  RolledBackByDto,
  RollbackPlanDto,
  RollbackRequestDto,
  SkippedItemDto,
} from './deployment.dto.ts';
import type { Deployment } from './deployment.entity.ts';
import { type DeploymentPlan, DeploymentPlanner } from './deployment.planner.ts';
import { DeploymentProgress } from './deployment.progress.ts';
import { DeploymentService, type StartedDeployment } from './deployment.service.ts';

const LOCATION = {
  Location: { description: 'Address of the deployment, which shows its progress.', schema: { type: 'string' } },
} as const;

@ApiTags('deployments')
@ApiExtraModels(DeploymentPlanDto)
@Controller('deployments')
export class DeploymentController {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly planner: DeploymentPlanner,
    private readonly progress: DeploymentProgress,
  ) {}

  /** Starts a deployment of content types to a target, and answers at once with its address. */
  @Post()
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
    schema: { $ref: getSchemaPath(DeploymentPlanDto) },
  })
  async deploy(
    @Body() request: DeploymentRequestDto,
    @Query() { dryRun }: DryRunQuery,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<DeploymentDto | DeploymentPlanDto> {
    if (!dryRun) return accepted(await this.deployments.deployToProvider(request, ids.at(0)), reply);
    reply.status(200);
    return this.planDto(await this.planner.plan(request, request.items));
  }

  /** Lists deployments, newest first. */
  @Get()
  async list(@Query() { limit, cursor, ...filter }: DeploymentPageQuery): Promise<DeploymentPageDto> {
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
  async get(@Param() { id }: DeploymentParams): Promise<DeploymentDetailDto> {
    const deployment = await this.deployments.get(id);
    const rollbacks = await this.deployments.rollbacksOf(id);
    return {
      ...deploymentDto(deployment),
      rolledBackBy: rollbacks.map((rollback) => rolledBackBy(rollback)),
      ...(await this.progress.of(id)),
    };
  }

  /**
   * Shows the plan of a rollback: the versions to send, their differences from the live versions, and newer changes that
   * it would undo too. It changes nothing.
   */
  @Get(':id/rollback')
  async planRollback(@Param() { id }: DeploymentParams): Promise<RollbackPlanDto> {
    const plan = await this.deployments.planRollback(id);
    const dto = await this.planDto(plan);
    return { ...dto, items: dto.items.map((item) => ({ ...item, newer: plan.newer.get(refKey(item)) ?? null })) };
  }

  /**
   * Starts a new deployment with the version that was live before, of each item that this deployment applied, and answers
   * at once.
   */
  @Post(':id/rollback')
  @HttpCode(202)
  @Idempotent()
  @ApiResponse({
    status: 202,
    type: DeploymentDto,
    headers: LOCATION,
    description: 'The deployment has started and runs in the background.',
  })
  async rollback(
    @Param() { id }: DeploymentParams,
    @Body() request: RollbackRequestDto,
    @Ids() ids: RequestIds,
    @Res({ passthrough: true }) reply: Reply,
  ): Promise<DeploymentDto> {
    return accepted(await this.deployments.rollback(id, request, ids.at(0)), reply);
  }

  private async planDto(plan: DeploymentPlan): Promise<DeploymentPlanDto> {
    const changes = await this.planner.changes(plan);
    return {
      platform: plan.platform,
      environment: plan.environment,
      planDigest: plan.digest,
      skipped: skippedDto(plan.skipped),
      items: changes.map(({ item: { kind, typeKey, versionHash, previousHash }, diff, ...unknown }) => ({
        ...{ kind, typeKey, versionHash, previousHash },
        ...unknown,
        impact: diff?.impact ?? null,
        changes: diff?.count ?? null,
      })),
    };
  }
}

function accepted({ deployment }: StartedDeployment, reply: Reply): DeploymentDto {
  reply.header('location', `/api/v1/deployments/${deployment.id}`);
  return deploymentDto(deployment);
}

function deploymentDto(deployment: Deployment): DeploymentDto {
  const { id, platform, environment, status, actor, forced, planDigest, createdAt } = deployment;
  return {
    ...{ id, platform, environment, status, actor, forced, planDigest, createdAt },
    skipped: skippedDto(deployment.skipped),
    reason: deployment.reason ?? null,
    rollbackOf: deployment.rollbackOf ?? null,
    errorCode: deployment.errorCode ?? null,
    errorMessage: deployment.errorMessage ?? null,
    completedAt: deployment.completedAt ?? null,
  };
}

function rolledBackBy({ id, actor, reason, createdAt, status }: Deployment): RolledBackByDto {
  return { id, actor, reason: reason ?? null, createdAt, status };
}

function skippedDto(skipped: ItemRef[]): SkippedItemDto[] {
  return skipped.map(({ kind, typeKey }) => ({ kind, typeKey, code: 'BUILT_IN_TYPE' }));
}
