import type { ChosenGeneralisation, FinalMeasure, Generalisation, Policy } from '../domain';
import type { DataFile } from './data-files';

/** What was done to the files and what risk is left, for people and machines. */
export interface OfflineReport {
  readonly format: string;
  /** False: no consent stands behind these files, no ledger entry, no payment. */
  readonly sale: false;
  readonly notice: string;
  readonly policy: { readonly name: string; readonly version: number; readonly hash: string; readonly label: string };
  readonly recordDate: string;
  readonly lines: number;
  readonly resources: { readonly read: number; readonly refused: number; readonly dropped: number };
  readonly persons: {
    readonly read: number;
    readonly released: number;
    readonly suppressed: number;
    /** Rows left out because the input held no Patient for them. */
    readonly rowsWithoutPatient: number;
  };
  readonly generalisation: Generalisation;
  readonly loss: number;
  readonly rareCodesDropped: number;
  readonly k: number;
  readonly measure: FinalMeasure;
  readonly files: readonly DataFile[];
}

export interface OfflineResult {
  readonly format: string;
  readonly policy: Policy;
  readonly policyHash: string;
  readonly asOf: string;
  readonly counts: {
    readonly lines: number;
    readonly resources: number;
    readonly refused: number;
    readonly dropped: number;
    readonly withoutPatient: number;
    readonly persons: number;
    readonly rareCodes: number;
  };
  readonly choice: ChosenGeneralisation;
  readonly measure: FinalMeasure;
  readonly files: readonly DataFile[];
}

const NOTICE =
  'This output is not a sale: no consent was checked and nothing was entered in a ledger. Pseudonyms and date shifts are ' +
  'keyed over the ids of the input files; who holds the key file and the input can follow every row back.';

/** Puts the report together. */
export function offlineReport(result: OfflineResult): OfflineReport {
  const { policy, counts, choice } = result;
  return {
    format: result.format,
    sale: false,
    notice: NOTICE,
    policy: { name: policy.name, version: policy.version, hash: result.policyHash, label: policy.label },
    recordDate: result.asOf,
    lines: counts.lines,
    resources: { read: counts.resources, refused: counts.refused, dropped: counts.dropped },
    persons: {
      read: counts.persons,
      released: choice.kept,
      suppressed: choice.suppressed,
      rowsWithoutPatient: counts.withoutPatient,
    },
    generalisation: choice.generalisation,
    loss: choice.loss,
    rareCodesDropped: counts.rareCodes,
    k: policy.classSizeMin,
    measure: result.measure,
    files: result.files,
  };
}
