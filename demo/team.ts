import { verify } from './demo.errors.ts';
import { type Promised, settled } from './deploying.ts';
import type { Note } from './progress.ts';
import { RefusedError } from './json-http.ts';
import type {
  DeploymentRequest,
  Plan,
  PlannedDeployment,
  PlanRequest,
  Problem,
  PullResult,
  RollbackRequest,
  ServiceApi,
  TypeRef,
} from './service-api.ts';
import { countedKinds } from './terminal-text.ts';

/** What was done, for holding the history against it. */
export interface Story {
  /** Before anything was. */
  startedAt: Date;
  deploymentIds: string[];
  pulls: PullResult[];
}

/** People who work with SyncTrail. Each method throws where the product does not do as promised. */
export class Team {
  readonly story: Story;

  constructor(
    private readonly service: ServiceApi,
    startedAt: Date,
  ) {
    this.story = { startedAt, deploymentIds: [], pulls: [] };
  }

  async takeIn(manifest: object, actor: string, reason: string): Promise<string> {
    const { items, created } = await this.service.importManifest(manifest, actor, reason);
    return `${countedKinds(items)}; ${created} new versions`;
  }

  /** Takes changed definitions in, checks what the plan says of each, and answers with the request to deploy them. */
  async change(
    manifest: object,
    { actor, reason }: { actor: string; reason: string },
    impacts: Record<string, string>,
  ): Promise<DeploymentRequest> {
    const { items } = await this.service.importManifest(manifest, actor, reason);
    const request = { actor, reason, items: items.map(({ kind, typeKey }): TypeRef => ({ kind, typeKey })) };
    const plan = await this.service.draft(request);
    const planned = Object.fromEntries(plan.items.map(({ typeKey, impact }) => [typeKey, impact]));
    verify(`The impact that the plan for "${reason}" tells`, planned, impacts);
    return request;
  }

  async deploy(request: DeploymentRequest, promised: Promised, note: Note): Promise<string> {
    return this.follow(await this.service.deploy(request), promised, note);
  }

  /** `expected` is what the plan must come to: "+1 ~2 −0, 0 breaking". */
  async plan(request: PlanRequest, expected: string): Promise<Plan> {
    const plan = await this.service.plan(request);
    verify(`The plan for "${request.reason}"`, planText(plan), expected);
    return plan;
  }

  async deployPlan(request: PlannedDeployment, promised: Promised, note: Note): Promise<string> {
    return this.follow(await this.service.deployPlan(request), { ...promised, verified: true }, note);
  }

  /** Begins the deployment of a plan, and leaves it to itself. */
  async beginPlan(request: PlannedDeployment): Promise<{ id: string }> {
    const begun = await this.service.deployPlan(request);
    this.story.deploymentIds.push(begun.id);
    return begun;
  }

  async rollBack(deploymentId: string, request: RollbackRequest, promised: Promised, note: Note): Promise<string> {
    return this.follow(await this.service.rollBack(deploymentId, request), promised, note);
  }

  /** `expected` is what the pull must find of the types that are not as in the catalogue: `different`, `missing`. */
  async pull(actor: string, reason: string, expected: Record<string, string>): Promise<string> {
    const pulled = await this.service.pull(actor, reason);
    this.story.pulls.push(pulled);
    const others = pulled.items.filter(({ state }) => state !== 'same');
    verify('What the pull finds', Object.fromEntries(others.map(({ typeKey, state }) => [typeKey, state])), expected);
    const same = `${pulled.items.length - others.length} of ${pulled.items.length} as we left them`;
    return [same, ...(await Promise.all(others.map((item) => this.difference(item))))].join('; ');
  }

  /** Makes what somebody edited on the CMS the latest version. */
  async adopt(typeKey: string, request: { actor: string; reason: string }): Promise<string> {
    const { adopted } = await this.service.adopt({ ...request, items: [{ kind: 'contentType', typeKey }] });
    verify(
      'What was adopted',
      adopted.map((version) => version.typeKey),
      [typeKey],
    );
    return adopted.map((version) => `${version.typeKey} is version ${version.number}`).join(', ');
  }

  /** Holds a request against the code with which it must be refused, and answers with the problem. */
  async refused(what: string, request: Promise<unknown>, code: string): Promise<Problem> {
    const answer: unknown = await request.catch((error: unknown) => error);
    if (answer instanceof Error && !(answer instanceof RefusedError)) throw answer;
    const problem = (answer instanceof RefusedError ? answer.problem : null) as Problem | null;
    verify(`The code with which ${what} is refused`, problem?.code, code);
    return problem!;
  }

  private follow({ id }: { id: string }, promised: Promised, note: Note): Promise<string> {
    this.story.deploymentIds.push(id);
    return settled(this.service, id, promised, note);
  }

  private async difference({ typeKey, state, syncId, latestHash }: PullResult['items'][number]): Promise<string> {
    if (state === 'missing') return `${typeKey}: deleted`;
    const { added, modified, removed } = await this.service.compare(syncId!, latestHash!);
    const paths = { added, modified, removed };
    const changes = Object.entries(paths).flatMap(([change, places]) => places.map(({ path }) => `${change} ${path}`));
    return `${typeKey}: ${changes.join(', ')}`;
  }
}

/** "+1 ~2 −0, 0 breaking". */
export function planText({ counts }: Plan): string {
  return `+${counts.create} ~${counts.update} −${counts.delete}, ${counts.breaking} breaking`;
}
