import { fromUtf8, utf8, type LedgerEntryId } from '@aceso/kernel';
import { openAes256Gcm, sealAes256Gcm } from '@aceso/platform';
import { SALT_BYTES, type Opening } from './domain';

/** The entry's id is bound to the seal: an opening cannot be moved to another entry. */
const openingData = (id: LedgerEntryId): Uint8Array => utf8(`aceso/opening/v1\0${id}`);

/** Seals an opening under its subject's key. */
export function sealOpening({ salt, payload }: Opening, openingKey: Uint8Array, id: LedgerEntryId): Uint8Array {
  return sealAes256Gcm(openingKey, Buffer.concat([salt, utf8(payload)]), openingData(id));
}

/** Opens what {@link sealOpening} sealed. */
export function openOpening(sealed: Uint8Array, openingKey: Uint8Array, id: LedgerEntryId): Opening {
  const bytes = openAes256Gcm(openingKey, sealed, openingData(id));
  return { salt: bytes.slice(0, SALT_BYTES), payload: fromUtf8(bytes.slice(SALT_BYTES)) };
}
