import type { CustomerEvaluationRiskLevel } from '../../../../schema/generated/customer-evaluations.ts';
import type { Reading } from './verdict.ts';

/** What each level advises. A level that is forgotten here does not compile. */
const levels: Readonly<Record<CustomerEvaluationRiskLevel, { name: string; advice: string }>> = {
  HIGHEST: { name: 'highest risk', advice: 'Block, or ask for proof.' },
  ELEVATED: { name: 'elevated risk', advice: 'Look closer, or add a check.' },
  NORMAL: { name: 'normal risk', advice: 'Nothing unusual: let in.' },
  LOW: { name: 'low risk', advice: 'Less risk than usual: let in.' },
  NOT_ASSESSED: { name: 'not assessed', advice: 'Stripe made no assessment.' },
  UNKNOWN: { name: 'a level that is not known here', advice: 'Decide by the score.' },
};
const noLevel = { name: 'no level', advice: 'Decide by the score.' };

// Stripe's bands: normal 0–64, elevated 65–74, highest 75–100.
const bands = [
  { name: 'normal', from: 0, to: 65 },
  { name: 'elevated', from: 65, to: 75 },
  { name: 'highest', from: 75, to: 100 },
];

/** The words of a reading: all that the gauge shows, for who does not see it. */
export function wordsOf({ score, riskLevel }: Reading): string {
  return `${score} of 100, ${(riskLevel === null ? noLevel : levels[riskLevel]).name}`;
}

/** Draws a reading as a gauge. */
export function gaugeOf(signal: string, reading: Reading): HTMLElement {
  const { score, riskLevel } = reading;
  const level = riskLevel === null ? noLevel : levels[riskLevel];
  const shown = Math.min(Math.max(score, 0), 100);

  const meter = element('div', { class: 'meter', role: 'meter', 'aria-label': signal });
  for (const [name, value] of Object.entries({ min: 0, max: 100, now: shown, text: wordsOf(reading) })) {
    meter.setAttribute(`aria-value${name}`, String(value));
  }
  const svg = drawing('svg', { viewBox: '0 0 200 112', 'aria-hidden': 'true' });
  for (const { name, from, to } of bands) {
    svg.append(drawing('path', { class: `band ${name}`, d: arc(from + 0.6, to - 0.6) }));
  }
  const turn = `rotate(${shown * 1.8 - 90} 100 100)`;
  svg.append(
    drawing('path', { class: 'needle', d: 'M97 100 L100 34 L103 100 Z', transform: turn }),
    drawing('circle', { class: 'needle', cx: '100', cy: '100', r: '6' }),
  );
  meter.append(svg);

  const words = element('p', { class: 'reading' });
  words.append(element('strong', {}, String(score)), ` ${level.name}`);
  const figure = element('div', { class: `gauge ${riskLevel?.toLowerCase() ?? ''}` });
  figure.append(element('h3', {}, signal), meter, words, element('p', {}, level.advice));
  return figure;
}

/** A stretch of the half circle around 100, 100, from one score to another. */
function arc(from: number, to: number): string {
  const at = (score: number): string => {
    const angle = Math.PI * (1 - score / 100);
    return `${(100 + 82 * Math.cos(angle)).toFixed(2)} ${(100 - 82 * Math.sin(angle)).toFixed(2)}`;
  };
  return `M${at(from)} A82 82 0 0 1 ${at(to)}`;
}

type Attributes = Readonly<Record<string, string>>;

function element(name: string, attributes: Attributes, text = ''): HTMLElement {
  return withAttributes(document.createElement(name), attributes, text);
}

function drawing(name: string, attributes: Attributes): SVGElement {
  return withAttributes(document.createElementNS('http://www.w3.org/2000/svg', name), attributes);
}

function withAttributes<Made extends Element>(made: Made, attributes: Attributes, text = ''): Made {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
