import 'reflect-metadata';
import type { GraphModule } from '../graph/graph-module.ts';
import { CustomerEvaluationLoader } from './customer-evaluation.loader.ts';
import { CustomerEvaluationResolver } from './customer-evaluation.resolver.ts';
import type { CustomerEvaluationDependencies } from './dependencies.ts';
import { typenameOfSignals } from './signals.union.ts';

/** Customer evaluations, as a part of the graph. Without dependencies, its schema can be printed and nothing run. */
export function customerEvaluationModule(
  dependencies: CustomerEvaluationDependencies | undefined,
): GraphModule {
  const loader = dependencies && new CustomerEvaluationLoader(dependencies.api);
  return {
    resolver: CustomerEvaluationResolver,
    instance: dependencies && loader && new CustomerEvaluationResolver(dependencies, loader),
    entities: {
      CustomerEvaluation: loader && ((id, context) => loader.load(id, context)),
      // Whoever owns customers resolves it.
      StripeCustomer: undefined,
    },
    unions: { Signals: typenameOfSignals },
    callsOf: {
      // Whose evaluation a bound caller reports on is asked of Stripe first.
      reportCustomerEvaluation: ({ permissions }) =>
        permissions.customer.kind === 'any' ? (dependencies?.api.callsOfReport ?? 1) : 2,
    },
  };
}
