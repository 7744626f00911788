/** The contract of a platform and the registry of those that are installed; refuses targets that do not exist. */
export { Platform, PLATFORM, platformOf } from './platform.decorator.ts';
export {
  PlatformError,
  type PlatformFailure,
  PlatformRequiredError,
  UnknownEnvironmentError,
  UnknownPlatformError,
} from './platform.errors.ts';
export { DEFAULT_MODEL } from './default-model.ts';
export type {
  DefinitionChange,
  ExportContent,
  ExportedItem,
  ExportProblem,
  Impact,
  ItemRef,
  PlatformModel,
} from './platform.model.ts';
export { namedMembers, type UnknownMembers, unknownMembers } from './unknown-members.ts';
export { PlatformModule } from './platform.module.ts';
export { PlatformRegistry } from './platform.registry.ts';
export {
  type ContentType,
  DEFAULT_ENVIRONMENT,
  DEFAULT_KIND,
  type Destination,
  type FinalStatus,
  type Outcome,
  type RecordedCall,
  type RecordedCaller,
  type RecordedItem,
  FINAL_STATUSES,
  itemRef,
  OUTCOMES,
  type PlatformAdapter,
  type PlatformEnvironment,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncCall,
  type SyncContext,
  type SyncFailure,
  type SyncItem,
  type Target,
  type Trigger,
  TRIGGERS,
} from './platform.adapter.ts';
