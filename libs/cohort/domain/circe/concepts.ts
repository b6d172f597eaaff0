import type { ConceptPart, ConceptSet } from '../concept-set';
import { SET_CODES_MAX } from '../criteria';
import type { CirceNode } from './reading';

/** A concept of the OMOP vocabularies by what it is called elsewhere. */
export interface OmopConcept {
  readonly vocabulary: string;
  readonly code: string;
}

/** Finds a concept by its id, where a document does not say its code. */
export type FindConcept = (id: number) => OmopConcept | undefined;

/** Codes of vocabularies that have no URI of their own are ids of concepts in the one that OHDSI's FHIR guide names. */
export const OMOP_SYSTEM = 'https://fhir-terminology.ohdsi.org';

/** URIs of FHIR R4 and terminology.hl7.org for vocabularies of OMOP. */
const SYSTEMS: ReadonlyMap<string, string> = new Map([
  ['ATC', 'http://www.whocc.no/atc'],
  ['CPT4', 'http://www.ama-assn.org/go/cpt'],
  ['CVX', 'http://hl7.org/fhir/sid/cvx'],
  ['HCPCS', 'http://terminology.hl7.org/CodeSystem/HCPCS-all-codes'],
  ['ICD10', 'http://hl7.org/fhir/sid/icd-10'],
  ['ICD10CM', 'http://hl7.org/fhir/sid/icd-10-cm'],
  ['ICD10GM', 'http://fhir.de/CodeSystem/bfarm/icd-10-gm'],
  ['ICD10PCS', 'http://www.cms.gov/Medicare/Coding/ICD10'],
  ['ICD9CM', 'http://hl7.org/fhir/sid/icd-9-cm'],
  ['ICDO3', 'http://terminology.hl7.org/CodeSystem/icd-o-3'],
  ['LOINC', 'http://loinc.org'],
  ['NDC', 'http://hl7.org/fhir/sid/ndc'],
  ['RxNorm', 'http://www.nlm.nih.gov/research/umls/rxnorm'],
  ['SNOMED', 'http://snomed.info/sct'],
  ['UCUM', 'http://unitsofmeasure.org'],
]);

/** The coding of a concept as facts have it. */
export function codingOf(
  id: number,
  concept: OmopConcept | undefined,
): { readonly system: string; readonly code: string } {
  const system = concept && SYSTEMS.get(concept.vocabulary);
  return system !== undefined && concept !== undefined
    ? { system, code: concept.code }
    : { system: OMOP_SYSTEM, code: String(id) };
}

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
