import { Injectable } from '@nestjs/common';
import { AuditService } from '@aceso/audit';
import { assert, concat, hex, utf8, type PartyId } from '@aceso/kernel';
import { Database, hmacSha256, KeyCustody, sha256, type Tx } from '@aceso/platform';
import { BlockCache } from './data/block-cache';
import { keepAnswers, leftOutFor, logQuestion, readAnswers } from './data/questions';
import { keepCloseCall, keepMembers, keepToldSet, readMembers, readToldSets } from './data/told-sets';
import { closenessOf } from './domain/closeness';
import { disclose, type AnsweredCount } from './domain/disclosure';
import { Disclosing, type KnownSet } from './domain/disclosing';
import { decodePersonSet, encodePersonSet, NOBODY, type PersonSet } from './domain/person-set';

/** Bytes of sets that a process keeps to compare with. */
export const SETS_BYTES_MAX = 64 * 1024 * 1024;

/** Whoever is shown numbers. */
export interface Asker {
  readonly partyId: PartyId;
}

/** What is asked: each number of the answer has a hash of its own, that of the question which asks for it alone. */
export interface AskedNumbers {
  /** SHA-256 of the criteria, for the log. */
  readonly criteriaHash: Uint8Array;
  readonly hashes: readonly Uint8Array[];
  /** Record date, YYYY-MM-DD. */
  readonly day: string;
  /** Whether the same question of the party that is under way is this one: it is logged and charged once. */
  readonly once?: boolean;
}

/** A question that was logged. */
export interface OpenQuestion extends AskedNumbers {
  /** Of each number, lower-case hexadecimal: its hash, and whose patients are left out for the asker. */
  readonly keys: readonly string[];
  /** What each number is anyway; undefined where it has to be counted. */
  readonly standing: readonly (AnsweredCount | undefined)[];
}

/** What was counted for a question. */
export interface Counted {
  readonly everybody: PersonSet;
  /** In the order of the hashes. */
  readonly sets: readonly PersonSet[];
}

/** How counted sets become numbers, in the order of the keys. */
export type Decision = (disclosing: Disclosing, sets: readonly PersonSet[]) => readonly AnsweredCount[];

interface Judged {
  readonly counted: Counted;
  readonly decide: Decision;
  /** False where a question is the same for everybody and the asker has no say in it: closeness is no close call. */
  readonly aimed?: boolean;
}

/**
 * The one way from sets of persons to numbers that a research center sees: the log and budget of its group, answers that stand for a day, the
 * guard against differences, and the lock-out (ADR 38).
 */
@Injectable()
export class DisclosureDesk {
  readonly #sets = new BlockCache<PersonSet>(SETS_BYTES_MAX);
  #digestKey: Uint8Array | undefined;

  constructor(
    private readonly database: Database,
    private readonly custody: KeyCustody,
    private readonly audit: AuditService,
    private readonly guard: typeof closenessOf = closenessOf,
  ) {}

