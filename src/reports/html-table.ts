import { type Html, html } from './html.ts';

export interface Column<Row> {
  title: string;
  /** Left out on a narrow screen. */
  isWide?: boolean;
  /** Its texts may be longer than the screen is broad, and are broken. */
  isLong?: boolean;
  of(row: Row): Html | string;
}

/** A table whose first column names the rows. */
export function htmlTable<Row>(
  title: string,
  rows: readonly Row[],
  nameOf: (row: Row) => Html | string,
  columns: readonly Column<Row>[],
): Html {
  const heads = columns.map((column) => html`<th${classOf(column)}>${column.title}</th>`);
  const cellsOf = (row: Row) => columns.map((column) => html`<td${classOf(column)}>${column.of(row)}</td>`);
  return html`<table><thead><tr><th>${title}</th>${heads}</tr></thead>
<tbody>${rows.map((row) => html`<tr><th>${nameOf(row)}</th>${cellsOf(row)}</tr>\n`)}</tbody></table>`;
}

function classOf({ isWide = false, isLong = false }: Pick<Column<never>, 'isWide' | 'isLong'>): Html {
  const classes = [...(isWide ? ['wide'] : []), ...(isLong ? ['long'] : [])];
  return classes.length === 0 ? html`` : html` class="${classes.join(' ')}"`;
}
