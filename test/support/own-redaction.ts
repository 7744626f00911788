import type { EntityManager } from '@mikro-orm/core';
import { Redaction } from '#redaction';

/** A key that is given is not read from a database. */
const NO_DATABASE = undefined as unknown as EntityManager;

/** The redaction of an application that has no database. */
export const OWN_REDACTION = {
  provide: Redaction,
  useFactory: () => new Redaction(NO_DATABASE, { key: 'k'.repeat(32) }),
};
