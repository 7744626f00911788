import { Migration0001Snapshot } from './Migration0001Snapshot.ts';
import { Migration0002Versioning } from './Migration0002Versioning.ts';
import { Migration0003Tracking } from './Migration0003Tracking.ts';
import { Migration0004Deployment } from './Migration0004Deployment.ts';
import { Migration0005Heartbeat } from './Migration0005Heartbeat.ts';
import { Migration0006EventPosition } from './Migration0006EventPosition.ts';
import { Migration0007DeploymentOwner } from './Migration0007DeploymentOwner.ts';
import { Migration0008Idempotency } from './Migration0008Idempotency.ts';
import { Migration0009History } from './Migration0009History.ts';
import { Migration0010Stats } from './Migration0010Stats.ts';
import { Migration0011Failures } from './Migration0011Failures.ts';
import { Migration0012HealthReport } from './Migration0012HealthReport.ts';
import { Migration0013LiveAndRanges } from './Migration0013LiveAndRanges.ts';
import { Migration0014Alert } from './Migration0014Alert.ts';
import { Migration0015ReportConclusion } from './Migration0015ReportConclusion.ts';
import { Migration0016OnePlan } from './Migration0016OnePlan.ts';
import { Migration0017ReplayOf } from './Migration0017ReplayOf.ts';
import { Migration0018EventEpoch } from './Migration0018EventEpoch.ts';
import { Migration0020AlertTest } from './Migration0020AlertTest.ts';
import { Migration0022ExternalSyncs } from './Migration0022ExternalSyncs.ts';
import { Migration0023CataloguePerPlatform } from './Migration0023CataloguePerPlatform.ts';
import { Migration0024Outcome } from './Migration0024Outcome.ts';
import { Migration0025Skipped } from './Migration0025Skipped.ts';
import { Migration0026OpenOutcome } from './Migration0026OpenOutcome.ts';
import { Migration0027Destination } from './Migration0027Destination.ts';
import { Migration0028OutcomesAndDrift } from './Migration0028OutcomesAndDrift.ts';
import { Migration0029DriftRule } from './Migration0029DriftRule.ts';
import { Migration0030CommitVersion } from './Migration0030CommitVersion.ts';
import { Migration0031Journal } from './Migration0031Journal.ts';
import { Migration0032FewerDimensions } from './Migration0032FewerDimensions.ts';
import { Migration0033SmallVersions } from './Migration0033SmallVersions.ts';
import { Migration0034RareValues } from './Migration0034RareValues.ts';
import { Migration0035SmallerEventIndex } from './Migration0035SmallerEventIndex.ts';
import { Migration0036DeploymentQueue } from './Migration0036DeploymentQueue.ts';
import { Migration0037Plan } from './Migration0037Plan.ts';
import { Migration0038ManyVersions } from './Migration0038ManyVersions.ts';
import { Migration0039Freeze } from './Migration0039Freeze.ts';
import { Migration0040RemovalAndPromotion } from './Migration0040RemovalAndPromotion.ts';
import { Migration0041Watch } from './Migration0041Watch.ts';
import { Migration0042Expectation } from './Migration0042Expectation.ts';
import { Migration0043LabelledDeployments } from './Migration0043LabelledDeployments.ts';
import { Migration0044ServiceRole } from './Migration0044ServiceRole.ts';
import { Migration0045Redaction } from './Migration0045Redaction.ts';
import { Migration0047ApiKey } from './Migration0047ApiKey.ts';
import { Migration0048Caller } from './Migration0048Caller.ts';
import { Migration0049DeploymentCaller } from './Migration0049DeploymentCaller.ts';
import { Migration0050AccessLog } from './Migration0050AccessLog.ts';
import { Migration0051Maker } from './Migration0051Maker.ts';
export { OWNERS_FUNCTIONS, SERVICE_RIGHTS } from './service-rights.ts';

/** What recording needs: snapshots, versions, syncs. */
export const recordingMigrations = [
  Migration0001Snapshot,
  Migration0002Versioning,
  Migration0003Tracking,
  Migration0005Heartbeat,
  Migration0006EventPosition,
  Migration0008Idempotency,
  Migration0009History,
  Migration0013LiveAndRanges,
  Migration0016OnePlan,
  Migration0017ReplayOf,
  Migration0018EventEpoch,
  Migration0022ExternalSyncs,
  Migration0023CataloguePerPlatform,
  Migration0024Outcome,
  Migration0026OpenOutcome,
  Migration0027Destination,
  Migration0029DriftRule,
  Migration0030CommitVersion,
  Migration0031Journal,
  Migration0033SmallVersions,
  Migration0034RareValues,
  Migration0035SmallerEventIndex,
  Migration0038ManyVersions,
  Migration0040RemovalAndPromotion,
  Migration0043LabelledDeployments,
  Migration0044ServiceRole,
  Migration0045Redaction,
  Migration0048Caller,
  Migration0050AccessLog,
];

/** Everything the service needs, in order. */
export const migrations = [
  Migration0001Snapshot,
  Migration0002Versioning,
  Migration0003Tracking,
  Migration0004Deployment,
  Migration0005Heartbeat,
  Migration0006EventPosition,
  Migration0007DeploymentOwner,
  Migration0008Idempotency,
  Migration0009History,
  Migration0010Stats,
  Migration0011Failures,
  Migration0012HealthReport,
  Migration0013LiveAndRanges,
  Migration0014Alert,
  Migration0015ReportConclusion,
  Migration0016OnePlan,
  Migration0017ReplayOf,
  Migration0018EventEpoch,
  Migration0020AlertTest,
  Migration0022ExternalSyncs,
  Migration0023CataloguePerPlatform,
  Migration0024Outcome,
  Migration0025Skipped,
  Migration0026OpenOutcome,
  Migration0027Destination,
  Migration0028OutcomesAndDrift,
  Migration0029DriftRule,
  Migration0030CommitVersion,
  Migration0031Journal,
  Migration0032FewerDimensions,
  Migration0033SmallVersions,
  Migration0034RareValues,
  Migration0035SmallerEventIndex,
  Migration0036DeploymentQueue,
  Migration0037Plan,
  Migration0038ManyVersions,
  Migration0039Freeze,
  Migration0040RemovalAndPromotion,
  Migration0041Watch,
  Migration0042Expectation,
  Migration0043LabelledDeployments,
  Migration0044ServiceRole,
  Migration0045Redaction,
  Migration0047ApiKey,
  Migration0048Caller,
  Migration0049DeploymentCaller,
  Migration0050AccessLog,
  Migration0051Maker,
];