  /** Logs a question before anything is counted. Throws COUNT_LIMIT_REACHED, COUNT_LOCKED. */
  open(asker: Asker, asked: AskedNumbers): Promise<OpenQuestion> {
    return this.database.transaction('api', async (tx) => {
      await tx.actAs(asker.partyId);
      const { criteriaHash, hashes, day, once = false } = asked;
      await logQuestion(tx, { ...asker, criteriaHash, numbers: hashes.length, once });
      const leftOut = await leftOutFor(tx, asker.partyId);
      const keys = hashes.map((hash) => hex.encode(leftOut === '' ? hash : sha256(concat(hash, utf8(leftOut)))));
      return { ...asked, keys, standing: await this.#standing(tx, keys, day) };
    });
  }

  /** Decides what the asker is shown of what was counted, and keeps it. */
  answer(asker: Asker, question: OpenQuestion, judged: Judged): Promise<readonly AnsweredCount[]> {
    return this.database.transaction('api', (tx) => this.answerWithin(tx, asker, { question, ...judged }));
  }

  /** The same in a transaction that keeps more. The group waits from here on, or from `enter`, until it ends. */
  async answerWithin(
    tx: Tx,
    asker: Asker,
    { question, counted, decide, aimed = true }: Judged & { readonly question: OpenQuestion },
  ): Promise<readonly AnsweredCount[]> {
    await this.enter(tx, asker);
    const sets = await this.#stand(tx, question, counted.sets);
    const disclosing = new Disclosing(await this.#known(tx), counted.everybody, this.guard);
    const answers = decide(disclosing, sets);
    for (const kept of disclosing.kept) await this.#keep(tx, asker, kept);
    if (aimed) for (const key of disclosing.calls) await this.#close(tx, asker, key);
    return answers;
  }

  /** Makes the transaction act as the asker, whose group is told nothing else until it ends. */
  async enter(tx: Tx, { partyId }: Asker): Promise<void> {
    await tx.actAs(partyId);
    await tx.query('select cohort.lock_group($1)', [partyId]);
  }

  async #standing(tx: Tx, keys: readonly string[], day: string): Promise<OpenQuestion['standing']> {
    const answers = await readAnswers(tx, keys, day);
    const told = new Map<string, AnsweredCount>();
    for (const { key, told: how, approximate, today } of await readToldSets(tx)) {
      if (!today) continue;
      if (how === 'NUMBER') told.set(key, { approximate, suppressed: false });
      else if (how === 'TOO_SMALL') told.set(key, { approximate: null, suppressed: true });
    }
    const nobody: AnsweredCount = { approximate: null, suppressed: true };
    return keys.map((key) => (answers.get(key)?.setDigest === null ? nobody : told.get(key)));
  }

  /** The sets that stand for a question today: those that were counted, where nobody asked before. */
  async #stand(tx: Tx, { keys, day }: OpenQuestion, counted: readonly PersonSet[]): Promise<PersonSet[]> {
    const own = new Map<string, PersonSet>();
    const news = [];
    for (const [at, set] of counted.entries()) {
      const setDigest = set.size === 0 ? null : await this.#keepSet(tx, set);
      if (setDigest) own.set(hex.encode(setDigest), set);
      news.push({ hash: keys[at]!, setDigest, approximate: disclose(set.size).approximate });
    }
    await keepAnswers(tx, news, day);
    const stands = await readAnswers(tx, keys, day);
    const digests = keys.map((key) => {
      const digest = stands.get(key)?.setDigest;
      return digest ? hex.encode(digest) : null;
    });
    const others = await this.#members(tx, digests.filter((digest) => digest !== null && !own.has(digest)) as string[]);
    return digests.map((digest) => (digest === null ? NOBODY : (own.get(digest) ?? others.get(digest)!)));
  }

  async #known(tx: Tx): Promise<KnownSet[]> {
    const rows = await readToldSets(tx);
    const sets = await this.#members(
      tx,
      rows.map(({ setDigest }) => setDigest),
    );
    return rows.map(({ setDigest, ...row }) => ({ ...row, set: sets.get(setDigest)! }));
  }

  async #members(tx: Tx, digests: readonly string[]): Promise<ReadonlyMap<string, PersonSet>> {
    const sets = new Map<string, PersonSet>();
    const missing = new Set<string>();
    for (const digest of digests) {
      const set = this.#sets.get(digest);
      if (set) sets.set(digest, set);
      else missing.add(digest);
    }
    if (missing.size === 0) return sets;
    for (const [digest, members] of await readMembers(tx, [...missing])) {
      sets.set(digest, this.#cached(digest, decodePersonSet(members)));
    }
    for (const digest of missing) assert(sets.has(digest), 'whoever may compare with a set may read it');
    return sets;
  }

  async #keep(tx: Tx, asker: Asker, { set, ...known }: KnownSet): Promise<void> {
    const setDigest = await this.#keepSet(tx, set);
    await keepToldSet(tx, asker.partyId, { ...known, setDigest: hex.encode(setDigest) });
  }

  async #keepSet(tx: Tx, set: PersonSet): Promise<Uint8Array> {
    const members = encodePersonSet(set);
    const digest = hmacSha256(this.#key(), members);
    await keepMembers(tx, digest, members);
    this.#cached(hex.encode(digest), set);
    return digest;
  }

  #cached(digest: string, set: PersonSet): PersonSet {
    this.#sets.put(digest, set, set.words.byteLength);
    return set;
  }

  async #close(tx: Tx, { partyId }: Asker, key: string): Promise<void> {
    if (!(await keepCloseCall(tx, partyId, key))) return;
    const event = { act: 'counts.locked-out', actorId: partyId, objectType: 'party', objectId: partyId };
    await this.audit.record(tx, { ...event, outcome: 'refused', reason: 'COUNT_LOCKED' });
  }

  #key(): Uint8Array {
    return (this.#digestKey ??= hmacSha256(this.custody.serviceSeed('noise'), utf8('aceso/cohort-set/v1')));
  }
}
