import { html, type Html } from './html';

/** One pair of bars; null is drawn as "too few to say". */
export interface BarPair {
  readonly label: string;
  readonly before: number | null;
  readonly after: number | null;
}

const [WIDTH, ROW, BAR, LABEL, VALUE] = [640, 46, 16, 130, 130] as const;
const SCALE = WIDTH - LABEL - VALUE;

/**
 * Horizontal bars before and after, from 0 to `most`. Values stand beside the bars in words, so that nothing is said by colour
 * alone; `title` names the chart for those who do not see it.
 */
export function barChart(
  title: string,
  pairs: readonly BarPair[],
  { most, write }: { readonly most: number; readonly write: (value: number | null) => string },
): Html {
  const bar = (value: number | null, at: number, kind: 'before' | 'after') => {
    const length = Math.round(((value ?? 0) / (most || 1)) * SCALE * 10) / 10;
    return html`<rect class="${kind}" x="${LABEL}" y="${at}" width="${length}" height="${BAR}"></rect
      ><text x="${LABEL + length + 6}" y="${at + BAR - 4}">${kind} ${write(value)}</text>`;
  };
  return html`<svg viewBox="0 0 ${WIDTH} ${pairs.length * ROW}" role="img" aria-label="${title}">
    <title>${title}</title>
    ${pairs.map(
      ({ label, before, after }, index) =>
        html`<text class="label" x="${LABEL - 8}" y="${index * ROW + 22}">${label}</text
          >${bar(before, index * ROW + 2, 'before')}${bar(after, index * ROW + BAR + 4, 'after')}`,
    )}
  </svg>`;
}
