import { html, type Html, type HtmlPart } from './html.ts';

/** A column of a table; numbers stand to the right. */
export interface Column {
  readonly head: HtmlPart;
  readonly isNumber?: boolean;
  /** Whether it is left out where all rows have the same text; the page says it then. */
  readonly omitIfSame?: boolean;
}

/** A table that scrolls within its card where the page is narrow. */
export function table(all: readonly Column[], allRows: readonly (readonly HtmlPart[])[]): Html {
  const isShown = (index: number): boolean =>
    all[index]?.omitIfSame !== true || new Set(allRows.map((row) => row[index])).size > 1;
  const columns = all.filter((_, index) => isShown(index));
  const rows = allRows.map((row) => row.filter((_, index) => isShown(index)));
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${columns.map(({ head, isNumber = false }) => html`<th class="${isNumber ? 'number' : 'name'}">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(
                (cell, i) =>
                  html`<td class="${columns[i]?.isNumber === true ? 'number' : 'name'}">${cell}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** The environment of each row. */
export const environmentColumn: Column = { head: 'environment', omitIfSame: true };

/** A column of text. */
export const words = (head: HtmlPart): Column => ({ head });

/** A column of numbers. */
export const numbers = (head: HtmlPart): Column => ({ head, isNumber: true });
