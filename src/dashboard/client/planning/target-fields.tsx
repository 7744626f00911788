import { Alert, Group, Select, Stack, TextInput } from '@mantine/core';
import { api, type Schemas } from '../api/client.ts';
import { Loaded } from '../ui/loaded.tsx';

export interface ChosenTarget {
  platform: string;
  environment: string;
}

interface Props {
  /** What is chosen; the first platform and its first environment are by default. */
  chosen: Partial<ChosenTarget>;
  onChoose: (target: ChosenTarget) => void;
  children: (target: ChosenTarget, platform: Schemas['PlatformDto']) => React.ReactNode;
}

/** The target among those that are configured, and what depends on it. */
export function TargetFields(props: Props) {
  const platforms = api.useQuery('get', '/api/v1/platforms', {}, { staleTime: Infinity });
  return <Loaded of={platforms}>{({ items }) => <Fields {...props} platforms={items} />}</Loaded>;
}

function Fields({ platforms, chosen, onChoose, children }: Props & { platforms: Schemas['PlatformDto'][] }) {
  const [first] = platforms;
  const platform = chosen.platform ?? first?.name;
  const installed = platforms.find(({ name }) => name === platform);
  if (!first) return <Alert color="yellow">No platform is configured. See docs/configuration.md.</Alert>;
  if (!installed) return <Alert color="yellow">The platform “{platform}” is not configured.</Alert>;
  const environments = installed.environments?.map(({ name }) => name) ?? null;
  if (environments?.length === 0) {
    return <Alert color="yellow">No environment of {installed.name} is configured. See docs/configuration.md.</Alert>;
  }
  const environment = chosen.environment ?? environments?.[0] ?? 'default';
  return (
    <Stack gap="md">
      <Group grow align="flex-start">
        <Select
          label="Platform"
          allowDeselect={false}
          data={platforms.map(({ name }) => name)}
          value={installed.name}
          onChange={(name) => name !== null && onChoose({ platform: name, environment: firstOf(platforms, name) })}
        />
        {environments ? (
          <Select
            label="Target"
            allowDeselect={false}
            data={environments}
            value={environment}
            onChange={(name) => name !== null && onChoose({ platform: installed.name, environment: name })}
          />
        ) : (
          <TextInput
            label="Target"
            required
            value={environment}
            onChange={({ currentTarget }) => onChoose({ platform: installed.name, environment: currentTarget.value })}
          />
        )}
      </Group>
      {children({ platform: installed.name, environment }, installed)}
    </Stack>
  );
}

function firstOf(platforms: Schemas['PlatformDto'][], name: string): string {
  return platforms.find((platform) => platform.name === name)?.environments?.[0]?.name ?? 'default';
}
