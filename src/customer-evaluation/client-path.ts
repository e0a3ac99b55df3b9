// The upstream's names of a call's parameters, and what the client calls them.
const clientNames: Readonly<Record<string, string>> = {
  event_type: 'eventType',
  evaluation_context: 'evaluationContext',
  client_details: 'clientDetails',
  radar_session: 'radarSession',
  data: 'data',
  ip: 'ip',
  referrer: 'referrer',
  user_agent: 'userAgent',
  customer_details: 'customerDetails',
  customer: 'customer',
  customer_data: 'customerData',
  email: 'email',
  name: 'name',
  phone: 'phone',
};

/**
 * Translates the upstream's `evaluation_context[0][client_details][radar_session]` to the field as the client
 * wrote it: `['input', 'evaluationContext', '0', 'clientDetails', 'radarSession']`. Indices stay, since the
 * order of entries is kept. Ends before the first name that no client wrote, such as an entry's `type`;
 * undefined where not even the first is the client's.
 */
export function clientPath(param: string | undefined): string[] | undefined {
  const path = ['input'];
  for (const name of param?.match(/[^[\]]+/g) ?? []) {
    if (/^\d{1,6}$/.test(name)) path.push(name);
    else if (Object.hasOwn(clientNames, name)) path.push(clientNames[name] as string);
    else break;
  }
  return path.length > 1 ? path : undefined;
}
