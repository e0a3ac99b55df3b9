/** The mutations whose parameters the upstream may refuse, by their names in the graph. */
export type MutationName = 'createCustomerEvaluation' | 'reportCustomerEvaluation';

/** An upstream parameter's place in the client's input, and the parameters below it. */
interface Place {
  /** What is added to the path; nothing where the upstream's level has no counterpart. */
  readonly at: readonly string[];
  readonly below?: Places;
  /** The parameter is an array: its indices are the client's, since the order of entries is kept. */
  readonly indexed?: true;
}
type Places = Readonly<Record<string, Place>>;

const customerData: Places = {
  email: { at: ['email'] },
  name: { at: ['name'] },
  phone: { at: ['phone'] },
};
const clientData: Places = {
  ip: { at: ['ip'] },
  referrer: { at: ['referrer'] },
  user_agent: { at: ['userAgent'] },
};
const contextEntry: Places = {
  client_details: {
    at: ['clientDetails'],
    below: { radar_session: { at: ['radarSession'] }, data: { at: ['data'], below: clientData } },
  },
  customer_details: {
    at: ['customerDetails'],
    below: { customer: { at: ['customer'] }, customer_data: { at: ['customerData'], below: customerData } },
  },
};

/** The upstream's names of a mutation's parameters, and what the client calls them. */
const places: Readonly<Record<MutationName, Places>> = {
  createCustomerEvaluation: {
    event_type: { at: ['eventType'] },
    evaluation_context: { at: ['evaluationContext'], below: contextEntry, indexed: true },
  },
  reportCustomerEvaluation: {
    id: { at: ['id'] },
    // Which variant was chosen is what the upstream's `type` says.
    type: { at: ['report'] },
    login_failed: { at: ['report', 'loginFailed'], below: { reason: { at: ['reason'] } } },
    registration_success: {
      at: ['report', 'registrationSucceeded'],
      below: { customer: { at: ['customer'] } },
    },
    registration_failed: { at: ['report', 'registrationFailed'], below: { reason: { at: ['reason'] } } },
    status: { at: ['report', 'outcome', 'status'] },
    customer: { at: ['report', 'outcome', 'customer'] },
  },
};

/**
 * Translates the upstream's `evaluation_context[0][client_details][radar_session]` to the field as the client
 * wrote it: `['input', 'evaluationContext', '0', 'clientDetails', 'radarSession']`. Ends before the first name
 * that no client wrote, such as an entry's `type`; undefined where not even the first is the client's.
 */
export function clientPath(param: string | undefined, mutation: MutationName): string[] | undefined {
  const path = ['input'];
  let below: Places = places[mutation];
  let indexed = false;
  for (const name of param?.match(/[^[\]]+/g) ?? []) {
    if (indexed && /^\d{1,6}$/.test(name)) {
      path.push(name);
      indexed = false;
      continue;
    }
    const place = Object.hasOwn(below, name) ? below[name] : undefined;
    if (place === undefined) break;
    path.push(...place.at);
    below = place.below ?? {};
    indexed = place.indexed ?? false;
  }
  return path.length > 1 ? path : undefined;
}
