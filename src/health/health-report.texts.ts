import type { HealthReport } from './health-report.ts';
import type { Evidence } from './health.ts';

/** A report as Markdown; foreign text is never markup. */
export function asMarkdown(report: HealthReport): string {
  return sectionsOf(report)
    .map(({ title, level, lines }) => [
      `${'#'.repeat(level)} ${plain(title)}`,
      ...lines.map((line) => `- ${plain(line)}`),
    ])
    .map((lines) => lines.join('\n'))
    .join('\n\n')
    .concat('\n');
}

/** A report as a page to be printed, without script; foreign text is never markup. */
export function asHtml(report: HealthReport, nonce: string): string {
  const body = sectionsOf(report)
    .map(({ title, level, lines }) => {
      const list = lines.map((line) => `<li>${escaped(line)}</li>`).join('\n');
      return `<h${level}>${escaped(title)}</h${level}>\n${list && `<ul>\n${list}\n</ul>`}`;
    })
    .join('\n');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(`Health of ${report.platform} (${report.environment})`)}</title>
<style nonce="${nonce}">
body { font: 15px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .3rem; break-after: avoid; } ul { margin: 0; padding-left: 1.2rem; }
@media print { body { margin: 0; } }
</style>
</head>
<body>
${body}
</body>
</html>
`;
}

interface Section {
  title: string;
  level: 1 | 2;
  lines: string[];
}

function sectionsOf(report: HealthReport): Section[] {
  const { numbers, before, window } = report;
  const percent = (share: number | null) => (share === null ? 'no sync ended' : `${Math.floor(share * 1000) / 10} %`);
  const ms = (value: number | null) => (value === null ? 'no sync ended' : `${Math.round(value)} ms`);
  const optional = (title: string, lines: string[]): Section[] =>
    lines.length > 0 ? [{ title, level: 2, lines }] : [];
  return [
    {
      title: `Health of ${report.platform} (${report.environment}): ${report.health}`,
      level: 1,
      lines: [report.cause, `From ${window.from} to ${window.to}`],
    },
    {
      title: 'Numbers, compared with the previous interval',
      level: 2,
      lines: [
        `Syncs: ${numbers.counts.total} (before ${before.counts.total})`,
        `Success rate: ${percent(report.successRate)} (before ${percent(before.successRate)})`,
        `Average duration: ${ms(report.averageDuration)} (before ${ms(before.duration.mean)})`,
        `Duration of the 95th percentile: ${ms(numbers.duration.p95)} (before ${ms(before.duration.p95)})`,
        `Retries: ${numbers.retries} (before ${before.retries})`,
        ...unknownOutcomes(report),
        `Last sync: ${report.lastSyncAt ?? 'never'}`,
        `Last complete pull: ${report.observedAt ?? 'never'}`,
      ],
    },
    ...optional(
      'Recommendations',
      report.recommendations.map(({ rule, action, evidence }) => `${action} [${[rule, ...evidence].join(', ')}]`),
    ),
    ...optional(
      'Patterns',
      report.patterns.map(({ shape, summary }) => `${shape}: ${summary}`),
    ),
    ...optional(
      'Common errors',
      report.commonErrors.map(
        ({ errorCode, count, state, message }) => `${errorCode}, ${count} times, ${state}: ${message}`,
      ),
    ),
    ...optional(
      'Recent failures',
      report.recentFailures.map(
        ({ at, typeKey, errorCode, syncId }) => `${at} ${typeKey}: ${errorCode ?? 'no code'} (${syncId})`,
      ),
    ),
    ...optional('Items of unknown state', linesOf(report.unknown)),
    ...optional('Items that differ from what was last sent', linesOf(report.drift)),
    ...optional('Items that the target lacks', linesOf(report.absent)),
  ];
}

function unknownOutcomes({ numbers, before }: HealthReport): string[] {
  if (!numbers.outcomes || !before.outcomes) return [];
  return [`Pushes of unknown outcome: ${numbers.outcomes.unknown} (before ${before.outcomes.unknown})`];
}

function linesOf(found: Evidence | null): string[] {
  return found && found.count > 0 ? [`${found.count} since ${found.since}: ${found.syncIds.join(', ')}`] : [];
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** On one line, with everything that Markdown or HTML could take for its own made harmless. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_{}[\]<>()#+!|~&-]/g, String.raw`\$&`);
}
