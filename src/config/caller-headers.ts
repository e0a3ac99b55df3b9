/** The headers in which a router names its caller and the caller's rights. See docs/security.md, “A router”. */
export const callerHeaders = [
  'x-caller-subject',
  'x-caller-issuer',
  'x-caller-scopes',
  'x-caller-customer',
  'x-caller-account',
] as const;
