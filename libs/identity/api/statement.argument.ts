/** The argument of every mutation that takes a signed statement; its `jti` makes the mutation idempotent. */
export const STATEMENT = {
  type: () => String,
  description: 'JSON text of a statement that the client composed and signed; the same text again changes nothing.',
} as const;
