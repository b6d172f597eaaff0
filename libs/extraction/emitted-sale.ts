import {
  compileProjector,
  pseudonymsUnder,
  type Generalisation,
  type PersonProjector,
  type Policy,
  type Pseudonymise,
} from '@aceso/deidentification/domain';
import { hmacSha256 } from '@aceso/platform/threads';

/** What one sale fixes for all of its persons, as a message that a thread can be sent. */
export interface EmittedSale {
  readonly policy: Policy;
  readonly saleKey: Uint8Array;
  /** The record date, `YYYY-MM-DD`. */
  readonly asOf: string;
  readonly generalisation: Generalisation;
  /** Our own texts of codes, by `system|code`. */
  readonly displays: ReadonlyMap<string, string>;
  /** Resource types that the request names. */
  readonly fields: readonly string[];
}

/** The functions of a sale. */
export interface CompiledSale {
  readonly projector: PersonProjector;
  readonly pseudonymise: Pseudonymise;
}

export function compileSale({ policy, displays, ...sale }: EmittedSale): CompiledSale {
  const displayOf = (system: string, code: string): string | undefined => displays.get(`${system}|${code}`);
  return {
    projector: compileProjector(policy, { ...sale, hmacSha256, displayOf }),
    pseudonymise: pseudonymsUnder(sale.saleKey, hmacSha256),
  };
}
