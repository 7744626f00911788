export { OutsideController } from './external.controller.ts';
export { OutsideService } from './external.service.ts';
