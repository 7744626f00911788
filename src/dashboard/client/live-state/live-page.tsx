import { Group, Select, Stack, Text, Title } from '@mantine/core';
import { ChosenPlatform } from '../content-types/chosen-platform.tsx';
import { formatMoment } from '../ui/format.ts';
import { Loaded } from '../ui/loaded.tsx';
import { PageSkeleton } from '../ui/page-skeleton.tsx';
import { Section } from '../ui/section.tsx';
import { LiveComparison } from './live-comparison.tsx';
import { LiveList } from './live-list.tsx';
import { TimeField } from './time-field.tsx';
import { useEnvironments } from './use-environments.ts';
import { useLiveAddress } from './use-live-address.ts';

/** What stands at a target, now or at an earlier time, and how that differs from something else. */
export function LivePage() {
  return <ChosenPlatform>{(chosen) => <LivePlatform {...chosen} />}</ChosenPlatform>;
}

interface PlatformProps {
  platform: string;
  installed: string[];
  choose: (platform: string) => void;
}

function LivePlatform(props: PlatformProps) {
  const environments = useEnvironments(props.platform);
  return (
    <Loaded of={environments} loading={<PageSkeleton />}>
      {(names) => <LiveTarget {...props} environments={names} />}
    </Loaded>
  );
}

function LiveTarget({ platform, installed, choose, environments }: PlatformProps & { environments: string[] }) {
  const { asked, change } = useLiveAddress();
  const environment = asked.environment ?? environments[0] ?? 'default';
  const target = { platform, environment };
  const key = JSON.stringify([platform, environment]);
  return (
    <Stack gap="md">
      <Title order={1} size="h3">
        Live state
      </Title>
      <Group gap="sm" align="flex-end">
        <Select
          size="xs"
          label="Platform"
          allowDeselect={false}
          data={[...new Set([...installed, platform])]}
          value={platform}
          onChange={(chosen) => chosen !== null && choose(chosen)}
        />
        <Select
          size="xs"
          label="Environment"
          allowDeselect={false}
          data={[...new Set([...environments, environment])]}
          value={environment}
          onChange={(chosen) => chosen !== null && change({ environment: chosen })}
        />
        <TimeField label="Time" value={asked.at} onChange={(at) => change({ at: at ?? '' })} />
      </Group>
      <Section
        title="What is live"
        aside={
          <Text size="xs" c="dimmed">
            {platform} ({environment}), {asked.at ? formatMoment(asked.at) : 'now'}
          </Text>
        }
      >
        <LiveList key={`${key} ${asked.at}`} target={target} asked={asked} onChange={change} />
      </Section>
      <Section title="Comparison">
        <LiveComparison key={key} target={target} environments={environments} asked={asked} onChange={change} />
      </Section>
    </Stack>
  );
}
