/** What the OpenAPI document says of the values that a rule takes. */
export interface DocumentedRule {
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
}

/**
 * Where the Swagger module keeps what is known of members, and their names. `ApiProperty` would also say that a list of an enum
 * is any list.
 */
const OF_MEMBERS = 'swagger/apiModelProperties';
const NAMES = 'swagger/apiModelPropertiesArray';

/** Shows a rule in the OpenAPI document: the Swagger plugin knows only those of class-validator. Rules of texts are of each in a list. */
export const Documented =
  (rule: DocumentedRule): PropertyDecorator =>
  (target, member) => {
    const known = Reflect.getOwnMetadata(OF_MEMBERS, target, member) as object | undefined;
    Reflect.defineMetadata(OF_MEMBERS, { ...known, ...rule }, target, member);
    // `PickType` and the like take along the members that are named; of a list of an enum they would lose the enum.
    if (isOnlyOfList(rule)) return;
    const names = (Reflect.getMetadata(NAMES, target) ?? []) as string[];
    Reflect.defineMetadata(NAMES, [...new Set([...names, `:${String(member)}`])], target);
  };

function isOnlyOfList(rule: DocumentedRule): boolean {
  return Object.keys(rule).every((name) => name === 'minItems' || name === 'maxItems');
}
