/** API keys: made, listed, revoked and asked for; refuses a key that is malformed, unknown, expired or revoked. */
export { type ApiKey, ApiKeys, type NewApiKey } from './api-keys.ts';
export { isKeyShaped } from './key-text.ts';
export { KeyAuthenticator } from './key.authenticator.ts';
export { KeyParams, KeyRequestDto, KeyRevocationDto } from './key.dto.ts';
export { GrantNotHeldError, KeyNameTakenError, KeyNotFoundError } from './keys.errors.ts';
export { KeysModule } from './keys.module.ts';
