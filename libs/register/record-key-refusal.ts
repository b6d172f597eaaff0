import { PlatformError } from '@aceso/platform';
import { RegisterError } from './register.errors';

/** What custody says of one key; everything else that it says is about the instance. */
const KEY_REFUSALS: ReadonlySet<string> = new Set(['KEY_EPOCH_DESTROYED', 'KEY_UNWRAP_FAILED']);

/**
 * Runs what opens the keys of records. A key that is damaged, or went with its epoch, becomes RECORD_KEY_UNUSABLE: a
 * refusal of that record, so that a caller can go on with the others.
 */
export async function refusingRecords<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (!(cause instanceof PlatformError) || !KEY_REFUSALS.has(cause.code)) throw cause;
    throw new RegisterError('RECORD_KEY_UNUSABLE', 'a key of a source record or of its person does not open', {
      cause,
    });
  }
}
