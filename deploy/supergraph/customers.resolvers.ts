/*
 * The resolvers of the subgraph to play with, which knows a name for every customer. A company would look up here which
 * of its customers a `cus_…` is.
 */
interface Reference {
  readonly id: string;
}

const customer = ({ id }: Reference) => ({
  id,
  name: `The customer ${id}`,
  stripeCustomer: { id: `cus_${id}` },
});
const stripeCustomer = ({ id }: Reference) => ({ id, customer: customer({ id: id.replace(/^cus_/, '') }) });

export const customersResolvers = {
  Query: { customer: (_source: unknown, reference: Reference) => customer(reference) },
  Customer: { __resolveReference: customer },
  StripeCustomer: { __resolveReference: stripeCustomer },
};
