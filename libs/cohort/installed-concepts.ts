import { readFileSync } from 'node:fs';
import type { Config } from '@aceso/platform';
import { ConceptTree, parseConceptTable } from './domain/concept-tree';

/**
 * The code systems of this instance: the operator's table, or none beside ICD-10. Read once, before anything is counted. Throws
 * CONCEPT_FILE_INVALID: no instance counts by a table that it could not read.
 */
export function installedConcepts({ conceptFile }: Pick<Config, 'conceptFile'>): ConceptTree {
  return conceptFile === undefined
    ? new ConceptTree()
    : new ConceptTree(parseConceptTable(readFileSync(conceptFile, 'utf8')));
}
