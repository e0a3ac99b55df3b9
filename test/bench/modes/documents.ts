import { gatewayWith } from '../contestants.ts';
import { cpuOf, type Figures, inTurn } from '../load.ts';
import type { Scale } from '../scale.ts';

const json = (query: string, variables: object): string => JSON.stringify({ query, variables });

const representations = (count: number): object => ({
  representations: Array.from({ length: count }, (_, index) => ({
    __typename: 'CustomerEvaluation',
    id: `ceval_${index}`,
  })),
});
const entities =
  'query($representations: [_Any!]!) { _entities(representations: $representations) { ... on CustomerEvaluation { id eventType livemode } } }';
/** Sent by hash after the first time, whatever its length. */
const sized = (bytes: number): string => `${'# '.padEnd(bytes - 20, '-')}\n{ __typename }`;

const requests: Readonly<Record<string, string>> = {
  '1 entity': json(entities, representations(1)),
  '10 entities': json(entities, representations(10)),
  '100 entities': json(entities, representations(100)),
  'document of 1 kB': json(sized(1_000), {}),
  'document of 16 kB': json(sized(16_000), {}),
};

const settings = {
  STRIPE_API_VERSION: '2026-06-24.preview',
  // Ten entities count as ten calls: more in a minute than the highest limit.
  RATE_LIMIT_PER_MINUTE: 'off',
  RATE_LIMIT_PER_ADDRESS_PER_MINUTE: 'off',
};

/**
 * CPU microseconds of entity fetches, each with one upstream call for each entity, and of documents by size, with and
 * without plans.
 */
export async function documents({ roundSeconds, warmUpSeconds }: Scale): Promise<Figures[]> {
  const measured = [gatewayWith(settings), gatewayWith({ ...settings, PREPARED_OPERATIONS: 'off' })];
  const rounds = { latencyMs: 0, rounds: 1, warmUpSeconds };
  const [withPlans, without = {}] = await inTurn(measured, rounds, async (gateway) => {
    const taken: Figures = {};
    for (const [name, body] of Object.entries(requests)) {
      await cpuOf(gateway, { body, duration: roundSeconds / 2 });
      taken[`${name}, CPU µs`] = (await cpuOf(gateway, { body, duration: roundSeconds / 2 })).cpu;
    }
    return taken;
  });
  const plansOff = Object.entries(without).map(([name, figure]) => [`plans off: ${name}`, figure]);
  return [{}, { ...withPlans, ...Object.fromEntries(plansOff) }];
}
