import { ICD10_SYSTEMS, undotted, type ConceptTree } from './concept-tree';

/** Some codes; with `descendants` also everything that is below one of them. */
export interface ConceptPart {
  /** Any system where it is left out. */
  readonly system?: string | undefined;
  readonly codes: readonly string[];
  readonly descendants?: true | undefined;
}

/** What is in one of the first and in none of the others, as of FHIR R4 ValueSet.compose. */
export interface ConceptSet {
  readonly include: readonly ConceptPart[];
  readonly exclude?: readonly ConceptPart[] | undefined;
}

export interface Coding {
  readonly system: string;
  readonly code: string;
}

/** Says of any code whether it is in the set, looking up and never down: time grows with the codes that are asked about. */
export function memberOf({ include, exclude = [] }: ConceptSet, tree: ConceptTree): (coding: Coding) => boolean {
  const [inside, outside] = [include, exclude].map((parts) => parts.map((part) => partOf(part, tree)));
  return (coding) => inside!.some((holds) => holds(coding)) && !outside!.some((holds) => holds(coding));
}

function partOf({ system, codes, descendants }: ConceptPart, tree: ConceptTree): (coding: Coding) => boolean {
  const named = new Set(codes);
  const short = new Set(codes.map(undotted));
  return (coding) => {
    if (system !== undefined && system !== coding.system) return false;
    if (named.has(coding.code)) return true;
    if (!descendants) return false;
    const known = ICD10_SYSTEMS.has(coding.system) ? short : named;
    for (const above of tree.above(coding)) if (known.has(above)) return true;
    return false;
  };
}

/** Whether descendants decide what is in it. */
export const looksBelow = ({ include }: ConceptSet): boolean => include.some(({ descendants }) => descendants === true);

/** The codes that it names itself. */
export const namedIn = ({ include }: ConceptSet): string[] => [...new Set(include.flatMap(({ codes }) => codes))];

/** Whether a code may be in it under any system: facts are looked for by their code first. */
export function mayHold(set: ConceptSet, tree: ConceptTree): (code: string) => boolean {
  const holds = memberOf({ include: set.include }, tree);
  const systems = [...new Set([...ICD10_SYSTEMS, ...tree.systems])];
  return (code) => systems.some((system) => holds({ system, code }));
}
