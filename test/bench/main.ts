import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { analytics } from './analytics/analytics.bench.ts';
import { dashboard } from './dashboard/dashboard.bench.ts';
import { deploy } from './deploy/deploy.bench.ts';
import { history } from './history/history.bench.ts';
import { record } from './record/record.bench.ts';
import { type Bench, table } from './report.ts';
import { soak } from './soak/soak.bench.ts';
import { versions } from './versions/versions.bench.ts';

const BENCHES: Record<string, Bench> = { record, history, analytics, dashboard, soak, versions, deploy };

const USAGE = `usage: npm run bench -- ${Object.keys(BENCHES).join('|')} [options]

  --rounds N     rounds that count, after one that warms up (default 5)
  --seconds N    length of a round (default 2)
  soak takes rounds × seconds: --rounds 20 --seconds 60 is twenty minutes of ordinary work and hostile callers
  --rows N       history, analytics, dashboard: syncs that it is filled with (default 1000000)
  versions takes none of these: 1,000 versions of three sizes; deploy: 10,000 content types, then rounds beside callers
  --json         the figures as JSON`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '2' },
      rows: { type: 'string', default: '1000000' },
      json: { type: 'boolean', default: false },
    },
  });
  const [name = ''] = positionals;
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  const [rounds, seconds, rows] = [Number(values.rounds), Number(values.seconds), Number(values.rows)];
  if (!bench || !(rounds >= 1) || !(seconds > 0) || !(rows >= 1000)) throw new Error(USAGE);
  const sections = await bench({ rounds, seconds, rows });
  if (values.json) console.log(JSON.stringify(sections, undefined, 2));
  else
    for (const { title, rows, notes = [] } of sections) {
      console.log([`\n${title}\n`, table(rows), ...notes.map((note) => `\n${note}`)].join('\n'));
    }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error && error.message === USAGE ? USAGE : error);
  process.exitCode = 1;
});
