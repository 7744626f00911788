/** What a pull says of the items at a target; refuses to speak of an item that was being pushed. */
export { ObservedVersions } from './observed-versions.ts';
export { PulledVersions } from './pulled-versions.ts';
export { PullObservations } from './pull-observations.ts';
