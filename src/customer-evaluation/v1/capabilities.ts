import { UpstreamCallError } from '../../errors/upstream-call-error.ts';
import { maxProblems } from '../../graph/input-validation.ts';
import { type VersionCapabilities, versionsWith } from '../../stripe/versions.ts';

/** The capabilities that callers request by a field. Reports are translated to what the version supports. */
type Capability = Exclude<keyof VersionCapabilities, 'outcomeReports'>;

const asks: Readonly<Record<Capability, string>> = {
  clientData: '`data` in place of a Radar Session',
  retrieve: 'Retrieving an evaluation',
};

/**
 * Throws `UPSTREAM_UNSUPPORTED`, with the version that is needed, if the configured one lacks the capability, before
 * anything is sent. `paths` are the fields that need it, if any.
 */
export function requireCapability(
  capabilities: VersionCapabilities,
  capability: Capability,
  paths: readonly (readonly string[])[],
): void {
  if (capabilities[capability]) return;
  const message = `${asks[capability]} needs a Stripe API version of ${versionsWith(capability)}; this gateway is configured for an older one.`;
  throw paths.length === 0
    ? new UpstreamCallError('UPSTREAM_UNSUPPORTED', {
        effect: 'NONE',
        problems: [{ message }],
        operatorNote: message,
      })
    : UpstreamCallError.ofFields('UPSTREAM_UNSUPPORTED', paths.slice(0, maxProblems), message);
}
