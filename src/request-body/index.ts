/** Reads the bodies of requests; refuses what is too large, too deep or no JSON before anything validates it. */
export { BodyBudget } from './body-budget.ts';
export { BodyIntake } from './body-intake.ts';
export { BodyLimit, ITEMS_BODY, SNAPSHOT_BODY, SNAPSHOTS_BODY } from './body-limit.decorator.ts';
export { installContinue, installLinger } from './unread-body.ts';
export { parseBody } from './json-body.ts';
