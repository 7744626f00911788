import { nextTime, type Recurrence } from '#schedule';
import type { Target } from '#platform';
import { textProblem } from '#validation';

/** A watch that the configuration of the service names. */
export interface ConfiguredWatch extends Target, Recurrence {}

const FORM = 'platform/environment=minute hour day month weekday time-zone';
const MAX_WATCHES = 100;

/** Reads watches such as `optimizely/production=0 3 * * * Europe/Berlin`, with `;` between. Throws an error that says what is wrong. */
export function readWatches(text: string): ConfiguredWatch[] {
  const entries = text.split(';').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
  if (entries.length > MAX_WATCHES) throw new Error(`it names more than ${MAX_WATCHES} watches`);
  const watches = entries.map(readWatch);
  const keys = watches.map((watch) => JSON.stringify(watch));
  const twice = entries.find((_entry, index) => keys.indexOf(keys[index]!) !== index);
  if (twice !== undefined) throw new Error(`"${twice}" stands there twice`);
  return watches;
}

function readWatch(entry: string): ConfiguredWatch {
  const [target = '', times = ''] = atFirst(entry, '=');
  const [platform = '', environment = ''] = atFirst(target.trim(), '/');
  const fields = times.trim().split(/\s+/);
  const timeZone = fields.pop() ?? '';
  if (fields.length !== 5) throw new Error(`"${entry}" is not of the form ${FORM}`);
  for (const name of [platform, environment]) {
    const problem = textProblem(name);
    if (problem) throw new Error(`a name in "${entry}" ${problem}`);
  }
  const watch = { platform, environment, cron: fields.join(' '), timeZone };
  nextTime(watch, new Date());
  return watch;
}

/** The parts before and after the first mark; one part where it is missing. */
function atFirst(text: string, mark: string): string[] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
