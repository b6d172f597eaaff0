import { hex, utf8, type Clock } from '@aceso/kernel';
import {
  admitCheckpoint,
  cosign,
  formatNote,
  formatSignatureLine,
  judgeCheckpoint,
  SIZE_MEDIA_TYPE,
  type AdmittedCheckpoint,
  type Contradiction,
  type NoteSignature,
  type VerifierKey,
} from '@aceso/ledger/domain';
import type { CheckpointStore, Cosigned } from './checkpoint-store';
import { sha256, verifyEd25519 } from './crypto';
import type { WitnessKey } from './witness-key';

const TEXT = 'text/plain; charset=utf-8';

/** What is answered over HTTP. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface WitnessParts {
  readonly identity: WitnessKey;
  /** The keys of the logs that are witnessed. */
  readonly logs: readonly VerifierKey[];
  readonly store: CheckpointStore;
  readonly now: Clock;
  /** Told in plain words what a person should look at. */
  readonly warn: (text: string) => void;
}

/**
 * Cosigns what continues the largest tree that it has seen of a log (C2SP tlog-witness). Comparing with that tree and
 * keeping the new one is one step, on disk before the answer: requests for one origin take turns.
 */
export class Witness {
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(private readonly parts: WitnessParts) {}

  /** `POST /add-checkpoint`. */
  async add(body: Uint8Array): Promise<Answer> {
    const admitted = admitCheckpoint(body, this.parts.logs, { verifyEd25519 });
    if (admitted.status !== 'admitted') return refusal(admitted.status, admitted.reason);
    const origin = hex.encode(sha256(utf8(admitted.checkpoint.origin)));
    return this.inTurn(origin, () => this.judge(origin, admitted));
  }

  /** `GET /<hex SHA-256 of the origin>/checkpoint`: the last cosigned checkpoint, with log and witness signatures. */
  async latest(origin: string): Promise<Answer> {
    const isKnown = this.parts.logs.some(({ name }) => hex.encode(sha256(utf8(name))) === origin);
    const cosigned = isKnown ? await this.parts.store.read(origin) : undefined;
    return cosigned ? { status: 200, type: TEXT, body: cosigned.note } : refusal(404, 'nothing was cosigned');
  }

  /** Called when a cosigned checkpoint is on disk and nobody has heard of it yet: tests crash here. */
  protected persisted(): void {}

  private async judge(origin: string, admitted: AdmittedCheckpoint): Promise<Answer> {
    const state = await this.parts.store.read(origin);
    const outcome = judgeCheckpoint(admitted, state, sha256);
    if (outcome.status === 200) return this.cosign(origin, admitted);
    if (outcome.contradiction && state) await this.report(origin, outcome.contradiction, { state, admitted });
    if (outcome.status === 422) return refusal(422, outcome.reason);
    return { status: 409, type: SIZE_MEDIA_TYPE, body: `${outcome.size}\n` };
  }

  private async cosign(origin: string, { note: { text }, logSignatures }: AdmittedCheckpoint): Promise<Answer> {
    const { identity, store, now } = this.parts;
    const { name, keyId } = identity.key;
    const time = BigInt(Math.floor(now() / 1000));
    const own: NoteSignature = { name, keyId, signature: cosign(text, time, identity.sign) };
    await store.write(origin, formatNote({ text, signatures: [...logSignatures, own] }));
    this.persisted();
    return { status: 200, type: TEXT, body: formatSignatureLine(own) };
  }

  private async report(
    origin: string,
    kind: Contradiction,
    { state, admitted }: { state: Cosigned; admitted: AdmittedCheckpoint },
  ): Promise<void> {
    const { note, logSignatures, checkpoint } = admitted;
    const submitted = formatNote({ text: note.text, signatures: logSignatures });
    const isNew = await this.parts.store.keepEvidence(origin, { kind, cosigned: state.note, submitted });
    if (!isNew) return;
    this.parts.warn(
      kind === 'two roots'
        ? `FORK: ${checkpoint.origin} signed two roots for size ${checkpoint.size}; both stand in ${origin}/evidence`
        : `size ${checkpoint.size} of ${checkpoint.origin} was not proven to continue size ${state.size}; both stand in ${origin}/evidence`,
    );
  }

  /** Runs a step when every earlier one of the same origin has ended, however it did. */
  private inTurn<Result>(origin: string, step: () => Promise<Result>): Promise<Result> {
    const result = (this.turns.get(origin) ?? Promise.resolve()).then(step);
    this.turns.set(
      origin,
      result.catch(() => undefined),
    );
    return result;
  }
}

/** A refusal in plain words, for the person behind the client. */
export function refusal(status: number, reason: string): Answer {
  return { status, type: TEXT, body: `${reason}\n` };
}
