/** How a stand-in for the upstream reads requests and responds to them, by URL. */
export interface UpstreamDialect {
  /** The id of the evaluation in the URL. */
  readonly asked: string | undefined;
  /** The fields of a body; those of JSON have the names that a form would give them. */
  fieldsOf(body: string): URLSearchParams;
  /** The id of the n-th evaluation. */
  idOf(n: number): string;
  /** The response about an evaluation made from `fields`, or about a report on it. */
  answer(id: string, fields: URLSearchParams, how: 'made' | 'read'): string;
}

export function dialectOf(url = ''): UpstreamDialect {
  const [, asked] = /\/(?:customer|account)_evaluations\/([^/?]+)/.exec(url) ?? [];
  const id = asked === undefined ? undefined : decodeURIComponent(asked);
  return url.startsWith('/v2/') ? { ...v2, asked: id, answer: answersOf(url) } : { ...v1, asked: id };
}

const v1 = {
  fieldsOf: (body: string) => new URLSearchParams(body),
  idOf: (n: number) => `ceval_${n}`,
  answer: (id: string, fields: URLSearchParams) => {
    const signal = { score: 12.5, evaluated_at: 1715769600, risk_level: 'normal' };
    // Reads and reports name no event type, so the response is a registration.
    const eventType = fields.get('event_type') ?? 'registration';
    return JSON.stringify({
      id,
      object: 'radar.customer_evaluation',
      event_type: eventType,
      livemode: false,
      created_at: 1715769600,
      customer: null,
      events: null,
      signals: eventType === 'login' ? { account_sharing: signal } : { multi_accounting: signal },
    });
  },
};

const v2 = {
  fieldsOf: (body: string) => new URLSearchParams(body === '' ? [] : flattened(JSON.parse(body))),
  idOf: (n: number) => `acctevl_${n}`,
};

const time = '2024-05-15T10:40:00.000Z';

/** With this prefix of the Radar Session, v2 leaves the evaluation pending until it is read. */
export const awaited = 'rse_awaited_';

const answersOf = (url: string) => (id: string, fields: URLSearchParams, how: 'made' | 'read') => {
  if (/\/account_activit(y|ies)$/.test(url)) {
    return JSON.stringify({
      id,
      object: 'v2.signals.account_activity',
      created: time,
      occurred_at: time,
      livemode: false,
      type: fields.get('type'),
    });
  }
  const kind = fields.get('requested_signals[0]') ?? 'user_multi_accounting';
  const isPending = how === 'made' && [...fields.values()].some((value) => value.startsWith(awaited));
  return JSON.stringify({
    id,
    object: 'v2.signals.account_evaluation',
    created: time,
    livemode: false,
    account_details: { customer: fields.get('account_details[customer]') ?? 'cus_1' },
    requested_signals: [kind],
    pending_signals: isPending ? [kind] : [],
    evaluated_signals: isPending
      ? undefined
      : { [kind]: { risk_level: 'normal', score: '12.5', evaluated_at: time } },
  });
};

function flattened(value: unknown, name = ''): [string, string][] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, item]) =>
    flattened(item, name === '' ? key : `${name}[${key}]`),
  );
}
