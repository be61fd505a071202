// As many as Node's thread pool has threads: more would only wait.
const AT_ONCE = 4;

/**
 * Maps items by an asynchronous function, four at a time, in order.
 *
 * Other than `Promise.all` it never leaves work running: of a group that fails, all have ended when the error is thrown.
 */
export async function* inGroups<In, Out>(
  items: readonly In[],
  map: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const results = await Promise.allSettled(items.slice(at, at + AT_ONCE).map(map));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    for (const result of results) if (result.status === 'fulfilled') yield result.value;
  }
}
