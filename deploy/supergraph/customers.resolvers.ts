/*
 * The resolvers of the demo subgraph, which has a name for every customer. A company would look up its own customer for
 * a `cus_…` here.
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
