import { html, type Html, type HtmlPart } from './html.ts';

/** A column of a table; numbers stand to the right. */
export interface Column {
  readonly head: HtmlPart;
  readonly isNumber?: boolean;
  /** Whether its text stands above the rows that share it, in place of a column; where all do, the page says it. */
  readonly isHeading?: boolean;
}

/** From so many columns of numbers on intervals stand below their numbers. */
const DENSE = 4;

type Row = readonly HtmlPart[];

/** A table that scrolls within its card where the page is narrow. */
export function table(columns: readonly Column[], rows: readonly Row[]): Html {
  const cells = columns.filter(({ isHeading }) => isHeading !== true);
  const heading = columns.findIndex(({ isHeading }) => isHeading === true);
  const isDense = cells.filter(({ isNumber }) => isNumber === true).length >= DENSE;
  return html`<div class="scroll">
    <table class="${isDense ? 'dense' : 'plain'}">
      <thead>
        <tr>
          ${cells.map((column) => html`<th class="${look(column)}">${column.head}</th>`)}
        </tr>
      </thead>
      ${groupsOf(rows, heading).map(
        (group) =>
          html`<tbody>
            ${
              group.text === undefined
                ? html``
                : html`<tr>
                    <th class="heading" colspan="${cells.length}" scope="rowgroup">${group.text}</th>
                  </tr>`
            }
            ${group.rows.map(
              (row) =>
                html`<tr>
                  ${row.map((cell, i) => html`<td class="${look(cells[i])}">${cell}</td>`)}
                </tr>`,
            )}
          </tbody>`,
      )}
    </table>
  </div>`;
}

const look = (column: Column | undefined): string => (column?.isNumber === true ? 'number' : 'name');

/** Rows without their heading, those that follow each other and share it together; it has no text where there is one only. */
function groupsOf(
  rows: readonly Row[],
  heading: number,
): { readonly text?: HtmlPart | undefined; readonly rows: readonly Row[] }[] {
  if (heading < 0) return [{ rows }];
  const groups: { readonly text: HtmlPart | undefined; readonly rows: Row[] }[] = [];
  for (const row of rows) {
    const text = row[heading];
    const cells = row.toSpliced(heading, 1);
    const last = groups.at(-1);
    if (last && last.text === text) last.rows.push(cells);
    else groups.push({ text, rows: [cells] });
  }
  return groups.length > 1 ? groups : [{ rows: groups.flatMap((group) => group.rows) }];
}

/** The environment of the rows. */
export const environmentColumn: Column = { head: 'environment', isHeading: true };

/** A column of text. */
export const words = (head: HtmlPart): Column => ({ head });

/** A column of numbers. */
export const numbers = (head: HtmlPart): Column => ({ head, isNumber: true });
