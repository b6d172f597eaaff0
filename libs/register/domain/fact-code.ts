/** What the facts of one column have in common. A part that there is none of is '', so that equal columns have equal parts. */
export interface FactCode {
  readonly kind: string;
  readonly system: string;
  readonly code: string;
  readonly unit: string;
  /** `<`, `<=`, `>=` or `>` where the numbers are only bounds. */
  readonly comparator: string;
  readonly resultSystem: string;
  /** Code of the result. */
  readonly result: string;
  /** Whether a device measured. */
  readonly device: boolean;
}

/** The columns by which rows of facts.fact and facts.code are joined: rows of the one belong to a row of the other. */
export const FACT_CODE = 'kind, system, code, unit, comparator, result_system, result, device';
/** The same, selected as a `FactCode`. */
export const FACT_CODE_PARTS = FACT_CODE.replace('result_system', 'result_system as "resultSystem"');

/** One text for one column, and whatever else is said of a fact in it. */
export function factCodeKey(of: FactCode, ...more: readonly unknown[]): string {
  const { kind, system, code, unit, comparator, resultSystem, result, device } = of;
  return JSON.stringify([kind, system, code, unit, comparator, resultSystem, result, device, ...more]);
}
