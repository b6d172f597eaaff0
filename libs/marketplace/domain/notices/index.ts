import { hex, utf8, type Sha256 } from '@aceso/kernel';
import { NOTICE_EN_1 } from './notice-en-1';

/** The text that a patient reads before answering. Grants name its hash and language. */
export interface Notice {
  readonly language: string;
  readonly version: number;
  readonly text: string;
}

/** Every notice that was ever shown, the newest of a language last. */
const NOTICES: readonly Notice[] = [{ language: 'en', version: 1, text: NOTICE_EN_1 }];

/** The notice for new requests. */
export const CURRENT_NOTICE: Notice = NOTICES[NOTICES.length - 1];

/** Hex SHA-256 over the UTF-8 bytes of the text. */
export function noticeHash({ text }: Notice, sha256: Sha256): string {
  return hex.encode(sha256(utf8(text)));
}

/** The notice that a hash names, or undefined. */
export function noticeOf(hash: string, sha256: Sha256): Notice | undefined {
  return NOTICES.find((notice) => noticeHash(notice, sha256) === hash);
}
