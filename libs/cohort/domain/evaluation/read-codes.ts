import type { FactCode } from '@aceso/register/domain';
import { memberOf } from '../concept-set';
import type { ConceptTree } from '../concept-tree';
import type { CodeQuery, ReadCode } from './plan';

/** A code of the index with the unit of its numbers. */
export interface CodeInUnit {
  readonly system: string;
  readonly code: string;
  /** UCUM, or what the record wrote instead. */
  readonly unit: string;
}

/** How limits in one unit are written in another one; undefined where the two do not measure the same. */
export type Conversion = (from: string, to: CodeInUnit) => ((limit: number) => number) | undefined;

/** Says of a code how an event reads it; undefined where it does not. */
export type CodeReader = (code: FactCode & Pick<ReadCode, 'number'>) => ReadCode | undefined;

/** An event reads the codes that it names, with a result that it names, in the unit that it names or in one that can be converted. */
export function codeReader(
  { kind, set, result, device, unit }: CodeQuery,
  { conversion, tree }: { readonly conversion: Conversion; readonly tree: ConceptTree },
): CodeReader {
  const isMember = memberOf(set, tree);
  const isResult = result && memberOf(result, tree);
  return (each) => {
    if (each.kind !== kind || (device && !each.device) || !isMember(each)) return undefined;
    if (isResult && !isResult({ system: each.resultSystem, code: each.result })) return undefined;
    const { number, comparator } = each;
    if (unit === undefined || unit === each.unit) return { number, comparator };
    const toUnit = conversion(unit, each);
    return toUnit && { number, comparator, toUnit };
  };
}
