import type { Policy, QuasiIdentifiers, RecordSpan } from '../domain';

/** What all threads of one offline run know; each step of the run adds to it. */
export interface OfflineShared {
  readonly policy: Policy;
  readonly key: Uint8Array;
  /** The record date, `YYYY-MM-DD`. */
  readonly asOf: string;
  /** Where each record begins and ends; empty while that is being found out. */
  readonly spans: Map<string, RecordSpan>;
  /** Codes that too few persons have, as far as they are known. */
  readonly rare: ReadonlySet<string>;
}

/** Lines of the input, one after the other without newlines; each begins where the one before it ends. */
export interface InputLines {
  readonly text: Uint8Array;
  readonly ends: readonly number[];
}

/** The persons of a shard who stay in the release, and those who were suppressed; others have no Patient resource. */
export interface ShardWork {
  readonly path: string;
  readonly staying: ReadonlySet<string>;
  readonly suppressed: ReadonlySet<string>;
}

export type OfflineTask =
  | { readonly kind: 'note'; readonly lines: InputLines }
  | { readonly kind: 'project'; readonly lines: InputLines }
  | { readonly kind: 'count'; readonly shard: ShardWork }
  | { readonly kind: 'write'; readonly shard: ShardWork };

export interface Noted {
  readonly refused: number;
  readonly spans: ReadonlyMap<string, RecordSpan>;
}

export interface Projected {
  readonly resources: number;
  readonly dropped: number;
  /** Lines for the shards by their prefixes. */
  readonly rows: ReadonlyMap<string, string>;
  /** Patient resources, in their order. */
  readonly patients: readonly (readonly [pseudonym: string, attributes: QuasiIdentifiers])[];
}

/** Persons by code. */
export type Counted = ReadonlyMap<string, number>;

export interface Written {
  /** Lines by resource type, ordered by person and, within one, by date. */
  readonly texts: ReadonlyMap<string, string>;
  readonly rowsWithoutPatient: number;
}
