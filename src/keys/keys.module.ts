import { Global, Module } from '@nestjs/common';
import { KeyController } from './key.controller.ts';
import { KeyAuthenticator } from './key.authenticator.ts';
import { ApiKeys } from './api-keys.ts';
import { ExistingKeys } from './existing-keys.ts';

/** API keys; needs DatabaseModule. */
@Global()
@Module({
  controllers: [KeyController],
  providers: [ApiKeys, KeyAuthenticator, ExistingKeys],
  exports: [ApiKeys, KeyAuthenticator],
})
export class KeysModule {}
