import type { ReactNode } from 'react';
import classes from './tag.module.css';

interface Props {
  tone: 'good' | 'bad' | 'caution' | 'quiet';
  /** What it means, on hover and for screen readers. */
  title: string;
  children: ReactNode;
}

/** A small word about something, beside its status. */
export function Tag({ tone, title, children }: Props) {
  return (
    <span className={classes.tag} data-tone={tone} title={title}>
      {children}
    </span>
  );
}
