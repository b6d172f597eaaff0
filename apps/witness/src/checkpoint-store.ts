import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { DomainError, hex, utf8 } from '@aceso/kernel';
import { parseCheckpoint, parseNote, type Contradiction, type CosignedState } from '@aceso/ledger/domain';
import { sha256 } from './crypto';
import { makeFolder, writeDurably } from './durable-file';
import { readIfThere } from './witness-key';
import { WitnessError } from './witness.errors';

const CHECKPOINT_FILE = 'checkpoint';
const EVIDENCE_FOLDER = 'evidence';
/** More forks of one log prove nothing more. */
const EVIDENCE_FILES_MAX = 100;

/** The last cosigned checkpoint of an origin, as it is shown to everybody. */
export interface Cosigned extends CosignedState {
  readonly note: string;
}

/**
 * What a witness remembers, in files of its own: a folder for each origin, named by the SHA-256 of the origin, with the
 * last cosigned checkpoint. That file is the state: nothing else is compared with, and nothing is kept in memory.
 */
export class CheckpointStore {
  constructor(private readonly home: string) {}

  /** Throws WITNESS_STORAGE_DAMAGED: what cannot be read is never taken for "nothing cosigned yet". */
  async read(origin: string): Promise<Cosigned | undefined> {
    const note = await readIfThere(join(this.home, origin, CHECKPOINT_FILE));
    if (note === undefined) return undefined;
    try {
      const { size, root } = parseCheckpoint(parseNote(utf8(note)).text);
      return { size, root, note };
    } catch (cause) {
      if (!(cause instanceof DomainError)) throw cause;
      throw new WitnessError('WITNESS_STORAGE_DAMAGED', 'a stored checkpoint cannot be read', { cause });
    }
  }

  /** Replaces the state of an origin; it is durable when this returns. */
  async write(origin: string, note: string): Promise<void> {
    await makeFolder(join(this.home, origin));
    await writeDurably(join(this.home, origin, CHECKPOINT_FILE), note);
  }

  /** Keeps two signed checkpoints that contradict each other, once; returns false when they were kept before. */
  async keepEvidence(
    origin: string,
    found: { kind: Contradiction; cosigned: string; submitted: string },
  ): Promise<boolean> {
    const { kind, cosigned, submitted } = found;
    const folder = join(this.home, origin, EVIDENCE_FOLDER);
    await makeFolder(folder);
    // A contradiction that anybody can cause with an old checkpoint must not crowd out one that only the log can.
    const prefix = kind.replace(' ', '-');
    const present = (await readdir(folder)).filter((name) => name.startsWith(prefix));
    const name = `${prefix}-${hex.encode(sha256(utf8(submitted))).slice(0, 16)}.txt`;
    if (present.includes(name) || present.length >= EVIDENCE_FILES_MAX) return false;
    await writeDurably(join(folder, name), `${kind}\n\ncosigned before:\n${cosigned}\nsubmitted:\n${submitted}`);
    return true;
  }
}
