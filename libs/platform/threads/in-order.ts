/**
 * Works on items ahead of the reader, so many at once, and gives the results in the order of the items: what comes out does
 * not depend on how many threads there are, and memory holds so many results at most. When the reader stops or an item
 * fails, no further item is taken and those at work are waited for.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  aheadMax: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const atWork: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => undefined); // told when its turn comes
      atWork.push(result);
      if (atWork.length >= aheadMax) yield await atWork.shift()!;
    }
    while (atWork.length > 0) yield await atWork.shift()!;
  } finally {
    await Promise.allSettled(atWork);
  }
}
