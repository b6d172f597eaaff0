import { STEPS, type Step } from './after-delivery';
import type { Delivery, PackageFile } from './delivery';
import type { DemoPatient } from './cast';
import type { Counts, Money, OrderView, Revoked } from './sale';

/** What a run of the demo tells: the one line of `--json`. Money in minor units; counts are whole numbers. */
export interface DemoSummary {
  readonly patients: number;
  readonly resources: Counts;
  readonly lines: Counts;
  readonly notEligible: number;
  readonly cohort: number;
  /** Everybody who agreed, by terms or by an answer of their own. */
  readonly consented: number;
  /** Of them, those whose standing terms answered. */
  readonly byTerms: number;
  readonly declined: number;
  readonly unanswered: number;
  readonly revokedBeforeRelease: number;
  /** Paid, and left out of the package that was made anew. */
  readonly revokedAfterRelease: number;
  readonly suppressed: number;
  readonly released: number;
  /** What the package's manifest says of each attribute. */
  readonly generalisation: Readonly<Record<string, string>> | null;
  readonly package: { readonly dir: string; readonly files: readonly PackageFile[] } | null;
  readonly money: {
    readonly currency: string;
    readonly total: number;
    readonly patients: number;
    readonly providers: number;
    readonly platform: number;
    readonly refunded: number;
  };
  readonly ledger: { readonly origin: string; readonly size: number; readonly root: string };
  readonly verified: boolean;
  /** What was played beside the sale and held to what it says. */
  readonly shown: readonly Step[];
  readonly reason: string | null;
  readonly seconds: { readonly ingest: number; readonly extract: number; readonly total: number };
  readonly peakRssMiB: number;
}

/** A package was released, but so many revoked before the first download that too few persons were left. */
const WITHDRAWN = 'PACKAGE_WITHDRAWN';

/**
 * Who is in the package and who is not. The buyer downloads after every revocation, so nobody who revoked is in it,
 * also not after the release.
 */
export function packageCounts(
  consented: number,
  { beforeRelease, afterRelease }: Revoked,
  delivery: Pick<Delivery, 'persons'> | null,
): Pick<DemoSummary, 'revokedBeforeRelease' | 'revokedAfterRelease' | 'suppressed' | 'released'> {
  const released = delivery?.persons ?? 0;
  return {
    revokedBeforeRelease: beforeRelease,
    revokedAfterRelease: afterRelease,
    suppressed: delivery ? consented - beforeRelease - afterRelease - released : 0,
    released,
  };
}

/** Why there is no package that verifies, where there is none. */
export function reasonOf(
  { state, reason }: Pick<OrderView, 'state' | 'reason'>,
  delivery: Pick<Delivery, 'problem'> | null,
): string | null {
  if (state === 'DELIVERED' && !delivery) return WITHDRAWN;
  return reason ?? delivery?.problem ?? null;
}

/** How many patients gave which answer; `consented` counts everybody who ever granted this request version. */
export function answerCounts(
  patients: readonly DemoPatient[],
): Pick<DemoSummary, 'cohort' | 'consented' | 'byTerms' | 'declined' | 'unanswered' | 'notEligible'> {
  const answered = (answer: DemoPatient['answer']): number =>
    patients.filter((patient) => patient.answer === answer).length;
  const [byTerms, declined, unanswered] = [answered('by-terms'), answered('declined'), answered('unanswered')];
  const consented = answered('granted') + byTerms;
  return {
    cohort: consented + declined + unanswered,
    consented,
    byTerms,
    declined,
    unanswered,
    notEligible: patients.filter(({ eligible }) => !eligible).length,
  };
}

export function moneyOf(order: OrderView): DemoSummary['money'] {
  const amount = (money: Money | undefined): number => Number(money?.amountMinor ?? 0);
  return {
    currency: order.escrow.currency,
    total: amount(order.escrow),
    patients: amount(order.settlement?.patients),
    providers: amount(order.settlement?.providers),
    platform: amount(order.settlement?.platform),
    refunded: amount(order.settlement?.refunded),
  };
}

function notShown(shown: readonly Step[]): [string, string][] {
  const missing = STEPS.filter((step) => !shown.includes(step));
  return missing.length === 0 ? [] : [['not shown', `${missing.join(', ')}: no package with enough persons for it`]];
}

/** The summary as a person reads it. */
export function readable(summary: DemoSummary): string {
  const { money } = summary;
  const major = (minor: number): string => `${(minor / 100).toFixed(2)} ${money.currency}`;
  const rows: [string, string][] = [
    ['patients bound', String(summary.patients)],
    [
      'resources',
      `${summary.resources.accepted} accepted, ${summary.resources.unchanged} unchanged, ${summary.resources.quarantined} quarantined, ${summary.resources.refused} refused`,
    ],
    ['not eligible', `${summary.notEligible} (not living adults)`],
    [
      'asked',
      `${summary.cohort}: ${summary.consented - summary.byTerms} agreed, ${summary.byTerms} by standing terms, ${summary.declined} declined, ${summary.unanswered} did not answer`,
    ],
    ['revoked', `${summary.revokedBeforeRelease} before the release, ${summary.revokedAfterRelease} after it`],
    ['released', `${summary.released} persons, ${summary.suppressed} suppressed`],
    ...Object.entries(summary.generalisation ?? {}).map(([attribute, rule]): [string, string] => [
      `  ${attribute}`,
      rule,
    ]),
    [
      'money',
      `${major(money.total)} held: ${major(money.patients)} to patients, ${major(money.providers)} to providers, ${major(money.platform)} to the platform, ${major(money.refunded)} back`,
    ],
    ['ledger', `${summary.ledger.size} entries, root ${summary.ledger.root}`],
    [
      'package',
      summary.package
        ? `${summary.package.files.length} files, ${summary.verified ? 'verified' : 'NOT VERIFIED'}`
        : `none: ${summary.reason}`,
    ],
    ['also shown', STEPS.filter((step) => summary.shown.includes(step)).join(', ') || 'nothing'],
    ...notShown(summary.shown),
    [
      'time',
      `ingest ${summary.seconds.ingest} s, extraction ${summary.seconds.extract} s, all ${summary.seconds.total} s; peak memory ${summary.peakRssMiB} MiB`,
    ],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`).join('\n');
}
