import { z } from 'zod';

/** How a party is named and reached. Read by its owner only; nothing else of Aceso knows it. */
export const Contact = z.strictObject({
  name: z.string().trim().min(1).max(200),
  email: z.email().max(254).optional(),
  phone: z
    .string()
    .regex(/^\+?[0-9 ()./-]{4,40}$/)
    .optional(),
  address: z.string().trim().min(1).max(500).optional(),
});

export type Contact = z.infer<typeof Contact>;
