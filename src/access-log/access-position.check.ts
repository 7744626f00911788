import type { FsckDatabase, Finding } from '#database';

/** Positions count from what retention has dropped, without a gap, to the last that was given; times rise with them. */
export async function* checkAccessPositions(database: FsckDatabase): AsyncGenerator<Finding> {
  const head = await database.row<{ last: string; dropped: string } | undefined>(
    'select last, dropped from access_position',
  );
  if (!head) {
    yield { rule: 'access.position', subject: 'access_position', problem: 'the row that gives positions is missing' };
    return;
  }
  const broken = database.rows<{ position: string; previous: string; falls: boolean }>(`
    select position, previous, falls from (
      select position, lag(position, 1, (select dropped from access_position)) over (order by position) as previous,
        created_at < lag(created_at) over (order by position) as falls
      from access_event ) e
    where position <> previous + 1 or falls`);
  for await (const { position, previous, falls } of broken) {
    const problem = falls ? `its time is before that of ${previous}` : `it comes after ${previous}`;
    yield { rule: 'access.position', subject: `access event ${position}`, problem };
  }
  const { highest } = await database.row<{ highest: string }>(
    'select coalesce((select max(position) from access_event), (select dropped from access_position)) as highest',
  );
  if (highest !== head.last) {
    const problem = `the last position given is ${head.last}, the highest ${highest}`;
    yield { rule: 'access.position', subject: 'access_position', problem };
  }
}
