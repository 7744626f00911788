import { Text } from '@mantine/core';
import { formatCounted } from './format.ts';
import classes from './change-list.module.css';

export interface Change {
  /** RFC 6901. */
  path: string;
  before?: unknown;
  after?: unknown;
  /** What the change means to content that exists. */
  impact?: string;
}

const MOST = 500;

interface Props {
  changes: Change[];
  /** How many more there are that an answer does not hold. */
  omitted: number;
  /** Where all of them are, as a file. */
  file: string;
}

/** What changed, by path: what was there before and what is there now. */
export function ChangeList({ changes, omitted, file }: Props) {
  const hidden = Math.max(0, changes.length - MOST) + omitted;
  if (changes.length === 0 && omitted === 0) return <Text size="sm">There are no differences.</Text>;
  return (
    <>
      <ul className={classes.list} tabIndex={0} aria-label="Changes">
        {changes.slice(0, MOST).map(({ path, before, after, impact }) => (
          <li key={path} className={classes.change}>
            <div className={classes.path}>
              {path || '(everything)'}
              {impact && impact !== 'none' && (
                <span className={classes.impact} data-impact={impact}>
                  {impact}
                </span>
              )}
            </div>
            {before !== undefined && <Value sign="−" name="removed" value={before} />}
            {after !== undefined && <Value sign="+" name="added" value={after} />}
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <Text size="sm" mt="xs">
          {formatCounted(hidden, 'change')} too large to show.{' '}
          <a href={file} download>
            Download all changes
          </a>
        </Text>
      )}
    </>
  );
}

function Value({ sign, name, value }: { sign: string; name: 'added' | 'removed'; value: unknown }) {
  return (
    <div className={classes.value} data-change={name}>
      <span aria-label={name}>{sign}</span>
      <code>{JSON.stringify(value, null, typeof value === 'object' ? 2 : undefined)}</code>
    </div>
  );
}
