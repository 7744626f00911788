import 'uplot/dist/uPlot.min.css';
import { Button, Group, Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { Link, useLocation } from 'wouter';
import { api, type Schemas } from '../api/client.ts';
import { searchOf } from '../history/filter.ts';
import { EarlierLink } from '../ui/earlier-link.tsx';
import { formatCount, formatCounted, formatDuration, formatPercent } from '../ui/format.ts';
import type { ChosenTarget } from './target.ts';
import { Loading } from '../ui/loading.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';

type Bucket = Schemas['TimedNumbersDto'];
const TONES = {
  light: {
    ...{ success: '#2f9e44', failed: '#e03131', rest: '#f08c00', unknown: '#9c36b5' },
    ...{ line: '#4263eb', axis: '#5a626b', grid: '#e3e6ea' },
  },
  dark: {
    ...{ success: '#51cf66', failed: '#ff6b6b', rest: '#fcc419', unknown: '#da77f2' },
    ...{ line: '#91a7ff', axis: '#a5adb6', grid: '#2c3036' },
  },
};
const HEIGHTS = { counts: 200, unknown: 120, duration: 160 };
type Kind = keyof typeof HEIGHTS;

/** Syncs and their duration over time; an interval that is dragged over is opened in the history. */
export function ActivityChart({
  scope,
  last,
  bucket,
}: {
  scope: ChosenTarget;
  last: string;
  bucket: 'hour' | 'day' | 'week';
}) {
  const { platform, environment } = scope;
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const query = {
    last,
    bucket,
    timeZone,
    ...(platform && { platform: [platform] }),
    ...(environment && { environment: [environment] }),
  };
  const asked = api.useQuery(
    'get',
    '/api/v1/sync/analytics/timeseries',
    { params: { query } },
    { refetchInterval: 60_000, placeholderData: (before) => before },
  );
  const { data, isPlaceholderData } = asked;
  if (!data || asked.error) return <NotLoaded of={asked} loading={<Loading height={420} />} />;
  return (
    <EarlierLink isEarlier={isPlaceholderData}>
      <Plots buckets={data.items} scope={scope} last={last} />
    </EarlierLink>
  );
}

function Plots({ buckets, scope, last }: { buckets: Bucket[]; scope: ChosenTarget; last: string }) {
  const [, go] = useLocation();
  const [chosen, choose] = useState<{ from: number; to: number } | null>(null);
  const { platform, environment } = scope;
  const target = { ...(platform && { platform: [platform] }), ...(environment && { environment: [environment] }) };
  const open = () => {
    const [startDate, endDate] = [chosen!.from, chosen!.to].map((seconds) => new Date(seconds * 1000).toISOString());
    go(`/?${searchOf({ startDate, endDate, ...target })}`);
  };
  const total = buckets.reduce((sum, { counts }) => sum + counts.total, 0);
  const failed = buckets.reduce((sum, { counts }) => sum + counts.failed, 0);
  const unknown = buckets.reduce((sum, { outcomes }) => sum + outcomes.unknown, 0);
  return (
    <>
      <Group justify="space-between" mb="xs" mih={30}>
        <Text size="sm">
          {formatCounted(total, 'sync')}, {formatCount(failed)} failed,{' '}
          {unknown === 0 ? (
            'none with an unknown outcome'
          ) : (
            <Link href={`/?${searchOf({ outcome: ['UNKNOWN'], last, ...target })}`}>
              {formatCounted(unknown, 'push', 'pushes')} with an unknown outcome
            </Link>
          )}
          . Drag over a time to look into it; double-click for all of it.
        </Text>
        {chosen && (
          <Button size="compact-xs" variant="light" onClick={open}>
            Open in the history
          </Button>
        )}
      </Group>
      <Plot buckets={buckets} kind="counts" label="Syncs over time" onChoose={choose} />
      {unknown > 0 && (
        <Plot buckets={buckets} kind="unknown" label="Pushes with an unknown outcome over time" onChoose={choose} />
      )}
      <Plot buckets={buckets} kind="duration" label="Duration over time" onChoose={choose} />
    </>
  );
}

interface PlotProps {
  buckets: Bucket[];
  kind: Kind;
  label: string;
  onChoose: (range: { from: number; to: number } | null) => void;
}

function Plot({ buckets, kind, label, onChoose }: PlotProps) {
  const { ref, width } = useElementSize();
  const box = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme('light');
  const chosen = useRef(onChoose);
  useEffect(() => {
    chosen.current = onChoose;
  });
  const data = useMemo(() => dataOf(buckets, kind), [buckets, kind]);
  useEffect(() => {
    if (width === 0 || !box.current) return undefined;
    const tones = TONES[scheme];
    const plot = new uPlot(
      optionsOf(kind, tones, width, buckets, (range) => chosen.current(range)),
      data,
      box.current,
    );
    return () => plot.destroy();
  }, [buckets, data, kind, scheme, width]);
  return (
    <div ref={ref} style={{ overflow: 'hidden' }}>
      <div
        ref={box}
        role="img"
        aria-label={`${label}: ${summaryOf(buckets, kind)}`}
        style={{ minHeight: HEIGHTS[kind] + 30 }}
      />
    </div>
  );
}

function summaryOf(buckets: Bucket[], kind: Kind): string {
  const most = (count: (bucket: Bucket) => number) =>
    `at most ${formatCount(Math.max(0, ...buckets.map(count)))} at a time`;
  if (kind === 'counts') return most(({ counts }) => counts.total);
  if (kind === 'unknown') return most(({ outcomes }) => outcomes.unknown);
  return `95th percentile of at most ${formatDuration(Math.max(0, ...buckets.map(({ duration }) => duration.p95 ?? 0)))}`;
}

/** Counts are stacked: each line holds those below it. */
function dataOf(buckets: Bucket[], kind: Kind): uPlot.AlignedData {
  const times = buckets.map(({ from }) => Date.parse(from) / 1000);
  if (kind === 'duration')
    return [times, buckets.map(({ duration }) => duration.p50), buckets.map(({ duration }) => duration.p95)];
  if (kind === 'unknown') return [times, buckets.map(({ outcomes }) => outcomes.unknown)];
  return [
    times,
    buckets.map(({ counts }) => counts.total),
    buckets.map(({ counts }) => counts.success + counts.failed),
    buckets.map(({ counts }) => counts.success),
  ];
}

function optionsOf(
  kind: Kind,
  tones: (typeof TONES)['light'],
  width: number,
  buckets: Bucket[],
  onChoose: PlotProps['onChoose'],
): uPlot.Options {
  const axis = { stroke: tones.axis, grid: { stroke: tones.grid, width: 1 }, ticks: { stroke: tones.grid } };
  const bars = uPlot.paths.bars!({ size: [0.8, 60] });
  const bar = (label: string, color: string, value: (bucket: Bucket) => string): uPlot.Series => ({
    label,
    fill: color,
    stroke: color,
    width: 0,
    paths: bars,
    points: { show: false },
    value: (_plot, _value, _series, index) => (index === null ? '–' : value(buckets[index]!)),
  });
  const line = (label: string, color: string, dash?: number[]): uPlot.Series => ({
    ...{ label, stroke: color, width: 2, dash, spanGaps: true },
    value: (_plot, value) => formatDuration(value),
  });
  const series: Record<Kind, uPlot.Series[]> = {
    counts: [
      bar('Partial or in progress', tones.rest, ({ counts }) => formatCount(counts.partial + counts.inProgress)),
      bar('Failed', tones.failed, ({ counts }) => formatCount(counts.failed)),
      bar(
        'Succeeded',
        tones.success,
        ({ counts, successRate }) => `${formatCount(counts.success)} (${formatPercent(successRate)})`,
      ),
    ],
    unknown: [bar('Unknown outcome', tones.unknown, ({ outcomes }) => formatCount(outcomes.unknown))],
    duration: [line('Median', tones.line, [4, 4]), line('95th percentile', tones.line)],
  };
  return {
    width,
    height: HEIGHTS[kind],
    cursor: { sync: { key: 'activity' }, drag: { x: true, y: false } },
    legend: { live: true },
    axes: [
      axis,
      {
        ...axis,
        size: 64,
        values: (_plot, values) =>
          values.map((value) => (kind === 'duration' ? formatDuration(value) : formatCount(value))),
      },
    ],
    scales: { y: { range: (_plot, _min, max) => [0, Math.max(max ?? 0, 1) * 1.1] } },
    series: [{}, ...series[kind]],
    hooks: {
      setScale: [
        (plot, scale) => {
          if (scale !== 'x') return;
          const { min, max } = plot.scales.x!;
          const [first, last] = [Date.parse(buckets[0]!.from) / 1000, Date.parse(buckets.at(-1)!.from) / 1000];
          const isAll =
            min === undefined || max === undefined || min === null || max === null || (min <= first && max >= last);
          onChoose(isAll ? null : { from: min, to: max });
        },
      ],
    },
  };
}
