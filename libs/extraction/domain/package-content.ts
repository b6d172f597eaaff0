import { disclose } from '@aceso/cohort/domain';
import type { FinalMeasure, Generalisation, Policy } from '@aceso/deidentification/domain';
import type { RequestContent } from '@aceso/marketplace/domain';
import type { ValueLinkage } from './linkage-prints';
import { MANIFEST_FORMAT, type Manifest, type ManifestFile } from './manifest';
import { generalisationInWords } from './plan';

/** Everything that describes a package besides its files. */
export interface PackageFacts {
  readonly orderId: string;
  readonly edition: number;
  readonly request: { readonly version: number; readonly contentHash: string; readonly content: RequestContent };
  readonly policy: Policy;
  readonly recordDate: string;
  readonly generalisation: Generalisation;
  readonly k: number;
  readonly measure: FinalMeasure;
  readonly linkage: ValueLinkage;
  readonly log: Manifest['log'];
  readonly software: Manifest['software'];
}

/** The manifest of a package; its file list is the caller's. */
export function composeManifest(facts: PackageFacts, files: readonly ManifestFile[]): Manifest {
  const { measure, request } = facts;
  return {
    format: MANIFEST_FORMAT,
    order: facts.orderId,
    edition: facts.edition,
    request: {
      version: request.version,
      contentHash: request.contentHash,
      purpose: request.content.purpose,
      country: request.content.country,
      termMonths: request.content.termMonths,
    },
    policy: { ...request.content.policy, label: facts.policy.label },
    recordDate: facts.recordDate,
    generalisation: generalisationInWords(facts.generalisation, facts.policy.dates),
    k: {
      kFile: facts.k,
      covers: coveredAttributes(facts.generalisation),
      smallestClass: measure.classSizeMin,
      classes: measure.classes,
      statement: coverageStatement(facts),
    },
    // How many were left out is a sum over people outside of the files: rounded like a count.
    risk: JSON.parse(
      JSON.stringify({ ...measure, suppressed: disclose(measure.suppressed).approximate, linkage: facts.linkage }),
    ),
    counts: { persons: measure.persons, rows: measure.rows },
    files: [...files],
    log: facts.log,
    software: facts.software,
  };
}

/** The attributes that are left in the files and on which k holds. */
function coveredAttributes(node: Generalisation): string[] {
  return [
    'age',
    'sex',
    ...(node.location === 'none' ? [] : ['state']),
    ...(node.location === 'zip3' ? ['zip3'] : []),
    ...(node.race === 'kept' ? ['race'] : []),
    ...(node.ethnicity === 'kept' ? ['ethnicity'] : []),
  ];
}

/** What k covers, printed as plainly as what it does not (privacy-and-keys section 6). */
function coverageStatement({ generalisation, k, measure, linkage }: PackageFacts): string {
  const percent = (share: number): string => `${Math.round(1000 * share) / 10} %`;
  const { byDiagnoses, byCountAndInterval } = measure.uniqueTrajectories;
  return (
    `k = ${k} holds on these attributes: ${coveredAttributes(generalisation).join(', ')}; ` +
    `k does not hold on the age that dates imply: with the year of the first record, ` +
    `${percent(measure.uniqueByFirstYear)} are alone in their class; ` +
    `trajectory uniqueness is ${percent(byDiagnoses)} by set of diagnoses and ` +
    `${percent(byCountAndInterval)} by number of events and time between the first and the last` +
    (linkage.earlierPackages === 0
      ? ''
      : `; by values alone up to ${percent(Math.max(...Object.values(linkage.highestShare)))} of the persons join to one ` +
        `person of an earlier package of this buyer or an affiliate; k holds together with those packages, ` +
        `if all of them are joined`)
  );
}
