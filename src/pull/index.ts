/** Reads a platform and compares it with our versions; refuses targets that do not exist. */
export { Adopter, type AdoptionRequest, type AdoptionResult } from './adopter.ts';
export { PullModule } from './pull.module.ts';
export { differencesOf, type PulledItem, PullService } from './pull.service.ts';
