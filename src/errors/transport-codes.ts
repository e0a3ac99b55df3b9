// Not all of them contain CERT. Source: https://nodejs.org/api/tls.html#x509-certificate-error-codes
const tls = /CERT|TLS|SSL|LEAF_SIGNATURE|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH/;

/** Whether a transport error's code is about a certificate or the TLS protocol. */
export function isTlsCode(code: string): boolean {
  return tls.test(code);
}

const tooMuch: ReadonlySet<string> = new Set([
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
  'UND_ERR_HEADERS_OVERFLOW',
  'TOO_MANY_CHUNKS',
  'TOO_MANY_INTERIM_RESPONSES',
]);

/** Whether a transport error's code means that the bytes received are not valid HTTP or exceed the size limit. */
export function isUnreadableCode(code: string): boolean {
  return code === 'HTTPParserError' || code.startsWith('HPE_') || tooMuch.has(code);
}
