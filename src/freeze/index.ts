/** When nothing may be sent to a target, and why; refuses an interval without an end. */
export { FreezeController } from './freeze.controller.ts';
export { TargetFrozenError } from './freeze.errors.ts';
export { FreezeModule } from './freeze.module.ts';
export { type Freeze, Freezes, isFrozen } from './freezes.ts';
