import { useHotkeys } from '@mantine/hooks';
import { type ColumnVisibilityState, type OnChangeFn, useTable } from '@tanstack/react-table';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import type { Sync } from '../api/client.ts';
import { formatCounted } from '../ui/format.ts';
import { ErrorAlert } from '../ui/error-alert.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { columns, features, WIDTHS } from './columns.tsx';
import type { Filter, Sort } from './filter.ts';
import { HistoryRow } from './history-row.tsx';
import classes from './history-table.module.css';
import { sightOf, useHistoryPages } from './use-history-pages.ts';

export type Density = 'comfortable' | 'compact';
const ROW_HEIGHT: Record<Density, number> = { comfortable: 44, compact: 32 };
/** Of a row, in pixels, as its style says. */
const [GAP, PADDING] = [12, 32];
const SORTED_BY: Record<string, 'startedAt' | 'durationMs'> = { started: 'startedAt', duration: 'durationMs' };

interface Props {
  filter: Filter;
  sort: Sort;
  onSort: (sort: Sort) => void;
  visibility: ColumnVisibilityState;
  onVisibility: OnChangeFn<ColumnVisibilityState>;
  density: Density;
}

/** The history as an endless table; the rows in sight are all there are. */
export function SyncHistoryTable({ filter, sort, onSort, visibility, onVisibility, density }: Props) {
  const [, go] = useLocation();
  const list = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [sight, setSight] = useState(sightOf(0, 0));
  const [selected, setSelected] = useState(-1);
  // Keys may follow each other faster than what is shown.
  const selection = useRef(-1);
  const select = (index: number) => {
    selection.current = index;
    setSelected(index);
  };
  const pages = useHistoryPages(filter, sort, sight);
  const height = ROW_HEIGHT[density];
  const virtualizer = useWindowVirtualizer({
    count: pages.count,
    estimateSize: () => height,
    overscan: 8,
    scrollMargin: top,
  });
  const shown = virtualizer.getVirtualItems();
  const { firstPage, lastPage } = sightOf(shown[0]?.index ?? 0, shown.at(-1)?.index ?? 0);
  useLayoutEffect(() => setTop(list.current?.offsetTop ?? 0), [pages.arrived === 0]);
  useEffect(() => virtualizer.measure(), [height, virtualizer]);
  useEffect(() => setSight({ firstPage, lastPage }), [firstPage, lastPage]);
  const begun = useRef(pages.epoch);
  useEffect(() => {
    if (begun.current === pages.epoch) return;
    begun.current = pages.epoch;
    select(-1);
    if (scrollY > top) scrollTo({ top: 0 });
  }, [pages.epoch, top]);

  const table = useTable({
    features,
    columns,
    data: pages.rows,
    getRowId: (sync: Sync) => sync.id,
    state: { columnVisibility: visibility },
    onColumnVisibilityChange: onVisibility,
  });
  const { rowsById } = table.getRowModel();
  const visible = table.getVisibleLeafColumns();
  const widths = visible.map(({ id }) => WIDTHS[id]!);
  const template = widths
    .map(({ least, grows }) => (grows ? `minmax(${least}px, ${grows}fr)` : `${least}px`))
    .join(' ');
  const leastWidth = widths.reduce((sum, { least }) => sum + least, PADDING + GAP * (widths.length - 1));

  const move = (step: number) => {
    const next = Math.min(Math.max(selection.current + step, 0), pages.count - 1);
    select(next);
    virtualizer.scrollToIndex(next, { align: 'auto' });
  };
  const open = useCallback((sync: Sync) => go(`/syncs/${sync.id}`), [go]);
  const openSelected = () => {
    const sync = pages.rowAt(selection.current);
    if (sync) open(sync);
  };
  useHotkeys([
    ['j', () => move(1)],
    ['k', () => move(-1)],
    ['Enter', openSelected, { preventDefault: false }],
  ]);

  if (pages.error && pages.count === 0) return <ErrorAlert error={pages.error} onRetry={pages.refresh} />;
  return (
    <div className={classes.card}>
      {pages.arrived > 0 && (
        <button type="button" className={classes.arrived} onClick={pages.refresh}>
          {formatCounted(pages.arrived, 'new sync')}: show
        </button>
      )}
      <div
        className={classes.table}
        role="table"
        aria-label="Syncs"
        aria-rowcount={pages.count + 1}
        aria-busy={pages.isLoading || pages.isStale}
        data-density={density}
        style={{ '--least-width': `${leastWidth}px` } as CSSProperties}
        tabIndex={0}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.row} style={{ gridTemplateColumns: template }}>
            {table.getHeaderGroups()[0]!.headers.map((header) => (
              <div role="columnheader" key={header.id} aria-sort={ariaSort(header.column.id, sort)}>
                {SORTED_BY[header.column.id] ? (
                  <SortButton column={header.column.id} sort={sort} onSort={onSort}>
                    <table.FlexRender header={header} />
                  </SortButton>
                ) : (
                  <table.FlexRender header={header} />
                )}
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" ref={list} className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
          {shown.map(({ index, start }) => {
            const sync = pages.rowAt(index);
            return (
              <HistoryRow
                key={index}
                {...{ index, height, template, columns: visible, onOpen: open }}
                row={sync && rowsById[sync.id]}
                top={start - top}
                isSelected={index === selected}
              />
            );
          })}
        </div>
      </div>
      {pages.count === 0 && !pages.isLoading && (
        <EmptyState title="No sync matches the filter">Remove a filter, or choose a longer interval.</EmptyState>
      )}
      {pages.error !== null && pages.count > 0 && <ErrorAlert error={pages.error} onRetry={pages.refresh} />}
    </div>
  );
}

function ariaSort(column: string, sort: Sort) {
  if (SORTED_BY[column] !== sort.replace('-', '')) return undefined;
  return sort.startsWith('-') ? 'descending' : 'ascending';
}

interface SortProps {
  column: string;
  sort: Sort;
  onSort: (sort: Sort) => void;
  children: React.ReactNode;
}

function SortButton({ column, sort, onSort, children }: SortProps) {
  const field = SORTED_BY[column]!;
  const isDescending = sort === `-${field}`;
  const mark = sort.endsWith(field) ? (isDescending ? ' ↓' : ' ↑') : '';
  return (
    <button type="button" className={classes.sort} onClick={() => onSort(isDescending ? field : `-${field}`)}>
      {children}
      {mark}
    </button>
  );
}
