import { createHash } from 'node:crypto';

// The same input has the same score on every machine; squared, since most customers are honest.
export function scoreOf(params: object): number {
  const digest = createHash('sha256').update(JSON.stringify(params)).digest();
  const share = digest.readUInt32BE(0) / 2 ** 32;
  return Math.round(share ** 2 * 10_000) / 100;
}

// The bands of Stripe's guide: highest 75–100, elevated 65–74, normal 0–64.
export function bandOf(score: number): 'highest' | 'elevated' | 'normal' {
  if (score >= 75) return 'highest';
  return score >= 65 ? 'elevated' : 'normal';
}
