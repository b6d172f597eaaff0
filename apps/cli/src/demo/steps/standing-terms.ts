import { splitRuleHash } from '@aceso/settlement/domain';
import { sha256 } from '@aceso/platform';
import { inParallel } from '../aceso-client';
import { CLIENTS_AT_ONCE, type DemoPatient } from '../cast';
import type { PartyClient } from '../party-client';
import type { Progress } from '../progress';
import { requireShown } from './shown';

/** Of ten who can be asked, one lets terms answer. */
const isTheirs = (place: number): boolean => place % 10 === 2;

interface Offered {
  readonly fields: readonly string[];
  readonly unitMinor: number;
}

/**
 * Some patients say once what their data may be used for: health research by universities and hospitals that are not for profit, in
 * Austria or Germany, for a price. Returns who did.
 */
export async function signStandingTerms(
  patients: readonly DemoPatient[],
  offered: Offered,
  progress: Progress,
): Promise<readonly DemoPatient[]> {
  progress.step('Some patients sign standing terms, which answer for them');
  const signing = patients.filter(({ eligible }) => eligible).filter((_, place) => isTheirs(place));
  await inParallel(signing, CLIENTS_AT_ONCE, ({ client }) => sign(client, offered));
  progress.note(
    `for health research (DUO:0000006), not commercial, by universities and hospitals, in AT or DE: ${signing.length} patients`,
  );
  return signing;
}

async function sign(client: PartyClient, { fields, unitMinor }: Offered): Promise<void> {
  const { termsNotice, myBalance } = await client.run<{
    termsNotice: { hash: string; language: string };
    myBalance: { currency: string };
  }>('{ termsNotice { hash language } myBalance { currency } }');
  const alternative = {
    permission: { code: 'DUO:0000006' },
    modifiers: [{ code: 'DUO:0000022', countries: ['AT', 'DE'] }, { code: 'DUO:0000045' }, { code: 'DUO:0000046' }],
    buyerKinds: ['hospital', 'university'],
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
