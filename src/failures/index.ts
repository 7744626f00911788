/** Errors that are alike, patterns among them and what may be behind them; refuses unknown fingerprints. */
export type { Suspect } from './suspects.ts';
export { FailuresModule } from './failures.module.ts';
export { UnknownFingerprintError } from './failures.errors.ts';
export { detectFailures } from './detect-failures.ts';
export { FINGERPRINT_STATES, type FingerprintState } from './failures.dto.ts';
export { type ErrorFingerprint, FailurePatternService } from './failure-pattern.service.ts';
export { type FailureShape, SHAPES } from './failures.dto.ts';
export { type FailurePattern, type SettledSync } from './failure-patterns.ts';
