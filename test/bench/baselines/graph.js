// The gateway's graph, written by hand.
export const typeDefs = /* GraphQL */ `
  type Query { ping: String }
  type Mutation { createCustomerEvaluation(input: CreateCustomerEvaluationInput!): Payload }
  input CreateCustomerEvaluationInput { eventType: EventType! evaluationContext: [EvaluationContextInput!]! idempotencyKey: String }
  enum EventType { LOGIN REGISTRATION }
  input EvaluationContextInput { clientDetails: ClientDetailsInput customerDetails: CustomerDetailsInput }
  input ClientDetailsInput { radarSession: ID }
  input CustomerDetailsInput { customer: ID customerData: CustomerDataInput }
  input CustomerDataInput { email: String name: String phone: String }
  type Payload { customerEvaluation: CustomerEvaluation errors: [Error!]! idempotencyKey: String! }
  type Error { code: String! message: String! path: [String!] }
  type CustomerEvaluation { id: ID! eventType: EventType! livemode: Boolean! createdAt: String! customer: Customer signals: Signals }
  type Customer { id: ID! }
  union Signals = LoginSignals | RegistrationSignals
  type LoginSignals { accountSharing: Signal }
  type RegistrationSignals { multiAccounting: Signal }
  type Signal { score: Float! riskLevel: String evaluatedAt: String! }
`;

const signal = (wire) =>
  wire && {
    score: wire.score,
    riskLevel: wire.risk_level?.toUpperCase(),
    evaluatedAt: new Date(wire.evaluated_at * 1000).toISOString(),
  };

export function fromStripe(wire) {
  return {
    id: wire.id,
    eventType: wire.event_type.toUpperCase(),
    livemode: wire.livemode,
    createdAt: new Date(wire.created_at * 1000).toISOString(),
    customer: wire.customer && { id: wire.customer },
    signals: {
      __typename: wire.event_type === 'login' ? 'LoginSignals' : 'RegistrationSignals',
      accountSharing: signal(wire.signals?.account_sharing),
      multiAccounting: signal(wire.signals?.multi_accounting),
    },
  };
}

/** The resolvers; `call` makes the upstream call: `(input, idempotencyKey) => wire object`. */
export function resolvers(call) {
  return {
    Mutation: {
      createCustomerEvaluation: async (_root, { input }) => {
        const idempotencyKey = input.idempotencyKey ?? crypto.randomUUID();
        return {
          customerEvaluation: fromStripe(await call(input, idempotencyKey)),
          errors: [],
          idempotencyKey,
        };
      },
    },
    Signals: { __resolveType: (signals) => signals.__typename },
  };
}
