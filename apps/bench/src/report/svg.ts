import { plot, type PlotOptions } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { Html } from './html.ts';

/** What a figure tells the renderer: Plot's options, without those that the renderer sets, and a text for readers. */
export interface FigureOptions extends Omit<PlotOptions, 'document' | 'figure' | 'ariaLabel'> {
  /** Unique in the page; prefixes the ids inside the figure. */
  readonly id: string;
  /** What the figure shows, for those who can't see it. */
  readonly alt: string;
}

/** Draws a figure with Observable Plot, without a browser, as inline SVG that takes its text colour from the page. */
export function renderFigure({ id, alt, style, ...options }: FigureOptions): Html {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = plot({
    ...options,
    document,
    figure: false,
    ariaLabel: alt,
    style: { fontSize: '12px', overflow: 'visible', ...(typeof style === 'object' ? style : {}) },
  });
  svg.setAttribute('role', 'img');
  return new Html(scopeIds(String(svg.outerHTML), id));
}

/** A figure as a file: outside of a page, SVG has to name its namespace. */
export const svgFile = ({ markup }: Html): string =>
  `${markup.replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`;

/**
 * Renames the ids in some SVG to `prefix-1`, `prefix-2`, ... together with the references to them. Plot numbers clip
 * paths and markers per process: two figures from different processes in one page would share ids, and the same data
 * would give different bytes each time.
 */
function scopeIds(svg: string, prefix: string): string {
  const ids = [...svg.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? '');
  const renamed = new Map(ids.map((id, index) => [id, `${prefix}-${index + 1}`]));
  return svg
    .replace(/\sid="([^"]+)"/g, (_, id: string) => ` id="${renamed.get(id) ?? id}"`)
    .replace(/url\(#([^)]+)\)/g, (_, id: string) => `url(#${renamed.get(id) ?? id})`)
    .replace(/href="#([^"]+)"/g, (_, id: string) => `href="#${renamed.get(id) ?? id}"`);
}
