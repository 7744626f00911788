import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { PlatformRegistry } from './platform.registry.ts';

@Global()
@Module({ imports: [DiscoveryModule], providers: [PlatformRegistry], exports: [PlatformRegistry] })
export class PlatformModule {}
