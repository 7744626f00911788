import { definitionChecks } from './checks/definition-checks.ts';
import { failureChecks } from './checks/failure-checks.ts';
import { hostileAnswerChecks } from './checks/hostile-answer-checks.ts';
import { modelChecks } from './checks/model-checks.ts';
import { permitChecks } from './checks/permit-checks.ts';
import { pullChecks } from './checks/pull-checks.ts';
import { pushChecks } from './checks/push-checks.ts';
import { removalChecks } from './checks/removal-checks.ts';
import { secretChecks } from './checks/secret-checks.ts';
import { ConformanceApp } from './conformance-app.ts';
import type { PlatformHarness } from './platform-harness.ts';

/**
 * What any adapter must do, whatever its platform: against a real HTTP server in the platform's place, recorded in a real
 * PostgreSQL. A new platform brings a harness and passes.
 */
export function behavesLikeAPlatform(makeHarness: () => PlatformHarness): void {
  const harness = makeHarness();
  let app: ConformanceApp | undefined;
  const running = () => app!;

  beforeAll(async () => {
    app = await ConformanceApp.start(harness);
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    running().platform.received.length = 0;
    running().platform.answers = [];
  });

  definitionChecks(running, harness);
  modelChecks(running, harness);
  pushChecks(running, harness);
  permitChecks(running, harness);
  failureChecks(running, harness);
  hostileAnswerChecks(running, harness);
  pullChecks(running, harness);
  removalChecks(running, harness);
  secretChecks(running, harness);
}
