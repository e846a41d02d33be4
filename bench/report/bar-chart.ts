/** One bar of a chart. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Drawn in the colour that stands out. */
  readonly ours: boolean;
}

/** A chart of horizontal bars. */
export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly digits: number;
  readonly bars: readonly Bar[];
}

const WIDTH = 760;
const LABELS = 270;
const VALUES = 90;
const BAR = 22;
const GAP = 8;
const TOP = 48;
const BOTTOM = 16;
const colours = { ours: '#c2410c', others: '#64748b', text: '#334155', ground: '#ffffff' };

/** Draws it as SVG; the longest bar takes the whole width. */
export function drawBars(chart: BarChart): string {
  const longest = Math.max(...chart.bars.map(({ value }) => value), Number.MIN_VALUE);
  const height = TOP + chart.bars.length * (BAR + GAP) + BOTTOM;
  const title = escaped(`${chart.title} (${chart.unit})`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `  <title>${title}</title>`,
    `  <rect width="${WIDTH}" height="${height}" fill="${colours.ground}"/>`,
    `  <text x="12" y="26" font-size="15" font-weight="600" fill="${colours.text}">${title}</text>`,
    ...chart.bars.flatMap((bar, index) => drawBar(bar, index, { longest, digits: chart.digits })),
    '</svg>',
    '',
  ].join('\n');
}

function drawBar(
  { label, value, ours }: Bar,
  index: number,
  { longest, digits }: { readonly longest: number; readonly digits: number },
): string[] {
  const y = TOP + index * (BAR + GAP);
  const length = (Math.max(0, value) / longest) * (WIDTH - LABELS - VALUES);
  const text = `y="${y + BAR / 2 + 4}" fill="${colours.text}"`;
  return [
    `  <text x="${LABELS - 8}" ${text} text-anchor="end">${escaped(label)}</text>`,
    `  <rect x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="${BAR}" fill="${ours ? colours.ours : colours.others}"/>`,
    `  <text x="${(LABELS + length + 6).toFixed(1)}" ${text}>${value.toFixed(digits)}</text>`,
  ];
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
