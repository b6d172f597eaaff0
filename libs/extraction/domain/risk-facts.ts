import {
  ClassTable,
  classKey,
  generalise,
  LOSS_FORMULA,
  lossOfRelease,
  measureRisk,
  relink,
  type DiscloseSum,
  type LinkedRecord,
  type QuasiIdentifiers,
  type RiskReportInput,
} from '@aceso/deidentification/domain';
import { PRINT_KINDS } from './linkage-prints';
import type { PackageFacts } from './package-content';
import { generalisationInWords } from './plan';
import { riskAttributes } from './risk-attributes';
import { assumptionsOf, CONTROLS, NOT_MODELLED, residualRisks, SENSITIVE_NOTE } from './risk-words';

/** A person who consents to the order, as the source knows it. */
export interface SourcePerson {
  /** Pseudonym of the person in this sale. */
  readonly pseudonym: string;
  readonly attributes: QuasiIdentifiers;
}

/** What a risk report is made from. */
export interface RiskFacts {
  readonly described: PackageFacts;
  /** Everybody whose consent to the order is valid and who counts towards k. */
  readonly source: readonly SourcePerson[];
  /** Pseudonym and class of every person of the final files who counts towards k. */
  readonly released: readonly LinkedRecord[];
  /** Codes that were dropped because fewer than k persons have them. */
  readonly rareCodes: number;
  /** SHA-256 over the list of the data files, hexadecimal. */
  readonly filesHash: string;
  /** YYYY-MM-DD of the report. */
  readonly date: string;
  /** did:key of the key that signs the manifest. */
  readonly releaseKey: string;
  readonly below: (limit: number) => number;
  readonly disclose: DiscloseSum;
}

/**
 * Measures a release against its source: the classes of the source as recorded and those of the final files, and the attack
 * that looks for everybody of the source in the final files by the attributes that k covers.
 */
export function riskInputOf(facts: RiskFacts): RiskReportInput {
  const { described, released } = facts;
  const { orderId, edition, policy, generalisation, request, k } = described;
  const { before, after, links, smallClasses } = compare(facts);
  return {
    dataSet: {
      id: `${orderId}, edition ${edition}`,
      hash: facts.filesHash,
      date: facts.date,
      software: `${described.software.name} ${described.software.version}`,
      policy: request.content.policy,
      keyIds: [facts.releaseKey, `sale key of order ${orderId}`],
    },
    context: {
      kind: 'controlled',
      recipient: `${request.content.recipients.map(({ did }) => did).join(', ')} (${request.content.country})`,
      controls: CONTROLS,
      use: request.content.purpose,
      term: `${request.content.termMonths} months from the release`,
      kMin: k,
    },
    attributes: riskAttributes({ policy, generalisation, fields: request.content.fields, k }),
    populationFrame: null,
    before,
    after,
    sensitiveNote: SENSITIVE_NOTE,
    smallCells: {
      of: `a class of fewer than ${k} consenting persons after generalisation, or a code that fewer than ${k} persons have`,
      found: smallClasses + facts.rareCodes,
      suppressed: smallClasses + facts.rareCodes,
      complementary: 0,
    },
    loss: lossIn(facts),
    attack: relink(links, released, facts.below),
    dates: datesIn(described),
    residual: { risks: residualRisks(policy.dates), assumptions: assumptionsOf(k), notModelled: NOT_MODELLED },
    privacyBudget: null,
    verification: { signedBy: facts.releaseKey, command: 'aceso verify --policy FILE FOLDER' },
    disclose: facts.disclose,
  };
}

/** Both tables of classes, and where each person of the source would stand in the release. */
function compare({ described: { generalisation, k }, source, released }: RiskFacts) {
  const [before, after] = [new ClassTable(), new ClassTable()];
  const links: LinkedRecord[] = [];
  const sizes = new Map<string, number>();
  const note = (link: LinkedRecord): void => {
    links.push(link);
    sizes.set(link.classKey, (sizes.get(link.classKey) ?? 0) + 1);
  };
  for (const { pseudonym, attributes } of source) {
    before.add(sourceValues(attributes));
    note({ person: pseudonym, classKey: classKey(generalise(attributes, generalisation)) });
  }
  const known = new Set(source.map(({ pseudonym }) => pseudonym));
  for (const record of released) {
    after.add([record.classKey]);
    if (known.has(record.person)) continue;
    // Whoever withdrew since the emission: the gate will refuse this attempt, and until then the sums must hold.
    before.add([record.classKey]);
    note(record);
  }
  return {
    before: measureRisk(before),
    after: measureRisk(after),
    links,
    smallClasses: [...sizes.values()].filter((size) => size < k).length,
  };
}

function sourceValues({ age, sex, state, zip3, race, ethnicity }: QuasiIdentifiers): string[] {
  return [age, sex, state, zip3, race, ethnicity].map((value) => (value === null ? '' : String(value)));
}

function lossIn({ described, source, released }: RiskFacts): RiskReportInput['loss'] {
  const { generalisation, policy } = described;
  const inFiles = new Set(released.map(({ person }) => person));
  const persons = source.filter(({ pseudonym }) => inFiles.has(pseudonym)).map(({ attributes }) => attributes);
  const { score, ...lost } = lossOfRelease(persons, generalisation);
  const words = generalisationInWords(generalisation, policy.dates);
  const utility = Object.entries(lost).map(([attribute, loss]) => ({
    attribute,
    level: words[attribute] ?? '',
    kept: 1 - loss,
  }));
  return { metric: 'Loss, arithmetic mean', formula: LOSS_FORMULA, score, utility };
}

const BY_WORDS: Readonly<Record<(typeof PRINT_KINDS)[number], string>> = {
  diagnoses: 'set of diagnoses',
  codes: 'all codes',
  intervals: 'intervals between dates',
  numbers: 'measured values',
};

function datesIn({ policy, measure, linkage }: PackageFacts): RiskReportInput['dates'] {
  const { byDiagnoses, byDiagnosesInClass, byCountAndInterval } = measure.uniqueTrajectories;
  const isShifted = policy.dates.kind === 'shift';
  return {
    shiftDays: policy.dates.kind === 'shift' ? policy.dates.daysMax : null,
    intervalsKept: isShifted,
    uniqueTrajectories: [
      { by: 'set of diagnoses', share: byDiagnoses },
      { by: 'set of diagnoses inside the class', share: byDiagnosesInClass },
      { by: 'number of events and time from the first to the last', share: byCountAndInterval },
      { by: 'class and year of the first date', share: measure.uniqueByFirstYear },
      ...PRINT_KINDS.filter(() => linkage.earlierPackages > 0).map((kind) => ({
        by: `${BY_WORDS[kind]}: joins to one person of an earlier package of this buyer`,
        share: linkage.highestShare[kind],
      })),
    ],
    freeText: 'never released',
  };
}
