/** The sign-in of the dashboard, and who makes a request; refuses a key, a token and a session that are not valid. */
export { CallerAuthenticator } from './caller.authenticator.ts';
export { sessionKeyOf } from './session.ts';
export { SessionModule } from './session.module.ts';
