/** The names of these calls in the order in which they settle. */
export async function orderOfEnds(calls: Readonly<Record<string, Promise<unknown>>>): Promise<string[]> {
  const ended: string[] = [];
  await Promise.allSettled(Object.entries(calls).map(([name, call]) => call.finally(() => ended.push(name))));
  return ended;
}
