import { UpstreamCallError } from '../errors/upstream-call-error.ts';
import { maxProblems } from '../graph/input-validation.ts';
import { firstVersionWith, firstVersionWithout, type VersionCapabilities } from '../stripe/versions.ts';

const asks: Readonly<Record<keyof VersionCapabilities, string>> = {
  clientData: '`data` in place of a Radar Session',
  retrieve: 'retrieving an evaluation',
  eventReports: 'reporting how a login or registration ended',
  outcomeReports: 'reporting an `outcome`',
};

/**
 * Throws `UPSTREAM_UNSUPPORTED`, which says which version would do, where the configured one can't; nothing has
 * been sent then. `paths` name the fields that ask for it, if any.
 */
export function requireCapability(
  capabilities: VersionCapabilities,
  capability: keyof VersionCapabilities,
  paths: readonly (readonly string[])[],
): void {
  if (capabilities[capability]) return;
  const message = `${asks[capability]} ${needs(capability)}`;
  throw new UpstreamCallError('UPSTREAM_UNSUPPORTED', {
    effect: 'NONE',
    problems:
      paths.length === 0
        ? [{ message }]
        : paths.slice(0, maxProblems).map((path) => ({ path, message: `${path.join('.')}: ${message}` })),
  });
}

function needs(capability: keyof VersionCapabilities): string {
  const from = firstVersionWith(capability);
  const until = firstVersionWithout(capability);
  return until === undefined
    ? `needs a Stripe API version of ${from} or later; this gateway is configured for an older one.`
    : `needs a Stripe API version of ${from} or later, and before ${until}; this gateway is configured for a newer one.`;
}
