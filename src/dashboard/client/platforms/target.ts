import type { Schemas } from '../api/client.ts';

export type TargetHealth = Schemas['TargetHealthDto'];

/** The target that the page is about; all targets where it names none. */
export interface ChosenTarget {
  platform?: string;
  environment?: string;
}
