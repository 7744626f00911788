import { Global, Module } from '@nestjs/common';
import { FreezeController } from './freeze.controller.ts';
import { Freezes } from './freezes.ts';

/** Freezes; needs TrackingModule. */
@Global()
@Module({ controllers: [FreezeController], providers: [Freezes], exports: [Freezes] })
export class FreezeModule {}
