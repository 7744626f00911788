/** Syncs that other systems run; refuses to change a sync of this service. */
export { OutsideController } from './external.controller.ts';
export { OutsideService } from './external.service.ts';
