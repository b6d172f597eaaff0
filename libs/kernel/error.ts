/**
 * A refusal with a stable code. Each context has one subclass whose codes are a union of string literals:
 * codes are public contract, messages are for people and carry no personal data.
 */
export class DomainError<Code extends string = string> extends Error {
  constructor(
    readonly code: Code,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** Thrown by {@link assert}: a mistake of ours, never of a caller's input. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** States a fact that our own code guarantees; fails loudly when it does not hold. Input is refused with a DomainError instead. */
export function assert(fact: unknown, statement: string): asserts fact {
  if (!fact) throw new AssertionFailure(`not so: ${statement}`);
}
