import { codingOf, OMOP_SYSTEM, type OmopConcept } from '@aceso/fhir';
import type { ConceptPart, ConceptSet } from '../concept-set';
import { SET_CODES_MAX } from '../criteria';
import type { CirceNode } from './reading';

/** Finds a concept by its id, where a document does not say its code. */
export type FindConcept = (id: number) => OmopConcept | undefined;

const CODE = /^[^\s\p{C}]{1,64}$/u;
const ITEM_MEMBERS = ['concept', 'isExcluded', 'includeDescendants', 'includeMapped'];

/** A concept set; undefined where nothing is in it. Mapped concepts are named: no table says what maps to what. */
export function readConceptSet(expression: CirceNode, find: FindConcept): ConceptSet | undefined {
  expression.nameOthers(['items']);
  const groups = new Map<string, { excluded: boolean; system: string; descendants: boolean; codes: string[] }>();
  for (const item of expression.at('items').items) {
    item.nameOthers(ITEM_MEMBERS);
    const concept = conceptAt(item.at('concept'), find);
    if (!concept) {
      item.name('the concept has neither a code nor an id');
      continue;
    }
    if (item.at('includeMapped').isTrue) item.at('includeMapped').name('codes that map to a concept are not known');
    const [excluded, descendants] = [item.at('isExcluded').isTrue, item.at('includeDescendants').isTrue];
    const key = JSON.stringify([excluded, concept.system, descendants]);
    const group = groups.get(key) ?? { excluded, system: concept.system, descendants, codes: [] };
    groups.set(key, group);
    group.codes.push(concept.code);
  }
  const parts = (side: boolean): ConceptPart[] =>
    [...groups.values()]
      .filter(({ excluded }) => excluded === side)
      .flatMap(({ system, descendants, codes }) =>
        chunks(codes, SET_CODES_MAX).map((some) => ({
          system,
          codes: some,
          ...(descendants && { descendants: true as const }),
        })),
      );
  const [include, exclude] = [parts(false), parts(true)];
  if (include.length === 0) return undefined;
  return { include, ...(exclude.length > 0 && { exclude }) };
}

/** The coding of a concept that a document carries. */
export function conceptAt(node: CirceNode, find: FindConcept) {
  const [id, vocabulary, code] = [
    node.at('CONCEPT_ID').number,
    node.at('VOCABULARY_ID').text,
    node.at('CONCEPT_CODE').text,
  ];
  const known =
    vocabulary !== undefined && code !== undefined ? { vocabulary, code } : id === undefined ? undefined : find(id);
  if (id === undefined && !known) return undefined;
  const coding = codingOf(id ?? 0, known);
  if (coding.system === OMOP_SYSTEM && id === undefined) return undefined;
  return CODE.test(coding.code) ? coding : undefined;
}

/** A list in pieces of at most so many. */
export function chunks<T>(list: readonly T[], sizeMax: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / sizeMax) }, (_, at) =>
    list.slice(at * sizeMax, (at + 1) * sizeMax),
  );
}
