import { asId, base64, canonicalJson, type OrderId, type PartyId, type PersonId } from '@aceso/kernel';
import { commitmentOf, verifyMember, type CommittedEntry } from '@aceso/ledger/domain';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { releaseList, type ReleaseMember } from './release-list';

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array => {
  const hash = nobleSha256.create();
  parts.forEach((part) => hash.update(part));
  return hash.digest();
};
let seed = 0;
const randomBytes = (length: number): Uint8Array => new Uint8Array(length).fill((seed += 1) % 251);
const id = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

describe('release list', () => {
  const sale = { orderId: asId(id(1)) as OrderId, currency: 'EUR' };
  const members: ReleaseMember[] = [
    ...Array.from({ length: 13 }, (_, n): ReleaseMember => ({
      kind: 'person',
      ownerId: asId(id(100 + n)) as PersonId,
      grant: String(n).padStart(64, '0'),
      pseudonym: String(n).padStart(32, 'f'),
      earnedMinor: 700n,
    })),
    { kind: 'provider', ownerId: asId(id(200)) as PartyId, earnedMinor: 2600n },
  ];

  it('lets every member prove its own part against the one root', () => {
    const { root, participations } = releaseList(sale, members, { sha256, randomBytes });
    const opening = { salt: new Uint8Array(32), payload: canonicalJson({ code: 'package.released', at: 'now', root }) };
    const entry = { kind: 'order', commitment: commitmentOf(opening, sha256) } as CommittedEntry;
    for (const { text } of participations) {
      const { member } = JSON.parse(text);
      const extra = {
        opening,
        member: {
          ...member,
          proof: member.proof.map((hash: string) => base64.decode(hash)),
          salt: base64.decode(member.salt),
        },
      };
      expect(() => verifyMember(extra, entry, sha256)).not.toThrow();
      expect(() =>
        verifyMember(
          { ...extra, member: { ...extra.member, payload: extra.member.payload.replace('EUR', 'USD') } },
          entry,
          sha256,
        ),
      ).toThrow();
    }
  });

  it('names nobody in a leaf', () => {
    const { participations } = releaseList(sale, members, { sha256, randomBytes });
    for (const { ownerId, text } of participations) {
      expect(text).not.toContain(ownerId);
      expect(JSON.parse(text).member.payload).not.toContain('pseudonym');
    }
  });
});
