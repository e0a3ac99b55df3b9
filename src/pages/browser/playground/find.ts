/** Finds an element of the page. Throws if it does not exist. */
export function find<Found extends Element>(
  selector: string,
  type: abstract new (...args: never[]) => Found,
  within: ParentNode = document,
): Found {
  const found = within.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`);
  return found;
}
