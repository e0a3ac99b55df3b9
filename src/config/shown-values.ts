/** The value of a setting that is not secret, as it may be shown. It may be invalid. */
export function shownValue(name: string, value: string): string {
  return name.endsWith('_ENDPOINT') ? shownCollector(value) : withoutCredentials(value);
}

/**
 * A collector's URL as it may be shown: some collectors take a token in another path than OTLP's, or in the query. It may
 * be invalid, if it is being refused or is not read.
 */
export function shownCollector(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    return withoutCredentials(text).replace(/^((?:\w+:\/\/)?[^/?#]*)[/?#].*/s, '$1/…');
  const { origin, pathname, search } = url;
  const path = /^(\/v1\/traces)*\/?$/.test(pathname) ? pathname.replace(/\/$/, '') : '/…';
  return `${origin}${path}${search === '' ? '' : '?…'}`;
}

/** A value without the user and password of a URL in it. */
function withoutCredentials(value: string): string {
  const start = value.indexOf('//');
  // The last one: some URL parsers accept `@` and `/` within a password.
  const end = value.lastIndexOf('@');
  return start < 0 || end < start ? value : `${value.slice(0, start)}//•••${value.slice(end)}`;
}
