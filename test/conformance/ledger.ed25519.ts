import { hex } from '@aceso/kernel';
import { portableVerifyEd25519 } from '@aceso/ledger/testing';
import { ed25519PublicKey, ed25519Signer, verifyEd25519 } from '@aceso/platform';
import { expectSame, readJson, runCase } from './ledger.case';
import type { ConformanceCase } from './suite';

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: 'valid' | 'invalid' | 'acceptable';
    }[];
  }[];
}

interface Rfc8032 {
  readonly priv: string;
  readonly pub: string;
  readonly msg: string;
  readonly sig: string;
}

/** Both verifiers, the server's and the browser's, must give the same answer to every case. */
const VERIFIERS = { server: verifyEd25519, browser: portableVerifyEd25519 };

/** Ed25519: Wycheproof and RFC 8032 style vectors. */
export function* ed25519Cases(folder: string): Generator<ConformanceCase> {
  const wycheproof = readJson<Wycheproof>(folder, 'wycheproof_ed25519_test.json');
  for (const { publicKey, tests } of wycheproof?.testGroups ?? []) {
    for (const { tcId, comment, msg, sig, result } of tests) {
      yield runCase(`wycheproof ${tcId} ${comment}`.trim(), () => {
        for (const [name, verify] of Object.entries(VERIFIERS)) {
          const verified = verify(hex.decode(publicKey.pk), hex.decode(msg), hex.decode(sig));
          expectSame(verified, result === 'valid', name);
        }
      });
    }
  }
  for (const [at, { priv, pub, msg, sig }] of (
    readJson<readonly Rfc8032[]>(folder, 'rfc8032_plus.json') ?? []
  ).entries()) {
    yield runCase(`rfc8032 ${at}`, () => {
      expectSame(hex.encode(ed25519PublicKey(hex.decode(priv))), pub, 'public key');
      expectSame(hex.encode(ed25519Signer(hex.decode(priv))(hex.decode(msg))), sig, 'signature');
      for (const [name, verify] of Object.entries(VERIFIERS)) {
        expectSame(verify(hex.decode(pub), hex.decode(msg), hex.decode(sig)), true, name);
      }
    });
  }
}
