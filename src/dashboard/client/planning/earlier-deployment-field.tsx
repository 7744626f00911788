import { Autocomplete, Text } from '@mantine/core';
import { api } from '../api/client.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { formatAgo } from '../ui/format.ts';

interface Props {
  platform: string;
  value: string;
  onChange: (deployment: string) => void;
}

/** A deployment by its number or id; the newest are offered. */
export function EarlierDeploymentField({ platform, value, onChange }: Props) {
  const query = { platform, limit: 100 };
  const { data, error, refetch } = api.useQuery('get', '/api/v1/deployments', { params: { query } });
  const known = new Map(data?.items.map((deployment) => [deployment.number, deployment]));
  return (
    <>
      <Autocomplete
        label="Earlier deployment"
        description={
          data
            ? 'Number or id, such as D-1043. The newest are offered.'
            : `Number or id, such as D-1043. ${error ? 'The newest cannot be offered now.' : 'The newest are loading.'}`
        }
        data={[...known.keys()]}
        value={value}
        onChange={onChange}
        limit={100}
        renderOption={({ option }) => {
          const deployment = known.get(option.value);
          return (
            <div>
              {option.value}{' '}
              <Text span size="xs" c="dimmed" className="breakable">
                {deployment &&
                  `${deployment.environment}, ${formatAgo(deployment.createdAt)}, ${deployment.actor}: ${deployment.reason ?? 'no reason'}`}
              </Text>
            </div>
          );
        }}
      />
      {error && <ErrorAlert error={error} onRetry={() => void refetch()} />}
    </>
  );
}
