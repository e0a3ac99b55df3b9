/**
 * A key for one attempt. Not `crypto.randomUUID`: that exists only on https and localhost, and phones call by IP
 * address.
 */
export function generateKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
