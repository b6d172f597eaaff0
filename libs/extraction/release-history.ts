import { Injectable, type OnModuleInit } from '@nestjs/common';
import {
  birthMonthOf,
  birthWindow,
  classKey,
  composedPersons,
  generalise,
  quasiIdentifiers,
  type ComposedPerson,
  type Generalisation,
  type Policy,
} from '@aceso/deidentification/domain';
import { AffiliationService } from '@aceso/identity';
import type { PartyId, PersonId } from '@aceso/kernel';
import { Erasures } from '@aceso/ledger';
import type { Tx } from '@aceso/platform';
import type { Attempt, Member } from './data/attempt.store';
import {
  earlierViews,
  forgetClasses,
  lockHistory,
  type ReleasedClass,
  type ReleasedClasses,
} from './data/history.store';
import type { OrderInWork } from './data/order.store';
import { attributesOf } from './data/person.store';

/** Everything that a release adds to the history: its classes by number, and who is in which. */
export interface ShownClasses {
  readonly classes: readonly ReleasedClass[];
  readonly numbers: ReleasedClasses;
}

/** What a buyer and its affiliates have of persons already, and whom an affiliate vouches for. In sets. */
@Injectable()
export class ReleaseHistory implements OnModuleInit {
  constructor(
    private readonly affiliations: AffiliationService,
    private readonly erasures: Erasures,
  ) {}

  onModuleInit(): void {
    this.erasures.alsoForget(forgetClasses);
  }

  /**
   * The persons as composition judges them in this order, by id; those who cannot be placed in a class, as their birth is
   * not known, are missing.
   */
  async judged(
    tx: Tx,
    order: Pick<OrderInWork, 'id' | 'buyerId'>,
    {
      personIds,
      asOf,
      policy,
    }: { readonly personIds: readonly PersonId[]; readonly asOf: string; readonly policy: Policy },
  ): Promise<ReadonlyMap<PersonId, ComposedPerson>> {
    const attributes = await attributesOf(tx, personIds);
    const earlier = await earlierViews(
      tx,
      { buyerId: order.buyerId, orderId: order.id, dates: policy.dates.kind },
      personIds,
    );
    const vouched = await this.vouchedByAffiliates(tx, order.buyerId, personIds);
    const judged = new Map<PersonId, ComposedPerson>();
    for (const [personId, known] of attributes) {
      const quasi = quasiIdentifiers(known, asOf, policy);
      const birthMonth = birthMonthOf(known, quasi);
      if (birthMonth === null) continue;
      const view = earlier.get(personId);
      judged.set(personId, {
        attributes: quasi,
        birthMonth,
        counts: !vouched.has(personId),
        ...(view && { earlier: view }),
      });
    }
    return judged;
  }

  /**
   * The classes of a release, judged once more with everything that was released meanwhile; no other release for the
   * buyer or an affiliate commits before the transaction ends. Null when a member may not leave beside it, or when the
   * files (`shown`: class by pseudonym) show another class of a member than the register does now: then the order is
   * planned again.
   */
  async classes(
    tx: Tx,
    work: {
      readonly order: OrderInWork;
      readonly attempt: Attempt;
      readonly policy: Policy;
      readonly k: number;
      readonly shown: ReadonlyMap<string, string>;
    },
    {
      members,
      pseudonyms,
    }: { readonly members: readonly Member[]; readonly pseudonyms: ReadonlyMap<PersonId, string> },
  ): Promise<ShownClasses | null> {
    const { order, attempt, policy, k, shown } = work;
    await lockHistory(tx, order.buyerId);
    const asOf = attempt.recordDate;
    const personIds = members.map(({ personId }) => personId);
    const judged = await this.judged(tx, order, { personIds, asOf, policy });
    if (judged.size !== members.length) return null;
    const node = attempt.generalisation as unknown as Generalisation;
    const persons = [...judged];
    const marks = composedPersons(
      persons.map(([, person]) => person),
      node,
      { k, asOf },
    );
    if (!marks.every(Boolean)) return null;
    const byKey = new Map<string, number>();
    const classes: ReleasedClass[] = [];
    const numbers = new Map<PersonId, number>();
    for (const [personId, { attributes }] of persons) {
      const released = generalise(attributes, node);
      const key = classKey(released);
      if (shown.get(pseudonyms.get(personId) ?? '') !== key) return null;
      const number = byKey.get(key) ?? classes.length;
      if (number === classes.length) {
        byKey.set(key, number);
        classes.push({ ...classOf(released, asOf), dates: policy.dates.kind });
      }
      numbers.set(personId, number);
    }
    return { classes, numbers };
  }

  /** Persons of whom any living binding comes from a provider that hangs together with the buyer. */
  vouchedByAffiliates(tx: Tx, buyerId: PartyId, personIds: readonly PersonId[]): Promise<ReadonlySet<PersonId>> {
    return this.affiliations.vouchedAmong(tx, buyerId, personIds);
  }
}

function classOf(released: ReturnType<typeof generalise>, asOf: string): Omit<ReleasedClass, 'dates'> {
  const { ageBand = '', gender = null, state = null, zip3 = null, race = null, ethnicity = null } = released;
  return { born: birthWindow(ageBand, asOf), sex: gender, state, zip3, race, ethnicity };
}
