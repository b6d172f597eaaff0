import { z } from 'zod';

/** What a service tells the launcher over the channel that `fork` opens. */
export const ServiceMessage = z.discriminatedUnion('type', [
  /** The service does its work now. */
  z.object({ type: z.literal('ready') }),
  /** The service cannot start: a coded refusal, shown to the person who started it. */
  z.object({ type: z.literal('refused'), code: z.string(), message: z.string() }),
  /** Largest resident set so far, KiB (getrusage). */
  z.object({ type: z.literal('usage'), maxRssKiB: z.number().int().nonnegative() }),
]);
export type ServiceMessage = z.infer<typeof ServiceMessage>;
