export {
  DEFAULT_ENVIRONMENT,
  DEFAULT_KIND,
  OUTCOMES,
  TRIGGERS,
  type ContentType,
  type Outcome,
  type PlatformAdapter,
  type SyncAnswer,
  type SyncAnswerItem,
  type SyncCall,
  type SyncContext,
  type SyncFailure,
  type SyncItem,
  type Target,
  type Trigger,
} from './platform.adapter.ts';
export { Platform, PLATFORM, platformOf } from './platform.decorator.ts';
export {
  PlatformError,
  UnknownEnvironmentError,
  UnknownPlatformError,
  type PlatformFailure,
} from './platform.errors.ts';
export { PlatformModule } from './platform.module.ts';
export { PlatformRegistry } from './platform.registry.ts';
