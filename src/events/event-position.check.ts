import type { FsckDatabase, Finding } from '#database';
import { POSITIONS_SINCE } from '#recording';

/** Positions count from 1, or from what retention dropped, without a gap or a repetition to the last that was given. */
export async function* checkPositions(database: FsckDatabase): AsyncGenerator<Finding> {
  const broken = database.rows<{ id: string; position: string; previous: string }>(`
    select id, position, previous from (
      select id, position, 
        lag(position, 1, ${POSITIONS_SINCE}) over (order by position) as previous
      from sync_event ) e
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
}
