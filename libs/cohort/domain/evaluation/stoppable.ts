import type { BlockTask } from './evaluate-slots';

/**
 * The same task, which calls `check` whenever facts of a code or persons are looked up: what it throws ends an evaluation between two columns. A
 * question over one block may take minutes, and its block is not left in between.
 */
export const stoppable = ({ plan, block }: BlockTask, check: () => void): BlockTask => ({
  plan,
  block: {
    ...block,
    get persons() {
      check();
      return block.persons;
    },
    get facts() {
      check();
      return block.facts;
    },
  },
});
