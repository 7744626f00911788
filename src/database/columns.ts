/**
 * The columns of a table under the names of its entity, for statements that read many rows: to have the ORM make
 * entities of them costs many times what the query does. Times come as dates with `DRIVER_TYPES`.
 */
export function columnsOf(properties: object, alias: string): string {
  return Object.keys(properties)
    .map((name) => `${alias}.${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} as "${name}"`)
    .join(', ');
}
