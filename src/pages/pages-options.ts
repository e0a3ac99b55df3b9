import type { Config } from '../config/config.ts';
import { capabilitiesOf } from '../stripe/versions.ts';
import type { PagesOptions } from './pages.ts';

/** The options of the pages; undefined if they are off. */
export function pagesOptionsOf(
  { explorer, mode, stripe, stripeApi }: Config,
  playground: PagesOptions['playground'],
): PagesOptions | undefined {
  if (!explorer) return undefined;
  const isV2 = stripeApi === 'v2';
  const { outcomeReports, retrieve } = capabilitiesOf(stripe.apiVersion);
  return {
    info: {
      mode,
      stripeApi,
      upstreamVersion: stripe.apiVersion,
      reports: isV2 || outcomeReports ? 'outcomes' : 'events',
      retrieves: isV2 || retrieve,
      customerData: !isV2,
    },
    playground,
  };
}
