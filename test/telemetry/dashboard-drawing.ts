import type { FieldDefaults, Panel } from './dashboard.ts';

/** A series under its legend's name. Points are in seconds from the beginning. */
export interface DrawnSeries {
  readonly name: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

interface DrawnPanel {
  readonly panel: Panel;
  readonly series: readonly DrawnSeries[];
}

/** What happened from when to when, as a caption of the picture. */
export interface Phase {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly words: string;
  readonly colour: string;
}

export interface Drawing {
  readonly title: string;
  readonly panels: readonly DrawnPanel[];
  readonly phases: readonly Phase[];
  readonly lastSecond: number;
}

const columnPx = 50;
const rowPx = 30;
const gapPx = 8;
const headPx = 70;
const longestGapSeconds = 5;

/** Grafana's colors, of its dark theme. */
const colours: Readonly<Record<string, string>> = {
  green: '#73bf69',
  yellow: '#f2cc0c',
  blue: '#5794f2',
  red: '#f2495c',
  orange: '#ff9830',
  purple: '#b877d9',
  text: '#9d9fa8',
};
const palette = ['green', 'yellow', 'blue', 'orange', 'purple', 'red', 'text'];
const backgrounds: Readonly<Record<string, string>> = {
  green: '#2b6b3a',
  blue: '#1f60c4',
  red: '#c4162a',
  orange: '#d9670b',
};

/**
 * The dashboard as a page with the layout and colors of its file, for a picture without Grafana. Panels are drawn as
 * simply as they can be read.
 */
export function drawDashboard({ title, panels, phases, lastSecond }: Drawing): string {
  const bottom = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  const legend = phases.map(
    ({ words, colour }, index) =>
      `<span><b style="background:${colour}">${letterOf(index)}</b> ${escaped(words)}</span>`,
  );
  return `<!doctype html><meta charset="utf-8"><title>${escaped(title)}</title><style>
* { box-sizing: border-box; }
body { margin: 0; width: ${24 * columnPx + 2 * gapPx}px; height: ${headPx + bottom * rowPx + gapPx}px; position: relative;
  background: #111217; color: #ccccdc; font: 12px/1.3 Inter, system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 18px; font-weight: 500; margin: 0; padding: 14px 12px 8px; }
.phases { padding: 0 12px; display: flex; flex-wrap: wrap; gap: 4px 18px; }
.phases b { display: inline-block; min-width: 17px; text-align: center; border-radius: 3px; color: #111217; }
section { position: absolute; background: #181b1f; border: 1px solid #25272d; border-radius: 3px; overflow: hidden; }
section.row { background: none; border: 0; font-size: 15px; line-height: 22px; font-weight: 500; padding-left: 4px; }
h2 { margin: 0; font-size: 12.5px; font-weight: 500; padding: 5px 8px 2px; }
.legend { display: flex; flex-wrap: wrap; gap: 0 12px; padding: 0 8px; font-size: 11px; line-height: 15px; }
.legend i { display: inline-block; width: 11px; height: 3px; border-radius: 2px; margin-right: 4px; vertical-align: 3px; }
.stat { position: absolute; inset: 24px 0 0; display: flex; flex-wrap: wrap; gap: 0 28px; align-items: center; align-content: center; justify-content: center; font-weight: 600; color: #fff; }
svg text { font: 10.5px Inter, system-ui, "DejaVu Sans", sans-serif; fill: #9d9fa8; }
</style><h1>${escaped(title)}</h1><div class="phases">${legend.join('')}</div>
${panels.map((drawn) => drawPanel(drawn, phases, lastSecond)).join('\n')}`;
}

/** The height of the picture to the end of the first section, and its width. */
export function firstSectionOf(panels: readonly Panel[]): { width: number; height: number } {
  const [, second] = panels.filter(({ type }) => type === 'row');
  return { width: 24 * columnPx + 2 * gapPx, height: headPx + (second?.gridPos.y ?? 0) * rowPx };
}

function drawPanel({ panel, series }: DrawnPanel, phases: readonly Phase[], lastSecond: number): string {
  const { x, y, w, h } = panel.gridPos;
  const width = w * columnPx - gapPx;
  const height = h * rowPx - gapPx;
  const place = `left:${x * columnPx + gapPx}px;top:${headPx + y * rowPx}px;width:${width}px;height:${height}px`;
  switch (panel.type) {
    case 'row':
      return `<section class="row" style="${place}">${escaped(panel.title)}</section>`;
    case 'stat':
      return drawStat({ panel, series }, place, height);
    case 'timeseries':
      return drawTimeSeries({ panel, series }, place, { width, height, phases, lastSecond });
  }
}

function drawStat({ panel, series }: DrawnPanel, place: string, height: number): string {
  const defaults: FieldDefaults = panel.fieldConfig?.defaults ?? {};
  const value = series[0]?.points.at(-1)?.[1];
  const steps = defaults.thresholds?.steps ?? [];
  const reached =
    steps.findLast((step) => step.value === null || (value ?? 0) >= step.value)?.color ?? 'text';
  const isEmpty = value === undefined;
  const namesOnly = panel.options?.textMode === 'name' || (panel.title === 'Builds' && !isEmpty);
  const background = isEmpty
    ? undefined
    : backgrounds[panel.options?.colorMode === 'background' ? reached : ''];
  const words = isEmpty
    ? [defaults.noValue ?? 'No data']
    : namesOnly
      ? series.map(({ name }) => name)
      : [valueIn(defaults.unit, value, defaults.decimals)];
  const size = namesOnly || isEmpty ? 14 : 32;
  return `<section style="${place}${background === undefined ? '' : `;background:${background}`}"><h2>${escaped(panel.title)}</h2>
<div class="stat" style="font-size:${size}px;padding-bottom:${height > 90 ? 18 : 6}px">${words.map((word) => `<span>${escaped(word)}</span>`).join('')}</div></section>`;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly phases: readonly Phase[];
  readonly lastSecond: number;
}

function drawTimeSeries({ panel, series }: DrawnPanel, place: string, frame: Frame): string {
  const defaults: FieldDefaults = panel.fieldConfig?.defaults ?? {};
  const shown = series.filter(({ points }) => points.length > 0);
  const coloured = colourAll(
    panel,
    shown.map(({ name }) => name),
  );
  const legendLines = linesOf(
    shown.map(({ name }) => name),
    frame.width - 16,
  );
  const chartHeight = frame.height - 26 - legendLines * 15 - 8;
  const isStacked = defaults.custom?.stacking?.mode === 'normal';
  const layers = isStacked
    ? stack(shown)
    : shown.map(({ points }) => points.map(([at, top]) => [at, 0, top] as const));
  const most = Math.max(0, ...layers.flat().map(([, , top]) => top));
  const { ceiling, step } = scaleTo(most, defaults.unit);
  const [left, right, top, bottom] = [defaults.unit === 'reqps' ? 58 : 52, 10, 14, 18];
  const x = (seconds: number) => left + (seconds / frame.lastSecond) * (frame.width - left - right);
  const y = (value: number) => chartHeight - bottom - (value / ceiling) * (chartHeight - top - bottom);
  const point = (seconds: number, value: number) => `${x(seconds).toFixed(1)},${y(value).toFixed(1)}`;

  const bands = frame.phases.map(({ fromSeconds, toSeconds, colour }, index) => {
    const [from, to] = [x(fromSeconds), x(Math.min(toSeconds, frame.lastSecond))];
    return `<rect x="${from.toFixed(1)}" y="0" width="${(to - from).toFixed(1)}" height="${chartHeight - bottom}" fill="${colour}" fill-opacity="0.1"/><text x="${((from + to) / 2).toFixed(1)}" y="10" text-anchor="middle" style="fill:${colour};font-weight:700">${letterOf(index)}</text>`;
  });
  const grid = Array.from({ length: Math.round(ceiling / step) + 1 }, (_, index) => index * step).map(
    (value) =>
      `<line x1="${left}" x2="${frame.width - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ccccdc" stroke-opacity="0.1"/><text x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escaped(valueIn(defaults.unit, value))}</text>`,
  );
  const everySeconds = frame.lastSecond > 400 ? 120 : 30;
  const times = Array.from(
    { length: Math.floor(frame.lastSecond / everySeconds) + 1 },
    (_, index) => index * everySeconds,
  ).map(
    (seconds) =>
      `<text x="${x(seconds).toFixed(1)}" y="${chartHeight - 4}" text-anchor="middle">${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}</text>`,
  );
  const opacity = (defaults.custom?.fillOpacity ?? 0) / 100;
  const lines = layers.flatMap(piecesOf).map(({ layer, index }) => {
    const colour = coloured[index] ?? '#fff';
    const area = [
      ...layer.map(([at, , value]) => point(at, value)),
      ...layer.toReversed().map(([at, base]) => point(at, base)),
    ];
    return `<polygon points="${area.join(' ')}" fill="${colour}" fill-opacity="${isStacked ? Math.max(opacity, 0.45) : opacity}"/><polyline points="${layer.map(([at, , value]) => point(at, value)).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-linejoin="round"/>`;
  });
  const legend = shown.map(
    ({ name }, index) => `<span><i style="background:${coloured[index]}"></i>${escaped(name)}</span>`,
  );
  return `<section style="${place}"><h2>${escaped(panel.title)}</h2><svg width="${frame.width}" height="${chartHeight}" style="display:block">${[...bands, ...grid, ...times, ...lines].join('')}</svg><div class="legend">${legend.join('')}</div></section>`;
}

type Layer = readonly (readonly [seconds: number, base: number, top: number])[];

// A series without a point at a moment adds nothing there.
function stack(series: readonly DrawnSeries[]): Layer[] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))].sort((a, b) => a - b);
  const heights = new Map(times.map((at) => [at, 0]));
  return series.map(({ points }) => {
    const values = new Map(points);
    return times.map((at) => {
      const base = heights.get(at) ?? 0;
      const top = base + (values.get(at) ?? 0);
      heights.set(at, top);
      return [at, base, top] as const;
    });
  });
}

