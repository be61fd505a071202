import { html, type Html, type HtmlPart } from './html.ts';

/** A column of a table; numbers stand to the right. */
export interface Column {
  readonly head: HtmlPart;
  readonly isNumber?: boolean;
}

/** A table that scrolls within its card where the page is narrow. */
export const table = (columns: readonly Column[], rows: readonly (readonly HtmlPart[])[]): Html =>
  html`<div class="scroll">
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

/** A column of text. */
export const words = (head: HtmlPart): Column => ({ head });

/** A column of numbers. */
export const numbers = (head: HtmlPart): Column => ({ head, isNumber: true });
