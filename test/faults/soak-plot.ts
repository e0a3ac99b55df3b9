/** The memory of the process at a moment. */
export interface MemorySample {
  readonly minutes: number;
  readonly residentMegabytes: number;
  readonly heapMegabytes: number;
}

const width = 760;
const height = 300;
const left = 56;
const right = 120;
const top = 34;
const bottom = 40;

/** Plots memory over time as an SVG that is readable on light and on dark pages. */
export function plotMemory(samples: readonly MemorySample[], title: string): string {
  const lastMinute = Math.max(1, ...samples.map(({ minutes }) => minutes));
  const most = Math.max(...samples.map(({ residentMegabytes }) => residentMegabytes));
  const ceiling = Math.ceil(most / 50) * 50;
  const x = (minutes: number) => left + (minutes / lastMinute) * (width - left - right);
  const y = (megabytes: number) => height - bottom - (megabytes / ceiling) * (height - top - bottom);
  const text = (atX: number, atY: number, words: string, rest = '') =>
    `<text x="${atX.toFixed(1)}" y="${atY.toFixed(1)}" ${rest}>${words}</text>`;

  const grid = Array.from({ length: ceiling / 50 + 1 }, (_, step) => step * 50).map(
    (megabytes) =>
      `<line x1="${left}" x2="${width - right}" y1="${y(megabytes).toFixed(1)}" y2="${y(megabytes).toFixed(1)}" stroke="#888" stroke-opacity="0.25"/>${text(left - 8, y(megabytes) + 4, String(megabytes), 'text-anchor="end"')}`,
  );
  const everyMinutes = Math.max(1, Math.ceil(lastMinute / 10));
  const minutes = Array.from({ length: Math.floor(lastMinute / everyMinutes) + 1 }, (_, step) =>
    text(x(step * everyMinutes), height - bottom + 18, String(step * everyMinutes), 'text-anchor="middle"'),
  );
  const lines = (
    [
      ['residentMegabytes', 'resident (RSS)', '#3b82f6'],
      ['heapMegabytes', 'heap in use', '#f59e0b'],
    ] as const
  ).map(([name, label, colour]) => {
    const points = samples.map((sample) => `${x(sample.minutes).toFixed(1)},${y(sample[name]).toFixed(1)}`);
    const end = samples.at(-1)?.[name] ?? 0;
    return `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>${text(width - right + 8, y(end) + 4, label, `fill="${colour}"`)}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12" fill="#888">
${text(left, 18, title, 'font-size="14"')}
${text(left - 8, top - 6, 'MB', 'text-anchor="end"')}
${text((left + width - right) / 2, height - 6, 'minutes', 'text-anchor="middle"')}
${[...grid, ...minutes, ...lines].join('\n')}
</svg>
`;
}
