import { Link } from 'wouter';
import { searchOf } from '../history/filter.ts';

/** To the pulls that read the platform back. */
export function ReadBackLink({ callId }: { callId: string }) {
  return <Link href={`/?${searchOf({ callId: [callId] })}`}>Show the read-back</Link>;
}
