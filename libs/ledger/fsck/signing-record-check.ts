import { bytesEqual } from '@aceso/kernel';
import { blockOfSize, newestSignedBlock } from '../data/block';
import type { FsckCheck, FsckContext, FsckFinding } from './check';

const TABLE = 'signing record';

/** The file that remembers the largest signed tree: it and the database must tell one story. */
export const signingRecordCheck: FsckCheck = {
  name: 'signing record',
  async *run({ reader, origin, signedBefore, readSigned }: FsckContext): AsyncGenerator<FsckFinding> {
    if (signedBefore === undefined || readSigned === undefined) return;
    const found = (problem: string, key = 'last-signed.json'): FsckFinding => ({ table: TABLE, key, problem });
    if ('problem' in signedBefore) return yield found(signedBefore.problem);
    const newest = await newestSignedBlock(reader);
    const { state } = signedBefore;
    if (state === undefined) {
      if (newest) yield found('is missing, although checkpoints were signed');
      return;
    }
    const key = `size ${state.size}`;
    if (state.origin !== origin) yield found('belongs to a log of another origin', key);
    const block = await blockOfSize(reader, state.size);
    if (!block) yield found('was signed, and the database has no block that ends there: rows were cut off', key);
    else if (!bytesEqual(block.root, state.root)) yield found('was signed with another root', key);
    // The log may have been signing meanwhile, so it is the record of now that must not lag behind.
    const now = await readSigned();
    if (newest && 'state' in now && now.state !== undefined && now.state.size < newest.size) {
      yield found(`is older than the signature of size ${newest.size}`, `size ${now.state.size}`);
    }
  },
};
