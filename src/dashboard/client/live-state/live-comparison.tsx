import { Group, Select, Text } from '@mantine/core';
import { api } from '../api/client.ts';
import { useRefreshOn } from '../live/use-live.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { formatCount, formatMoment } from '../ui/format.ts';
import { ComparedTable } from './compared-table.tsx';
import { TimeField } from './time-field.tsx';
import type { LiveQuestion } from './use-live-address.ts';
import { Loading } from '../ui/loading.tsx';

const OTHERS = [
  { value: 'environment', label: 'Another environment' },
  { value: 'time', label: 'Another time' },
  { value: 'catalogue', label: 'The catalogue' },
];

interface Props {
  target: { platform: string; environment: string };
  environments: string[];
  asked: LiveQuestion;
  onChange: (changes: LiveQuestion) => void;
}

/** The target beside another environment, another time, or the latest versions of the catalogue. */
export function LiveComparison({ target, environments, asked, onChange }: Props) {
  const others = environments.filter((environment) => environment !== target.environment);
  const other = otherSide(target.environment, asked);
  return (
    <>
      <Group gap="sm" mb="sm" align="flex-end">
        <Select
          size="xs"
          label="Compare with"
          placeholder="Choose"
          clearable
          clearButtonProps={{ 'aria-label': 'No comparison' }}
          data={OTHERS}
          value={asked.with ?? null}
          onChange={(value) => onChange({ with: value ?? '', otherEnvironment: '', otherAt: '' })}
        />
        {asked.with === 'environment' && (
          <Select
            size="xs"
            label="Other environment"
            placeholder={others.length === 0 ? 'There is no other' : 'Choose'}
            allowDeselect={false}
            data={[...new Set([...others, ...(asked.otherEnvironment ? [asked.otherEnvironment] : [])])]}
            value={asked.otherEnvironment ?? null}
            onChange={(value) => onChange({ otherEnvironment: value ?? '' })}
          />
        )}
        {(asked.with === 'environment' || asked.with === 'time') && (
          <TimeField
            label="Other time"
            value={asked.otherAt}
            onChange={(otherAt) => onChange({ otherAt: otherAt ?? '' })}
          />
        )}
      </Group>
      {other ? (
        <Compared target={target} at={asked.at} other={other} />
      ) : (
        <Text size="sm">
          {asked.with ? `Choose the other ${asked.with}.` : 'Choose what to compare the target with.'}
        </Text>
      )}
    </>
  );
}

interface OtherSide {
  query: { otherEnvironment?: string; otherAt?: string; catalogue?: boolean };
  name: string;
}

/** Undefined until enough is chosen. */
function otherSide(
  environment: string,
  { at, with: kind, otherEnvironment, otherAt }: LiveQuestion,
): OtherSide | undefined {
  if (kind === 'catalogue') return { query: { catalogue: true }, name: 'Catalogue' };
  if (kind === 'environment' && otherEnvironment) {
    return { query: { otherEnvironment, otherAt }, name: nameOf(otherEnvironment, otherAt) };
  }
  if (kind === 'time' && (otherAt ?? at)) return { query: { otherAt }, name: nameOf(environment, otherAt) };
  return undefined;
}

function nameOf(environment: string, at: string | undefined): string {
  return `${environment}, ${at ? formatMoment(at) : 'now'}`;
}

function Compared({ target, at, other }: { target: Props['target']; at: string | undefined; other: OtherSide }) {
  const query = { ...target, at, ...other.query };
  const { data, error, refetch } = api.useQuery('get', '/api/v1/live/compare', { params: { query } });
  useRefreshOn(
    ['get', '/api/v1/live/compare'],
    ({ type, sync }) => type !== 'attempt.failed' && sync?.platform === target.platform,
  );
  const failure = error && <ErrorAlert error={error} onRetry={() => void refetch()} />;
  if (!data) return failure ?? <Loading height={160} />;
  const here = nameOf(target.environment, at);
  const counts = [
    `${formatCount(data.same)} the same`,
    `${formatCount(data.different)} different`,
    `${formatCount(data.onlyHere)} only in ${here}`,
    `${formatCount(data.onlyThere)} only in ${other.name}`,
    `${formatCount(data.unknown)} unknown`,
  ];
  return (
    <>
      {failure}
      <Text size="sm" mb="sm" role="status" className="breakable">
        {counts.join(' · ')}
      </Text>
      {data.items.length > 0 && (
        <ComparedTable platform={target.platform} items={data.items} here={here} there={other.name} />
      )}
      {data.omitted > 0 && <Text size="sm">{formatCount(data.omitted)} more items differ and are left out.</Text>}
    </>
  );
}
