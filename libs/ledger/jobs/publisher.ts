import {
  loadMlDsa44,
  sha256,
  verifyEd25519,
  type Config,
  type Database,
  type KeyCustody,
  type Logger,
} from '@aceso/platform';
import { newestSignedBlock, type SignedBlock } from '../data/block';
import type { Reader } from '../data/reader';
import { cosignaturesOf, insertCosignatures, insertForkEvidence, type ForkEvidence } from '../data/witnessing';
import {
  formatNote,
  KEY_TYPE,
  LedgerError,
  quorumMet,
  verifierKey,
  type NoteSignature,
  type TrustPolicy,
  type VerifierKey,
} from '../domain';
import { isAsked, readWitnessPolicy } from '../witness-policy';
import { RECOVERY } from './signing-rule';
import { networkCode, WITNESS_MS_MAX } from './witness-client';
import { WitnessConversation, type Asked, type Submission } from './witness-conversation';

export interface PublisherParts {
  readonly database: Database;
  readonly custody: KeyCustody;
  readonly config: Pick<Config, 'origin' | 'witnessPolicy'>;
  readonly logger: Logger;
  /** Called behind each durable step. */
  readonly reached: (step: 'witnessed' | 'published') => void;
}

/** Who is asked, and when it is enough. */
interface Witnesses {
  readonly policy: TrustPolicy;
  readonly conversations: readonly WitnessConversation[];
}

/**
 * Makes the newest signed checkpoint public once enough witnesses have cosigned it. What the policy does not find enough
 * stays inside: no checkpoint is public that a reader of the policy would refuse (transparency-log.md section 15).
 */
export class Publisher {
  private readonly reader: Reader;
  private known: Witnesses | undefined;

  constructor(private readonly parts: PublisherParts) {
    const { database } = parts;
    this.reader = { query: (sql, params) => database.query('sequencer', sql, params) };
  }

  /**
   * Publishes the newest signed checkpoint unless it is public already or too few witnesses cosign; returns whether it
   * did. Throws LEDGER_ROLLED_BACK or LEDGER_FORKED when a witness shows that this log signed another history.
   */
  async publish(stop: AbortSignal): Promise<boolean> {
    const block = await newestSignedBlock(this.reader);
    if (!block || block.published) return false;
    const own: NoteSignature = { name: this.parts.config.origin, keyId: block.keyId, signature: block.signature };
    const cosignatures = await this.cosignatures(block, own, stop);
    if (!cosignatures) return false;
    this.parts.reached('witnessed');
    const note = formatNote({ text: block.text, signatures: [own, ...cosignatures] });
    await this.parts.database.transaction('sequencer', (tx) =>
      tx.execute('insert into ledger.publication (height, note) values ($1, $2)', [block.height, note]),
    );
    this.parts.reached('published');
    return true;
  }

  /** The lines of witnesses, kept before anybody sees them; undefined when they are too few. */
  private async cosignatures(
    block: SignedBlock,
    own: NoteSignature,
    stop: AbortSignal,
  ): Promise<readonly NoteSignature[] | undefined> {
    const witnesses = await this.witnesses();
    if (!witnesses) return [];
    const submission = { block, note: { text: block.text, signatures: [own] }, logKey: this.logKey() };
    const stored = await cosignaturesOf(this.reader, block.height);
    const kept = witnesses.conversations.flatMap((one) => one.verified(stored, submission) ?? []);
    const missing = witnesses.conversations.filter(({ witness }) => !kept.some((line) => isOf(line, witness)));
    const asked = await withinTime(WITNESS_MS_MAX, stop, (signal) =>
      Promise.all(missing.map((conversation) => this.ask(conversation, submission, signal))),
    );
    const fresh = asked.flatMap((one) => (one.kind === 'cosigned' ? [one.line] : []));
    const evidence = asked.flatMap((one) => (one.kind === 'contradicts' ? [one.evidence] : []));
    if (fresh.length > 0) {
      await this.parts.database.transaction('sequencer', (tx) => insertCosignatures(tx, block.height, fresh));
    }
    for (const one of evidence) await this.report(one);
    refuseProven(evidence);
    const lines = [...kept, ...fresh];
    return quorumMet(witnesses.policy, (witness) => lines.some((line) => isOf(line, witness))) ? lines : this.tooFew();
  }

  private async ask(conversation: WitnessConversation, submission: Submission, stop: AbortSignal): Promise<Asked> {
    const { name } = conversation.witness;
    const asked = await conversation
      .ask(submission, stop)
      .catch((error: unknown): Asked => ({ kind: 'not now', code: networkCode(error) }));
    if (asked.kind === 'not now') {
      this.parts.logger.warn('a witness did not cosign', { witness: name, code: asked.code });
    }
    return asked;
  }

  private async report(evidence: ForkEvidence): Promise<void> {
    const isNew = await this.parts.database.transaction('sequencer', (tx) => insertForkEvidence(tx, evidence));
    if (!isNew) return;
    this.parts.logger.error('a witness contradicts this log; ledger.fork_evidence keeps both', undefined, {
      witness: evidence.witness,
      code: evidence.kind.toUpperCase().replace(' ', '_'),
      size: String(evidence.theirSize ?? ''),
    });
  }

  private tooFew(): undefined {
    this.parts.logger.warn('too few witnesses cosigned: no checkpoint is published', {
      code: 'WITNESS_QUORUM_NOT_MET',
    });
  }

  /** The policy is read once, at the first publication; undefined where the instance has none. */
  private async witnesses(): Promise<Witnesses | undefined> {
    const { witnessPolicy } = this.parts.config;
    if (this.known || witnessPolicy === undefined) return this.known;
    const policy = readWitnessPolicy(witnessPolicy);
    const asked = [...policy.witnesses.values()].filter(isAsked);
    const isMlDsa44 = asked.some(({ type }) => type === KEY_TYPE.mlDsa44);
    const checks = { verifyEd25519, ...(isMlDsa44 ? { verifyMlDsa44: await loadMlDsa44() } : {}) };
    const conversations = asked.map((witness) => new WitnessConversation(this.reader, witness, checks));
    this.known = { policy, conversations };
    return this.known;
  }

  private logKey(): VerifierKey {
    const { config, custody } = this.parts;
    const publicKey = custody.ledgerPublicKey();
    return verifierKey({ name: config.origin, type: KEY_TYPE.ed25519, publicKey }, sha256);
  }
}

/** With the other checkpoint in hand there is no doubt: whoever published now would complete a fork. */
function refuseProven(evidence: readonly ForkEvidence[]): void {
  const proof = evidence.find(({ theirNote }) => theirNote !== null);
  if (!proof) return;
  const { witness, kind, ownSize, theirSize } = proof;
  if (kind === 'larger tree') {
    throw new LedgerError(
      'LEDGER_ROLLED_BACK',
      `${witness} cosigned size ${theirSize} of this log, but the database ends at size ${ownSize}: it is an older backup. ${RECOVERY}`,
    );
  }
  throw new LedgerError('LEDGER_FORKED', `${witness} cosigned another tree of size ${theirSize}. ${RECOVERY}`);
}

function isOf(line: Pick<NoteSignature, 'name' | 'keyId'>, key: VerifierKey): boolean {
  return line.name === key.name && line.keyId === key.keyId;
}

/** Runs work under a signal that aborts when time is up or `stop` does. */
async function withinTime<Result>(
  milliseconds: number,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const limit = new AbortController();
  const end = (): void => limit.abort();
  if (stop.aborted) end();
  stop.addEventListener('abort', end);
  const timer = setTimeout(end, milliseconds);
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', end);
  }
}
