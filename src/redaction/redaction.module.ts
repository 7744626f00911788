import { Global, Module } from '@nestjs/common';
import { Redaction } from './redaction.ts';

/** Needs a MikroORM connection, where no key is given. */
@Global()
@Module({ providers: [Redaction], exports: [Redaction] })
export class RedactionModule {}