/** The parts of a layer between gaps in its data, such as those of a replica that was down. */
function piecesOf(layer: Layer, index: number): { layer: Layer; index: number }[] {
  const pieces: (readonly [number, number, number])[][] = [];
  for (const point of layer) {
    const before = pieces.at(-1)?.at(-1);
    if (before === undefined || point[0] - before[0] > longestGapSeconds) pieces.push([point]);
    else pieces.at(-1)?.push(point);
  }
  return pieces.map((piece) => ({ layer: piece, index }));
}

/** A color for each series: the one that the panel sets for its name, or the next one of the palette. */
function colourAll(panel: Panel, names: readonly string[]): string[] {
  const used = new Map<string, number>();
  let next = 0;
  return names.map((name) => {
    const override = panel.fieldConfig?.overrides.find(({ matcher }) =>
      matcher.id === 'byName'
        ? matcher.options === name
        : new RegExp(matcher.options.slice(1, -1)).test(name),
    );
    const said = override?.properties[0]?.value;
    if (said === undefined) {
      const colour = colours[palette[next % palette.length] ?? ''] ?? '#fff';
      next += 1;
      return colour;
    }
    const colour = colours[said.fixedColor] ?? said.fixedColor;
    const nth = used.get(colour) ?? 0;
    used.set(colour, nth + 1);
    return said.mode === 'shades' ? shadeOf(colour, nth) : colour;
  });
}

