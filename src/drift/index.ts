/** Which changes on a platform are expected, until when and why; refuses a rule without an end. */
export { AcceptedDrift, type DriftedItem } from './accepted-drift.ts';
export { DriftController } from './drift.controller.ts';
export { type DriftRule, DriftRules } from './drift-rules.ts';
