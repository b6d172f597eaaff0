import { asId, canonicalJson, type OrderId, type PartyId, type PersonId } from '@aceso/kernel';
import { commitmentOf, verifyMember, type CommittedEntry } from '@aceso/ledger/domain';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { parseParticipation, participationText } from './participation';
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
    { kind: 'provider', ownerId: asId(id(200)) as PartyId, persons: 11, earnedMinor: 2200n },
    { kind: 'provider', ownerId: asId(id(201)) as PartyId, persons: 10, earnedMinor: 2000n },
  ];

  it('lets every member prove its own part against the one root, out of what is stored', () => {
    const { root, participations } = releaseList(sale, members, { sha256, randomBytes });
    const opening = { salt: new Uint8Array(32), payload: canonicalJson({ code: 'package.released', at: 'now', root }) };
    const entry = { kind: 'order', commitment: commitmentOf(opening, sha256) } as CommittedEntry;
    for (const participation of participations) {
      const stored = parseParticipation(participationText(participation, opening));
      const { pseudonym, member: part } = participation;
      expect(stored).toEqual({ ...(pseudonym !== undefined && { pseudonym }), opening, member: part });
      expect(() => verifyMember(stored, entry, sha256)).not.toThrow();
      const { member } = stored;
      const changed = { opening, member: { ...member, payload: member.payload.replace('EUR', 'USD') } };
      expect(() => verifyMember(changed, entry, sha256)).toThrow();
    }
  });

  it('names nobody in a leaf', () => {
    const { participations } = releaseList(sale, members, { sha256, randomBytes });
    for (const participation of participations) {
      const text = participationText(participation, { salt: new Uint8Array(32), payload: '{}' });
      expect(text).not.toContain(participation.ownerId);
      expect(participation.member.payload).not.toContain('pseudonym');
    }
  });

  it('shows a provider its part only where its share says nothing of one patient', () => {
    const { participations } = releaseList(sale, members, { sha256, randomBytes });
    const shown = participations.filter((participation) => participation.shown).map(({ ownerId }) => ownerId);
    expect(shown).toEqual(members.slice(0, 14).map(({ ownerId }) => ownerId));
  });
});
