import { type Column, flexRender, type Row } from '@tanstack/react-table';
import { memo, type MouseEvent } from 'react';
import type { Sync } from '../api/client.ts';
import type { features } from './columns.tsx';
import classes from './history-table.module.css';

interface Props {
  index: number;
  /** None while its page is on its way. */
  row: Row<typeof features, Sync> | undefined;
  columns: Column<typeof features, Sync>[];
  /** Their widths, as CSS grid tracks. */
  template: string;
  /** Where it stands in the table, and how high it is, in pixels. */
  top: number;
  height: number;
  isSelected: boolean;
  onOpen: (sync: Sync) => void;
}

/** Made again only when something about it changes: scrolling leaves those alone that stay in sight. */
export const HistoryRow = memo(function HistoryRow(props: Props) {
  const { index, row, columns, template, top, height, isSelected, onOpen } = props;
  const open = (event: MouseEvent) => {
    // The browser opens the link of the row in another tab.
    if (!row || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    onOpen(row.original);
  };
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes.row}
      data-selected={isSelected || undefined}
      data-status={row?.original.status}
      style={{ gridTemplateColumns: template, height, transform: `translateY(${top}px)` }}
      onClick={open}
    >
      {row
        ? row.getVisibleCells().map((cell) => (
            <div role="cell" key={cell.id} data-column={cell.column.id}>
              {flexRender(cell.column.columnDef.cell, cell.getContext())}
            </div>
          ))
        : columns.map(({ id }) => <div role="cell" key={id} className={classes.waiting} aria-label="Loading" />)}
    </div>
  );
});
