import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { closingWords } from './closing-words.ts';
import { failureText, Interrupted } from './demo.errors.ts';
import { historyTable } from './history-table.ts';
import { endLeftovers } from './leftovers.ts';
import { Progress } from './progress.ts';
import { attemptsIn, readRecordedCalls, type RecordedCall } from './recorded-calls.ts';
import { Stage } from './stage.ts';
import { Team } from './team.ts';
import { tellStory } from './story/story.ts';

/** The end of a child is told a little later than its connections break. */
const AFTERMATH_MS = 200;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the exit code, once everything it started has ended. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
  const stop = new AbortController();
  for (const signal of SIGNALS) process.on(signal, () => stop.abort(new Interrupted(signal)));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => stop.abort(new Interrupted('SIGPIPE')));
  }
  const progress = new Progress();
  const stage = new Stage(stop, progress);
  let isUp = false;
  console.log(
    'SyncTrail deploys the content model of an outdoor shop to two environments of a simulated CMS, all over HTTP.\n',
  );
  try {
    const { service, cms } = await stage.set();
    await endLeftovers(service, cms, progress);
    const team = new Team(service, new Date());
    await tellStory({ team, service, cms, stage, progress });
    let calls: RecordedCall[] = [];
    await progress.step("Compare with the CMS's own journal", async () => {
      calls = await readRecordedCalls(service, cms, team.story);
      return `${attemptsIn(calls.map(({ syncs }) => syncs))} requests of ours, and all stand in the history`;
    });
    console.log(`\n${historyTable(calls)}\n\n${await closingWords(service, cms, calls)}\n`);
    if (values.once) return 0;
    isUp = true;
    console.log('Everything stays up until Ctrl-C.');
    return await stage.untilStopped();
  } catch (error) {
    if (!stop.signal.aborted) await wait(AFTERMATH_MS);
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    if (cause instanceof Interrupted) return isUp ? 0 : cause.exitCode;
    console.error(`\n${failureText(cause, stage.logs)}`);
    return 1;
  } finally {
    await stage.clear();
  }
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
