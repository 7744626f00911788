import type { FsckDatabase, Finding } from '#database';
import { POSITIONS_SINCE } from '#recording';

/** A committed event has its position within a second; a busy moment may take longer. */
const GRACE = `interval '5 seconds'`;

/** Positions count from 1, or from what retention dropped, without a gap or a repetition to the last that was given. */
export async function* checkPositions(database: FsckDatabase): AsyncGenerator<Finding> {
  const broken = database.rows<{ id: string; position: string; previous: string }>(`
    select id, position, previous from (
      select id, position, 
        lag(position, 1, ${POSITIONS_SINCE}) over (order by position) as previous
      from sync_event where position is not null) e
    where position = previous or position > ${POSITIONS_SINCE} and position <> greatest(previous, ${POSITIONS_SINCE}) + 1`);
  for await (const { id, position, previous } of broken) {
    yield {
      rule: 'event.position',
      subject: `event ${id}`,
      problem: `its position ${position} comes after ${previous}`,
    };
  }
  const { highest, last } = await database.row<{ highest: string; last: string | null }>(
    `select coalesce(max(position), ${POSITIONS_SINCE}) as highest, (select max(last) from event_position) as last from sync_event`,
  );
  if (highest !== last) {
    const problem = `the last position given is ${last ?? 'not known'}, the highest ${highest}`;
    yield { rule: 'event.position', subject: 'event_position', problem };
  }
  const forgotten = database.rows<{ id: string }>(
    `select id from sync_event where position is null and created_at < now() - ${GRACE}`,
  );
  for await (const { id } of forgotten) {
    yield { rule: 'event.position', subject: `event ${id}`, problem: 'it has no position for more than 5 s' };
  }
}
