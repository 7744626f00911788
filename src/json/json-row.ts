/** A member of an object by the type of its column. Times must come as text in ISO 8601. */
export interface RowMember {
  name: string;
  type: string;
}

/** A row of a database as its driver gets it: the text of each column. */
export type TextRow = (string | null)[];

/** Types whose text is their JSON. */
const WRITTEN = new Set(['json', 'smallint', 'integer']);

/** Writes rows as JSON objects of these members, without making objects of them. */
export function rowWriter(members: RowMember[]): (row: TextRow) => string {
  const heads = members.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const writers = members.map(({ type }) => writerOf(type));
  return (row) => {
    let text = '';
    for (let index = 0; index < heads.length; index += 1) {
      const value = row[index]!;
      text += heads[index]! + (value === null ? 'null' : writers[index]!(value));
    }
    return `${text}}`;
  };
}

function writerOf(type: string): (value: string) => string {
  if (WRITTEN.has(type)) return (value) => value;
  if (type === 'boolean') return (value) => (value === 't' ? 'true' : 'false');
  return (value) => JSON.stringify(value);
}
