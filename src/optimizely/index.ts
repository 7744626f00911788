/** Optimizely CMS as a platform, and a simulated one; refuses built-in types and redirects. */
export type { ApiAnswer } from './optimizely-connection.ts';
export type { Manifest, OptimizelyKind, Section } from './manifest.ts';
export { OptimizelyAdapter } from './optimizely.adapter.ts';
export { OptimizelyApiClient, type WriteOptions } from './optimizely.client.ts';
export { OptimizelyEnvironment, optimizelyEnvironments } from './optimizely.config.ts';
export { OptimizelyModule } from './optimizely.module.ts';
export { OPTIMIZELY_MODEL } from './optimizely.model.ts';
