import { type DynamicModule, Module } from '@nestjs/common';
import { Issuer } from './issuer.ts';
import { IssuerSignIn } from './issuer-sign-in.ts';
import { ISSUER_OPTIONS, type IssuerOptions } from './issuer.options.ts';
import { TokenAuthenticator } from './token.authenticator.ts';

/** Callers of an OpenID Connect issuer, where one is configured. */
@Module({})
export class OidcModule {
  static forRoot(options: IssuerOptions | undefined): DynamicModule {
    const providers = [
      ...(options ? [Issuer, { provide: ISSUER_OPTIONS, useValue: options }] : []),
      ...(options?.audience === undefined ? [] : [TokenAuthenticator]),
      ...(options?.client ? [IssuerSignIn] : []),
    ];
    return { module: OidcModule, global: true, providers, exports: providers };
  }
}
