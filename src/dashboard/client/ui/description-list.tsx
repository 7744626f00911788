import { Fragment, type ReactNode } from 'react';
import classes from './description-list.module.css';

/** Names and values; what has no value is left out. */
export function DescriptionList({ of }: { of: Record<string, ReactNode> }) {
  return (
    <dl className={classes.facts}>
      {Object.entries(of).map(
        ([name, value]) =>
          value !== null &&
          value !== undefined &&
          value !== '' &&
          value !== false && (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </Fragment>
          ),
      )}
    </dl>
  );
}
