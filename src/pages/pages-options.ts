import type { Config } from '../config/config.ts';
import { capabilitiesOf } from '../stripe/versions.ts';
import type { PagesOptions } from './pages.ts';

/** What the pages show, or undefined where they are off. */
export function pagesOptionsOf(
  { explorer, mode, stripe }: Config,
  playground: PagesOptions['playground'],
): PagesOptions | undefined {
  if (!explorer) return undefined;
  const { outcomeReports, retrieve } = capabilitiesOf(stripe.apiVersion);
  return {
    facts: {
      mode,
      upstreamVersion: stripe.apiVersion,
      reports: outcomeReports ? 'outcomes' : 'events',
      retrieves: retrieve,
      customerData: true,
    },
    playground,
  };
}
