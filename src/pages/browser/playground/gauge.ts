import type { CustomerEvaluationRiskLevel } from '../../../../schema/generated/customer-evaluations.ts';
import type { Reading } from './verdict.ts';

type Band = 'normal' | 'elevated' | 'highest';

/** Each level's advice and band. A missing level does not compile. */
const levels: Readonly<Record<CustomerEvaluationRiskLevel, { name: string; band?: Band; advice: string }>> = {
  HIGHEST: { name: 'highest risk', band: 'highest', advice: 'Block, or ask for proof.' },
  ELEVATED: { name: 'elevated risk', band: 'elevated', advice: 'Look closer, or add a check.' },
  NORMAL: { name: 'normal risk', band: 'normal', advice: 'Nothing unusual: let in.' },
  LOW: { name: 'low risk', band: 'normal', advice: 'Less risk than usual: let in.' },
  NOT_ASSESSED: { name: 'not assessed', advice: 'Stripe made no assessment.' },
  UNKNOWN: { name: 'an unrecognized level', advice: 'Decide by the score.' },
};
const noLevel: (typeof levels)[CustomerEvaluationRiskLevel] = {
  name: 'no level',
  advice: 'Decide by the score.',
};

// Stripe's bands: normal 0–64, elevated 65–74, highest 75–100.
const bands: readonly { name: Band; from: number; to: number }[] = [
  { name: 'normal', from: 0, to: 65 },
  { name: 'elevated', from: 65, to: 75 },
  { name: 'highest', from: 75, to: 100 },
];

const levelOf = ({ riskLevel }: Reading) => (riskLevel === null ? noLevel : levels[riskLevel]);

/** A reading in words, for people who cannot see the gauge. */
export function wordsOf(reading: Reading): string {
  const { name } = levelOf(reading);
  return reading.score === null ? `${name}, no score` : `${reading.score} of 100, ${name}`;
}

/** Draws a reading as a gauge: with a needle if there is a score, otherwise only with the level's band. */
export function gaugeOf(signal: string, reading: Reading): HTMLElement {
  const { name, band, advice } = levelOf(reading);
  const level = (tag: 'span' | 'strong') =>
    element(tag, band === undefined ? {} : { class: `level ${band}` }, name);
  const words = element('p', { class: 'reading' });
  if (reading.score === null) {
    words.append(level('strong'));
    return figure(signal, dial(band), words, element('p', {}, `There is no score. ${advice}`));
  }
  const shown = Math.min(Math.max(reading.score, 0), 100);
  const meter = element('div', { role: 'meter', 'aria-label': signal });
  for (const [property, value] of Object.entries({ min: 0, max: 100, now: shown, text: wordsOf(reading) })) {
    meter.setAttribute(`aria-value${property}`, String(value));
  }
  meter.append(dial(band, shown));
  words.append(element('strong', {}, String(reading.score)), level('span'));
  return figure(signal, meter, words, element('p', {}, advice));
}

/** Draws an empty gauge with the reason. */
export function gaugeWithout(title: string, why: string): HTMLElement {
  return figure(title, dial(), element('p', { class: 'reading hint' }, why));
}

/** Draws a gauge whose signal arrives later. */
export function gaugeAwaiting(signal: string): HTMLElement {
  const made = gaugeWithout(signal, 'waiting…');
  made.classList.add('waiting');
  return made;
}

function figure(title: string, ...parts: readonly Element[]): HTMLElement {
  const made = element('div', { class: 'gauge' });
  made.append(element('h3', {}, title), ...parts);
  return made;
}

/** The half circle of bands, one of them highlighted, with a needle if there is a score. */
function dial(shining?: Band, score?: number): SVGElement {
  const svg = drawing('svg', { viewBox: '0 -2 200 120', 'aria-hidden': 'true' });
  for (const { name, from, to } of bands) {
    const shines = name === shining ? 'shines' : '';
    svg.append(drawing('path', { class: `band ${name} ${shines}`, d: arc(from + 0.6, to - 0.6) }));
  }
  for (const mark of [0, ...bands.map(({ to }) => to)]) {
    // The labels at the ends are below the arc, where three digits fit.
    const [x, y] = mark % 100 === 0 ? [String(18 + mark * 1.64), '114'] : pointAt(mark, 99);
    svg.append(drawing('text', { x, y }, String(mark)));
  }
  if (score === undefined) return svg;
  const needle = drawing('g', { transform: `rotate(${score * 1.8 - 90} 100 100)` });
  needle.append(
    drawing('path', { class: 'needle', d: 'M97 100 L100 34 L103 100 Z' }),
    drawing('circle', { class: 'needle', cx: '100', cy: '100', r: '6' }),
  );
  svg.append(needle);
  return svg;
}

/** An arc of the half circle around 100, 100, from one score to another. */
function arc(from: number, to: number): string {
  return `M${pointAt(from, 82).join(' ')} A82 82 0 0 1 ${pointAt(to, 82).join(' ')}`;
}

/** The point of a score on a circle around 100, 100. */
function pointAt(score: number, radius: number): [x: string, y: string] {
  const angle = Math.PI * (1 - score / 100);
  return [(100 + radius * Math.cos(angle)).toFixed(2), (100 - radius * Math.sin(angle)).toFixed(2)];
}

type Attributes = Readonly<Record<string, string>>;

function element(name: string, attributes: Attributes, text = ''): HTMLElement {
  return withAttributes(document.createElement(name), attributes, text);
}

function drawing(name: string, attributes: Attributes, text = ''): SVGElement {
  return withAttributes(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, text);
}

function withAttributes<Made extends Element>(made: Made, attributes: Attributes, text: string): Made {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