/** The nth shade of a color, lighter and darker in turn. */
function shadeOf(colour: string, nth: number): string {
  const share = Math.min(80, Math.ceil(nth / 2) * 30);
  return `color-mix(in srgb, ${colour}, ${nth % 2 === 1 ? 'white' : 'black'} ${share}%)`;
}

/** The number of lines of a legend, at some six pixels a letter. */
function linesOf(names: readonly string[], width: number): number {
  let lines = names.length === 0 ? 0 : 1;
  let used = 0;
  for (const name of names) {
    const wide = name.length * 6.3 + 27;
    if (used > 0 && used + wide > width) {
      lines += 1;
      used = 0;
    }
    used += wide;
  }
  return lines;
}

/** A round number at or above the maximum, and the distance between the grid lines below it. */
function scaleTo(most: number, unit: string | undefined): { ceiling: number; step: number } {
  const base = unit === 'bytes' ? 1024 * 1024 : 1;
  const rough = (most === 0 ? (unit === 'percentunit' ? 0.01 : 1) : most) / base / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10) * magnitude * base;
  return { ceiling: Math.max(step, Math.ceil(most / step) * step), step };
}

/** Formats a value of this unit like Grafana. */
function valueIn(unit: string | undefined, value: number, decimals?: number): string {
  const rounded = (number: number): string =>
    decimals === undefined ? String(Number(number.toPrecision(3))) : number.toFixed(decimals);
  switch (unit) {
    case 'percentunit':
      return `${rounded(value * 100)} %`;
    case 'reqps':
      return `${rounded(value)} req/s`;
    case 's':
      return value !== 0 && value < 1 ? `${rounded(value * 1000)} ms` : `${rounded(value)} s`;
    case 'bytes':
      return `${rounded(value / 1024 / 1024)} MiB`;
    default:
      return rounded(value);
  }
}

function letterOf(index: number): string {
  return String.fromCharCode(65 + index);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
