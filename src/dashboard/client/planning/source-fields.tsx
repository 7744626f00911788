import { Checkbox, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import type { Schemas } from '../api/client.ts';
import { TimeField } from '../live-state/time-field.tsx';
import { EarlierDeploymentField } from './earlier-deployment-field.tsx';
import type { PlanRequest } from './plan-request.ts';
import type { ChosenTarget } from './target-fields.tsx';

const SOURCES = {
  catalogue: 'The catalogue: the latest version of every content type',
  environment: 'Another environment: a promotion of what it has',
  deployment: 'An earlier deployment: what it has sent',
  time: 'An earlier time: what the target had then',
} as const;
type SourceKind = keyof typeof SOURCES;

/** Where the versions come from, as far as it is chosen. */
export interface ChosenSource {
  kind: SourceKind;
  fromEnvironment?: string;
  deployment?: string;
  at?: string;
  /** Delete at the target what the source does not have. */
  deletes?: boolean;
}

interface Props {
  target: ChosenTarget;
  platform: Schemas['PlatformDto'];
  source: ChosenSource;
  onChange: (source: ChosenSource) => void;
}

/** The source of the versions to send. */
export function SourceFields({ target, platform, source, onChange }: Props) {
  const { kind } = source;
  // Null where the platform takes any name.
  const others = platform.environments?.map(({ name }) => name).filter((name) => name !== target.environment);
  return (
    <Stack gap="sm">
      <Radio.Group label="Source" value={kind} onChange={(value) => onChange({ kind: value })}>
        <Stack gap={6} mt={4}>
          {Object.entries(SOURCES).map(([value, label]) => (
            <Radio key={value} value={value} label={label} />
          ))}
        </Stack>
      </Radio.Group>
      {kind === 'environment' && others?.length === 0 && (
        <Text size="sm">The platform has no other environment that is configured.</Text>
      )}
      {kind === 'environment' && others && others.length > 0 && (
        <Select
          label="Other environment"
          placeholder="Choose"
          allowDeselect={false}
          data={others}
          value={source.fromEnvironment ?? null}
          onChange={(name) => onChange({ ...source, fromEnvironment: name ?? undefined })}
        />
      )}
      {kind === 'environment' && !others && (
        <TextInput
          label="Other environment"
          value={source.fromEnvironment ?? ''}
          onChange={({ currentTarget }) => onChange({ ...source, fromEnvironment: currentTarget.value || undefined })}
        />
      )}
      {kind === 'deployment' && (
        <EarlierDeploymentField
          platform={target.platform}
          value={source.deployment ?? ''}
          onChange={(deployment) => onChange({ kind, deployment: deployment.trim() || undefined })}
        />
      )}
      {kind === 'time' && <TimeField label="Time" value={source.at} onChange={(at) => onChange({ ...source, at })} />}
      {platform.canDelete && isWhole(source) && (
        <Checkbox
          label="Delete content types that the target has and the source does not"
          checked={source.deletes ?? false}
          onChange={({ currentTarget }) => onChange({ ...source, deletes: currentTarget.checked })}
        />
      )}
    </Stack>
  );
}

/** What is to be planned; undefined until enough is chosen. */
export function requestOf(target: ChosenTarget, source: ChosenSource): PlanRequest | undefined {
  const { kind, fromEnvironment, deployment, at } = source;
  const deletes = isWhole(source) && source.deletes ? { deletes: true } : {};
  if (kind === 'catalogue') return { ...target, ...deletes };
  if (kind === 'environment') {
    const isOther = fromEnvironment && fromEnvironment !== target.environment;
    return isOther ? { ...target, fromEnvironment, ...deletes } : undefined;
  }
  if (kind === 'deployment') return deployment ? { ...target, deployment } : undefined;
  return at ? { ...target, at, ...deletes } : undefined;
}

/** Whether the source has everything that the target should have; a deployment may have sent a part. */
function isWhole({ kind }: ChosenSource): boolean {
  return kind !== 'deployment';
}
