import { evaluate, type BlockFacts } from './evaluate';
import type { Plan } from './plan';

/** One block of one question. */
export interface BlockTask {
  readonly plan: Plan;
  readonly block: BlockFacts;
}

/** Whom the criteria hold for, and the steps as of `evaluate`. */
export interface BlockAnswer {
  /** slot & 65535. */
  readonly slots: Uint16Array;
  readonly steps: readonly number[];
  readonly depths: Uint8Array;
  /** Of each of the slots; null without an entry. */
  readonly entryDays: Int32Array | null;
}

export function evaluateSlots({ plan, block }: BlockTask): BlockAnswer {
  const { held, steps, depths, entryDays } = evaluate(plan, block);
  const slots = new Uint16Array(steps.at(-1)!);
  const days = entryDays && new Int32Array(slots.length);
  let count = 0;
  for (let slot = 0; slot < held.length; slot += 1) {
    if (held[slot] === 0) continue;
    slots[count] = slot;
    if (days) days[count] = entryDays![slot]!;
    count += 1;
  }
  return { slots, steps, depths, entryDays: days };
}
