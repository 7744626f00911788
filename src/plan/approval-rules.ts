import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { PlatformRegistry, type Target } from '#platform';
import { ApprovalRequiredError } from './plan.errors.ts';

/** When a target needs a second person. */
export interface ApprovalTarget extends Target {
  /** Only for plans that may lose data. */
  onlyBreaking: boolean;
}

export interface PlanSettings {
  approvalTargets: ApprovalTarget[];
  /** Milliseconds that a plan is valid. */
  planValidMs: number;
}

export const PLAN_SETTINGS = Symbol('PLAN_SETTINGS');

/** Says which targets need a second person, and when. */
@Injectable()
export class ApprovalRules implements OnApplicationBootstrap {
  constructor(
    @Inject(PLAN_SETTINGS) private readonly settings: PlanSettings,
    private readonly platforms: PlatformRegistry,
  ) {}

  /** A target that is misspelt would need nobody: the service does not start with one. */
  onApplicationBootstrap(): void {
    for (const target of this.settings.approvalTargets) {
      try {
        this.platforms.at(target);
      } catch (error) {
        throw new Error(`APPROVAL_TARGETS names a target that does not exist. ${(error as Error).message}`, {
          cause: error,
        });
      }
    }
  }

  isNeeded(target: Target, mayLoseData: boolean): boolean {
    const rule = this.of(target);
    return rule !== undefined && (!rule.onlyBreaking || mayLoseData);
  }

  /** Throws {@link ApprovalRequiredError} where nothing may be sent without a plan. */
  assertNoPlanNeeded(target: Target): void {
    if (this.of(target)) throw new ApprovalRequiredError(target);
  }

  private of({ platform, environment }: Target): ApprovalTarget | undefined {
    return this.settings.approvalTargets.find((one) => one.platform === platform && one.environment === environment);
  }
}

const APPROVAL_TARGET = /^([^/\s]+)\/([^/\s]+?)(:breaking)?$/;

/** Reads `optimizely/production,optimizely/staging:breaking`; undefined where that cannot be read. */
export function readApprovalTargets(text = ''): ApprovalTarget[] | undefined {
  const parts = text.split(',').filter((part) => part.trim() !== '');
  const targets = parts.flatMap((part) => {
    const [, platform, environment, onlyBreaking] = APPROVAL_TARGET.exec(part.trim()) ?? [];
    return platform && environment ? [{ platform, environment, onlyBreaking: onlyBreaking !== undefined }] : [];
  });
  return targets.length === parts.length ? targets : undefined;
}
