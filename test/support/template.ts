/** The migrated database that test files copy. */
export const TEMPLATE = 'synctrail_template';
