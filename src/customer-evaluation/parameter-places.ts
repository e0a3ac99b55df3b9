import type { Places } from '../graph/error-path.ts';

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
export const parameterPlaces = {
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
} as const satisfies Record<string, Places>;
