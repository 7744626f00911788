export { PullModule } from './pull.module.ts';
export { type PulledItem, PullService } from './pull.service.ts';
