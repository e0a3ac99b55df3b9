import type { Place, Places } from '../../graph/error-path.ts';
import type { Report } from '../report.ts';

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

/** Where the parameters of a creation are in the client's input. */
export const createPlaces: Places = {
  event_type: { at: ['eventType'] },
  evaluation_context: { at: ['evaluationContext'], below: contextEntry, indexed: true },
};

/** Where the parameters of a report are, by the variant that the client chose. */
export function reportPlaces({ path }: Report): Places {
  const variant = path.slice(1);
  const customer: Place = { at: [...variant, 'customer'] };
  const failed: Place = { at: variant, below: { reason: { at: ['reason'] } } };
  return {
    id: { at: ['id'] },
    // The upstream's `type` follows from the chosen variant.
    type: { at: ['report'] },
    login_failed: failed,
    registration_failed: failed,
    registration_success: { at: variant, below: { customer: { at: ['customer'] } } },
    // Only `outcome` has a field for it.
    status: { at: variant.at(-1) === 'outcome' ? [...variant, 'status'] : variant },
    customer,
  };
}
