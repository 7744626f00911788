import { Module, type DynamicModule } from '@nestjs/common';
import { OptimizelyAdapter } from './optimizely.adapter.ts';
import { OPTIMIZELY_ENVIRONMENTS, OptimizelyApiClient } from './optimizely.client.ts';
import type { OptimizelyEnvironment } from './optimizely.config.ts';

/** Optimizely CMS as a platform, with the environments it may reach. */
@Module({})
export class OptimizelyModule {
  static forRoot(environments: OptimizelyEnvironment[]): DynamicModule {
    return {
      module: OptimizelyModule,
      providers: [{ provide: OPTIMIZELY_ENVIRONMENTS, useValue: environments }, OptimizelyApiClient, OptimizelyAdapter],
      exports: [OptimizelyApiClient, OptimizelyAdapter],
    };
  }
}
