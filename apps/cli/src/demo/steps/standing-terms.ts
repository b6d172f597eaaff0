import { splitRuleHash } from '@aceso/settlement/domain';
import { sha256 } from '@aceso/platform';
import { inParallel } from '../aceso-client';
import { CLIENTS_AT_ONCE, type DemoPatient } from '../cast';
import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { requireShown } from './shown';

/** What the terms of one patient ask for. */
interface Wish {
  readonly unitMinor: number;
  readonly buyerKinds: readonly string[];
}

const RESEARCHERS = ['hospital', 'university'];

/**
 * What patients wish, by their place in line: of twenty who can be asked, two let terms answer at the price that is offered, two want twice as
 * much, one wants 50.00, and one permits nobody but charities. The others have no terms.
 */
function wishOf(place: number, offeredMinor: number): Wish | undefined {
  if (place % 10 === 2) return { unitMinor: offeredMinor, buyerKinds: RESEARCHERS };
  if (place % 10 === 5) return { unitMinor: 2 * offeredMinor, buyerKinds: RESEARCHERS };
  if (place % 20 === 8) return { unitMinor: 5000, buyerKinds: RESEARCHERS };
  return place % 20 === 18 ? { unitMinor: offeredMinor, buyerKinds: ['charity'] } : undefined;
}

interface Offered {
  readonly fields: readonly string[];
  readonly unitMinor: number;
}

/**
 * Some patients say once what their data may be used for: health research by universities and hospitals that are not for profit, in
 * Austria or Germany, for a price. Returns those whose terms approve what is offered.
 */
export async function signStandingTerms(
  patients: readonly DemoPatient[],
  offered: Offered,
  progress: Progress,
): Promise<readonly DemoPatient[]> {
  progress.step('Some patients sign standing terms, which answer for them');
  const signing = patients
    .filter(({ eligible }) => eligible)
    .flatMap((patient, place) => {
      const wish = wishOf(place, offered.unitMinor);
      return wish ? [{ patient, wish }] : [];
    });
  await inParallel(signing, CLIENTS_AT_ONCE, ({ patient, wish }) => sign(patient.client, offered, wish));
  const approving = signing.filter(
    ({ wish }) => wish.unitMinor === offered.unitMinor && wish.buyerKinds === RESEARCHERS,
  );
  progress.note(
    `for health research (DUO:0000006), not commercial, by universities and hospitals, in AT or DE: ${approving.length} patients`,
  );
  progress.note(`for more money, or for charities only: ${signing.length - approving.length} patients`);
  return approving.map(({ patient }) => patient);
}

async function sign(client: PartyClient, { fields }: Offered, { unitMinor, buyerKinds }: Wish): Promise<void> {
  const { termsNotice, myBalance } = await client.run<{
    termsNotice: { hash: string; language: string };
    myBalance: { currency: string };
  }>('{ termsNotice { hash language } myBalance { currency } }');
  const alternative = {
    permission: { code: 'DUO:0000006' },
    modifiers: [{ code: 'DUO:0000022', countries: ['AT', 'DE'] }, { code: 'DUO:0000045' }, { code: 'DUO:0000046' }],
    buyerKinds,
    categories: [...fields].sort(),
    minimumPrice: { unitMinor, currency: myBalance.currency },
    safeguards: ['no-onward-sharing', 'no-reidentification'],
  };
  const statement = client.stateInChain('aceso/standing-terms/v1', {
    mode: 'answer-for-me',
    alternatives: [alternative],
    splitRule: splitRuleHash(sha256),
    notice: { ...termsNotice, payment: true },
  });
  await client.run(`mutation($statement: String!) { setStandingTerms(statement: $statement) { terms } }`, {
    statement: statement.text,
  });
}

/** Whoever signed such terms and was asked has agreed, without a word of the patient's client. False: nobody was asked. */
export async function showTermsAnswered(signed: readonly DemoPatient[], progress: Progress): Promise<boolean> {
  const asked = signed.filter(({ answer }) => answer !== 'not-asked');
  if (asked.length === 0) return false;
  const moments = await inParallel(asked, CLIENTS_AT_ONCE, async ({ client, answer, request }) => {
    const { myGrants } = await client.run<{
      myGrants: { edges: { node: { request: string; byTerms: boolean; recordedAt: string } }[] };
    }>('{ myGrants(first: 1) { edges { node { request byTerms recordedAt } } } }');
    const [newest] = myGrants.edges;
    const isAnswered = newest?.node.byTerms === true && newest.node.request === request?.request;
    requireShown(answer === 'by-terms' && isAnswered, 'standing terms answered everybody who signed them');
    return newest?.node.recordedAt;
  });
  requireShown(new Set(moments).size === 1, 'standing terms answered all of them in one transaction');
  progress.note(`answered by standing terms, in the transaction that asked: ${asked.length}`);
  return true;
}
