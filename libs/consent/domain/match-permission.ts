import { DUO_PERMISSIONS, DUO_WORDS } from './duo';
import type { DiseaseTree } from './disease-tree';
import type { ResearchCode, SensitiveTopic } from './coded-use';
import type { Permission } from './standing-terms';

/** What a machine says to a purpose; `abstain` means that a person decides. */
export type Verdict = 'approve' | 'deny' | 'abstain';

/** One verdict with what a reader needs to check it; approvals carry no text. */
export interface Finding {
  readonly verdict: Verdict;
  readonly reason: string;
}

/** A purpose on the main axis, as DUOS states it. */
export interface StatedPurpose {
  readonly research: readonly ResearchCode[];
  readonly methods: boolean;
  readonly diseases: readonly string[];
  readonly topics: readonly SensitiveTopic[];
  /** Undefined where it is not stated. */
  readonly nonProfit?: boolean | undefined;
}

/** `strict` is ours; `duos` gives the published results of DataUseMatcherV4 and decides nothing here. */
export type MatchRules = 'strict' | 'duos';

const { NRES, GRU, HMB, DS, POA } = DUO_PERMISSIONS;
const DIFFERS = ' (stricter than DUOS V4, which approves)';

/**
 * Judges the purpose against one permission; null is a data set that restricts no kind of research. Every kind of research that is
 * stated must be permitted: a purpose is stated at its most specific. Rules: EBISPOT/DUO README and DataBiosphere
 * DataUseMatchCasesV4, made stricter where a purpose without diseases would enter a disease-only data set.
 */
export function matchPermission(
  purpose: StatedPurpose,
  permission: Permission | null,
  { tree, rules }: { readonly tree: DiseaseTree; readonly rules: MatchRules },
): readonly Finding[] {
  const topics = purpose.topics.map((topic): Finding =>
    abstain(`the purpose touches a topic on which a person decides: ${topic}`),
  );
  const kinds = [...purpose.research, ...(purpose.methods ? (['methods'] as const) : [])];
  if (kinds.length === 0 && purpose.nonProfit === undefined) {
    return [...topics, abstain('the purpose names no kind of research that is known here')];
  }
  const findings = kinds.flatMap((kind) => ofKind(kind, purpose, permission, { tree, rules }));
  return [...topics, ...findings];
}

function ofKind(
  kind: ResearchCode | 'methods',
  purpose: StatedPurpose,
  permission: Permission | null,
  by: { readonly tree: DiseaseTree; readonly rules: MatchRules },
): readonly Finding[] {
  if (permission === null || permission.code === NRES || permission.code === GRU) return [];
  const no = (why = ''): readonly Finding[] => [
    deny(
      `${kind === 'methods' ? 'development of methods' : DUO_WORDS[kind]} is not permitted: only ${DUO_WORDS[permission.code]}${why}`,
    ),
  ];
  const strictly = (): readonly Finding[] => (by.rules === 'strict' ? no(DIFFERS) : []);
  if (kind === GRU) return permission.code === HMB ? no() : strictly();
  if (!('diseases' in permission)) {
    if (permission.code === HMB) return kind === POA ? no() : [];
    return kind === POA || kind === 'methods' ? [] : no();
  }
  if (kind !== DS && kind !== 'methods') return no();
  if (purpose.diseases.length === 0) return strictly();
  return diseaseFindings(purpose.diseases, permission.diseases, by.tree);
}

/** Some ancestor-or-self of each disease of the purpose has to be among those that are permitted. */
export function diseaseFindings(
  purposeDiseases: readonly string[],
  permitted: readonly string[],
  tree: DiseaseTree,
): readonly Finding[] {
  return purposeDiseases.flatMap((code): readonly Finding[] => {
    const above = tree.ancestorsOrSelf(code);
    if (permitted.some((disease) => above.has(disease))) return [];
    if (!tree.knows(code)) return [abstain(`the disease tree does not know ${code}`)];
    return [
      deny(
        `${named(code, tree)} is none of the permitted diseases and no kind of one: ${permitted.map((each) => named(each, tree)).join(', ')}`,
      ),
    ];
  });
}

/** Approve when all approve; else abstain when one abstains: a sensitive topic outranks a denial. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ verdict }) => verdict === 'abstain')) return 'abstain';
  return findings.some(({ verdict }) => verdict === 'deny') ? 'deny' : 'approve';
}

export function named(code: string, tree: DiseaseTree): string {
  const name = tree.nameOf(code);
  return name === undefined ? code : `${name} (${code})`;
}

export function deny(reason: string): Finding {
  return { verdict: 'deny', reason };
}

export function abstain(reason: string): Finding {
  return { verdict: 'abstain', reason };
}
