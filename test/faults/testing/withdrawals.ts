import { PERMISSION_RULES } from '@aceso/consent/domain';
import { alternative, signRevocation, signStandingTerms } from '@aceso/consent/testing';
import { samplePerson, type Contributor, type ExtractionKit } from '@aceso/extraction/testing';
import { digestOf, type Member } from '@aceso/identity/testing';
import { assert } from '@aceso/kernel';
import { sha256, type Tx } from '@aceso/platform';
import { createErasures } from '@aceso/register/testing';
import { splitRuleHash } from '@aceso/settlement/domain';

/**
 * How a person comes to be out of an order: it revokes the grant, ends the key that signed it with a `since` before, sets
 * terms that no longer answer so, sets a rule against research, erases everything; or an officer freezes the person, or the provider.
 */
export const WAYS = ['revocation', 'key', 'terms', 'rules', 'erasure', 'freeze', 'provider-freeze'] as const;
export type Way = (typeof WAYS)[number];

/** A person that takes part in an order and then withdraws from it. */
export interface Rival {
  readonly way: Way;
  person: Contributor;
  /** Of the person's records. */
  readonly provider: Member;
}

/** A withdrawal in its transaction, under the role `api`. */
export type Withdrawal = (tx: Tx) => Promise<unknown>;

const MINUTE_MS = 60_000;
/** Above what orders of the tests pay. */
const UNIT_MINOR_HIGH = 5_000;
const UNIT_MINOR_LOW = 500;
/** Sample persons whose numbers are this far apart are alike in all that k looks at, so that nobody is left out for k. */
const ALIKE = 6;

/** Rivals, what they do, and what makes them ready for the next order. */
export class Withdrawals {
  private persons = 0;

  constructor(
    private readonly kit: ExtractionKit,
    private readonly clinic: Member,
  ) {}

  /** A person like all others of the race. */
  person(provider: Member = this.clinic): Promise<Contributor> {
    const n = (this.persons += ALIKE);
    return this.kit.contributor(provider, { patientId: `patient-${n}`, lines: samplePerson(n) });
  }

  async rival(way: Way): Promise<Rival> {
    const { identity } = this.kit.market.consent;
    const provider = way === 'provider-freeze' ? await identity.member('provider') : this.clinic;
    const rival = { way, provider, person: await this.person(provider) };
    if (way === 'terms') await this.setTerms(rival.person);
    return rival;
  }

  /** As a person that grants the next order: by itself, or by another device whose key ends later. */
  async ready(rival: Rival): Promise<void> {
    if (rival.way !== 'key') return;
    const { identity } = this.kit.market.consent;
    const { client } = rival.person;
    const device = await identity.addDevice(rival.person);
    rival.person = { ...rival.person, client: device };
    this.devices.set(device.did, client);
  }

  /** Takes back what the rival did, as far as it can be. */
  async recover(rival: Rival): Promise<void> {
    const { person, way, provider } = rival;
    if (way === 'terms') await this.setTerms(person);
    if (way === 'rules') await this.kit.market.consent.setRules(person, []);
    if (way === 'erasure') rival.person = await this.person(provider);
    if (way === 'freeze') await this.lift(person);
    if (way === 'provider-freeze') await this.lift(provider);
    person.grant = null;
  }

  /** Signs what withdraws the rival; to be handed in once. */
  async withdrawal(rival: Rival): Promise<Withdrawal> {
    const { person, way, provider } = rival;
    const { actor, client, grant } = person;
    const { consent, terms, permissions, identity } = this.kit.market.consent;
    switch (way) {
      case 'revocation': {
        assert(grant, 'there is a grant to revoke');
        const text = signRevocation(client, grant);
        return (tx) => consent.recordRevocation(tx, actor, text);
      }
      case 'key': {
        const main = this.devices.get(client.did);
        assert(main, 'the person signed with a second device');
        main.continueFrom(client);
        rival.person = { ...person, client: main };
        const text = main.keyRevocation(client.did, identity.runtime.now() - MINUTE_MS);
        return (tx) => identity.keys.revoke(tx, actor, text);
      }
      case 'terms': {
        const text = signStandingTerms(client, this.terms(UNIT_MINOR_HIGH));
        return (tx) => terms.record(tx, actor, text);
      }
      case 'rules': {
        const none = { subject: { class: 'research' }, category: {}, level: 'none', purpose: 'any' } as const;
        const text = client.signNext(PERMISSION_RULES, { rules: [none] });
        return (tx) => permissions.record(tx, actor, text);
      }
      case 'erasure': {
        const text = client.erasure(null);
        return (tx) => createErasures(identity).erase(tx, actor, text);
      }
      case 'freeze':
        return this.freeze(person);
      case 'provider-freeze':
        return this.freeze(provider);
    }
  }

  /** The key that stays, by the device whose key ends. */
  private readonly devices = new Map<string, Member['client']>();

  private terms(unitMinor: typeof UNIT_MINOR_HIGH | typeof UNIT_MINOR_LOW) {
    const minimumPrice = { unitMinor, currency: 'EUR' } as const;
    return { alternatives: [alternative({ safeguards: [], minimumPrice })], splitRule: splitRuleHash(sha256) };
  }

  private async setTerms(person: Contributor): Promise<void> {
    await this.kit.market.consent.setStandingTerms(person, this.terms(UNIT_MINOR_LOW));
  }

  /** By an officer who froze nobody before: each may do it once without a second one. */
  private async freeze(party: Member): Promise<Withdrawal> {
    const { identity } = this.kit.market.consent;
    const officer = await identity.member('officer');
    const says = { party: party.actor.partyId, step: 'suspended', reason: 'key-compromise' } as const;
    const text = officer.client.licence(says);
    return (tx) => identity.licences.propose(tx, officer.actor, text);
  }

  private async lift(party: Member): Promise<void> {
    const { licences, ...identity } = this.kit.market.consent.identity;
    const [first, second] = [await this.officer(), await this.officer()];
    const says = { party: party.actor.partyId, step: 'reinstated', reason: 'cleared' } as const;
    const text = first.client.licence(says);
    const { database } = identity.test;
    await database.transaction('api', (tx) => licences.propose(tx, first.actor, text));
    const confirmation = second.client.licence({ ...says, confirms: digestOf(text) });
    await database.transaction('api', (tx) => licences.confirm(tx, second.actor, confirmation));
  }

  private officer(): Promise<Member> {
    return this.kit.market.consent.identity.member('officer');
  }
}
