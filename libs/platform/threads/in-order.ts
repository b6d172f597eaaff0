/** How far work runs ahead of the reader. */
export interface Ahead {
  /** Items at work, with results that wait for their turn, at most. */
  readonly itemsMax: number;
  /** Whether what is at work fills the memory that it may: then only `itemsMin` are at work. */
  readonly isFull?: () => boolean;
  readonly itemsMin?: number;
}

/** Persons or pieces that a thread is ahead of the reader: behind one that takes long the other threads go on. */
const AHEAD_OF_A_THREAD = 4;

/** So that a number of threads always has work, while memory permits; one more is made ready meanwhile in any case. */
export function aheadOf(threads: number, isFull = (): boolean => false): Ahead {
  return { itemsMax: AHEAD_OF_A_THREAD * threads + 1, isFull, itemsMin: threads + 1 };
}

/**
 * Works on items ahead of the reader, several at once, and gives the results in the order of the items: what comes out does
 * not depend on how many threads there are. When the reader stops or an item fails, no further item is taken and those at
 * work are waited for.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { itemsMax, isFull = () => false, itemsMin = 1 }: Ahead,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const atWork: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => undefined); // told when its turn comes
      atWork.push(result);
      while (atWork.length >= itemsMax || (atWork.length >= itemsMin && isFull())) yield await atWork.shift()!;
    }
    while (atWork.length > 0) yield await atWork.shift()!;
  } finally {
    await Promise.allSettled(atWork);
  }
}
