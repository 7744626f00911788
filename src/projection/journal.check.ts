import type { Finding, FsckDatabase } from '#database';

/** A busy moment may take longer than usual; a service that does not run projects nothing. */
const GRACE = `interval '10 seconds'`;

/** What was appended is projected, and the tables refused nothing. */
export async function* checkJournal(database: FsckDatabase): AsyncGenerator<Finding> {
  const behind = database.rows<{ writer: string; number: string }>(`
    select j.writer, j.number from sync_journal j left join journal_writer w using (writer)
    where j.number > coalesce(w.projected, 0) and j.written_at < now() - ${GRACE}`);
  for await (const { writer, number } of behind) {
    const problem = 'it is not projected; start the service to project it';
    yield { rule: 'journal.behind', subject: `entry ${number} of ${writer}`, problem };
  }
  const refused = database.rows<{ writer: string; number: string; ordinal: number; problem: string }>(
    'select writer, number, ordinal, problem from journal_refusal',
  );
  for await (const { writer, number, ordinal, problem } of refused) {
    yield { rule: 'journal.refused', subject: `step ${ordinal} of entry ${number} of ${writer}`, problem };
  }
}
