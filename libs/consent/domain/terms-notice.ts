import { hex, utf8, type Sha256 } from '@aceso/kernel';

/** The text that a patient reads before setting terms; the statement names its hash and language. */
export interface TermsNotice {
  readonly language: string;
  readonly version: number;
  readonly text: string;
}

/** Version 1, English. Never edited: statements name the hash of its text; a change is a new entry. */
const EN_1 = `Terms that answer for you

You write down once for which research your data may be used: what kind of research, by whom, where, which kinds of records,
for how much and until when. If you choose "answer for me", a request that your terms approve is answered with yes at once,
without asking you again. Nobody but you sees that it was your terms that answered, or that they answered at all.

What it covers

Every yes covers only what was recorded up to the moment of the answer. Your name, address, identity numbers, notes and
pictures never leave. What leaves is de-identified data with measured risk; somebody who already knows a lot about your health
might still recognise your data.

There is payment

If your data is in a package that is released, you receive your share of the price that the research center pays. Your terms say
below which price the answer is no, and by which rule the price is shared.

Changing your mind

You can set new terms at any time: from then on only the new ones count, and answers that older terms gave no longer hold. You
can also take back a single answer. Both take effect at once. Before the package is downloaded for the first time, that keeps your
data out of it; after the first download the data that left cannot be called back.

Your terms and every answer are sealed in a ledger that nobody can rewrite, and you can check them without trusting the
operator.
`;

/** Every notice that was ever shown, the newest of a language last. */
const NOTICES: readonly TermsNotice[] = [{ language: 'en', version: 1, text: EN_1 }];

/** The notice for new terms. */
export const CURRENT_TERMS_NOTICE: TermsNotice = { language: 'en', version: 1, text: EN_1 };

/** Hex SHA-256 over the UTF-8 bytes of the text. */
export function termsNoticeHash({ text }: TermsNotice, sha256: Sha256): string {
  return hex.encode(sha256(utf8(text)));
}

/** The notice that a hash names, or undefined. */
export function termsNoticeOf(hash: string, sha256: Sha256): TermsNotice | undefined {
  return NOTICES.find((notice) => termsNoticeHash(notice, sha256) === hash);
}
