import { Text } from '@mantine/core';
import { api } from '../api/client.ts';
import { formatMoment } from '../ui/format.ts';
import { NotLoaded } from '../ui/not-loaded.tsx';

/** The newest report of a place: what to do, and where the whole of it is. */
export function LatestReport({ platform, environment }: { platform: string; environment: string }) {
  const asked = api.useQuery('get', '/api/v1/sync/health-reports', {
    params: { query: { platform, environment, limit: 1 } },
  });
  if (!asked.data) return <NotLoaded of={asked} />;
  const [report] = asked.data.items;
  if (!report)
    return <Text size="sm">There is no report yet. The service creates the first report after the first hour.</Text>;
  return (
    <>
      <Text size="sm" component="p" mt={0}>
        {formatMoment(report.window.from)} to {formatMoment(report.window.to)}: {report.cause}{' '}
        <a href={`/api/v1/health-reports/${report.id}?format=html`} target="_blank" rel="noreferrer">
          Show the report
        </a>
      </Text>
      {report.recommendations.length === 0 ? (
        <Text size="sm">There are no recommendations.</Text>
      ) : (
        <ul>
          {report.recommendations.map(({ rule, action }) => (
            <li key={rule} className="breakable">
              {action}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
