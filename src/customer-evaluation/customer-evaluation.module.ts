import 'reflect-metadata';
import type { GraphModule } from '../graph/graph-module.ts';
import { CustomerEvaluationLoader } from './customer-evaluation.loader.ts';
import { CustomerEvaluationResolver } from './customer-evaluation.resolver.ts';
import type { CustomerEvaluationDependencies } from './dependencies.ts';
import { typenameOfSignals } from './signals.union.ts';

/** Customer evaluations as a module of the graph. Without dependencies, its schema can only be printed. */
export function customerEvaluationModule(
  dependencies: CustomerEvaluationDependencies | undefined,
): GraphModule {
  const loader = dependencies && new CustomerEvaluationLoader(dependencies.api);
  return {
    resolver: CustomerEvaluationResolver,
    instance: dependencies && loader && new CustomerEvaluationResolver(dependencies, loader),
    entities: {
      CustomerEvaluation: loader && ((id, context) => loader.load(id, context)),
      // The subgraph that owns customers resolves it.
      StripeCustomer: undefined,
    },
    unions: { Signals: typenameOfSignals },
    callsOf: {
      // For a caller bound to a customer, a retrieval first checks that the evaluation is the caller's own.
      reportCustomerEvaluation: ({ permissions }) =>
        permissions.customer.kind === 'any' ? (dependencies?.api.callsOfReport ?? 1) : 2,
    },
  };
}
