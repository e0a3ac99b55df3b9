/** The names of these calls in the order in which they end, however each of them ends. */
export async function orderOfEnds(calls: Readonly<Record<string, Promise<unknown>>>): Promise<string[]> {
  const ended: string[] = [];
  await Promise.allSettled(Object.entries(calls).map(([name, call]) => call.finally(() => ended.push(name))));
  return ended;
}
