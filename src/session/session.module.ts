import { Module } from '@nestjs/common';
import { CallerAuthenticator } from './caller.authenticator.ts';
import { SignInController } from './sign-in.controller.ts';
import { SessionController } from './session.controller.ts';

/** The sign-in of the dashboard; needs KeysModule, OidcModule and RateLimitModule. */
@Module({
  controllers: [SessionController, SignInController],
  providers: [CallerAuthenticator],
  exports: [CallerAuthenticator],
})
export class SessionModule {}
