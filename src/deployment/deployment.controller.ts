import { Body, Controller, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { BY_ID, pageOf } from '#http';
import { Idempotent, Ids, RequestIds } from '#idempotency';
import { BodyLimit, ITEMS_BODY } from '#request-body';
import {
  DeploymentDetailDto,
  DeploymentDto,
  DeploymentPageDto,
  DeploymentPageQuery,
  DeploymentParams,
  DeploymentPlanDto,
  DeploymentRequestDto,
  DryRunQuery,
  RollbackRequestDto,
} from './deployment.dto.ts';
import type { Deployment } from './deployment.entity.ts';
import { type DeploymentPlan, DeploymentPlanner } from './deployment.planner.ts';
import { DeploymentProgress } from './deployment.progress.ts';
import { DeploymentService, type StartedDeployment } from './deployment.service.ts';

interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
}

const LOCATION = {
  Location: { description: 'Where the deployment can be watched.', schema: { type: 'string' } },
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

  /** Sends content types to a platform; answers at once, with the address at which it can be watched. */
  @Post()
  @BodyLimit(ITEMS_BODY)
  @HttpCode(202)
  @Idempotent()
  @ApiResponse({ status: 202, type: DeploymentDto, headers: LOCATION, description: 'It has begun.' })
  @ApiResponse({
    status: 200,
    description: 'With `dryRun`: the plan.',
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

  /** Shows a deployment with its items, while it runs and after. */
  @Get(':id')
  async get(@Param() { id }: DeploymentParams): Promise<DeploymentDetailDto> {
    const { deployment } = await this.deployments.get(id);
    return { ...deploymentDto(deployment), ...(await this.progress.of(id)) };
  }

  /** Tells what a rollback would send, and how that differs from what is live; changes nothing. */
  @Get(':id/rollback')
  async planRollback(@Param() { id }: DeploymentParams): Promise<DeploymentPlanDto> {
    return this.planDto(await this.deployments.planRollback(id));
  }

  /** Deploys, as a new deployment, the version of each item that was live before; answers at once. */
  @Post(':id/rollback')
  @HttpCode(202)
  @Idempotent()
  @ApiResponse({ status: 202, type: DeploymentDto, headers: LOCATION, description: 'It has begun.' })
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
      items: changes.map(({ item: { kind, typeKey, versionHash, previousHash }, diff }) => ({
        ...{ kind, typeKey, versionHash, previousHash },
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
    reason: deployment.reason ?? null,
    rollbackOf: deployment.rollbackOf ?? null,
    errorCode: deployment.errorCode ?? null,
    errorMessage: deployment.errorMessage ?? null,
    completedAt: deployment.completedAt ?? null,
  };
}
