import { resolve } from 'node:path';
import { z } from 'zod';

/** A contract in a decentralised engine that remembers checkpoints. */
export interface AnchorConfig {
  /** Address of a node of the chain; secret, as it may hold credentials. */
  readonly rpcUrl: string;
  /** Address of the contract, lower case. */
  readonly contract: string;
  /** Absolute path of the file with the private key that may anchor. */
  readonly keyFile: string;
  readonly intervalMinutes: number;
  readonly finality: Finality;
  /** The only chain to anchor in; whatever the node serves when undefined. */
  readonly chainId: number | undefined;
}

/** When a block counts as final: the chain says so, or that many blocks stand on it. */
export type Finality = 'finalized' | number;

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,16}$/)
    .transform(Number)
    .refine((value) => value >= least && value <= most);

/** What a rule of finality looks like. */
export const FINALITY = z.union([z.literal('finalized'), whole(0, 100_000)]);

/** Variables of the anchor: the first three belong together, the others need them. */
export const ANCHOR_VARIABLES = {
  ACESO_ANCHOR_RPC_URL: [z.string().refine(isHttp).optional(), 'the http:// or https:// address of an EVM node'],
  ACESO_ANCHOR_CONTRACT: [
    z
      .string()
      .regex(/^0x[0-9a-fA-F]{40}$/)
      .optional(),
    'the address of the contract, 0x and 40 hexadecimal digits (`aceso anchor deploy` prints it)',
  ],
  ACESO_ANCHOR_KEY_FILE: [z.string().min(1).optional(), 'the path of the file with the private key'],
  ACESO_ANCHOR_INTERVAL_MINUTES: [whole(1, 525_600).optional(), 'whole minutes from 1 to 525600'],
  ACESO_ANCHOR_FINALITY: [FINALITY.optional(), 'finalized, or a number of confirmations from 0 to 100000'],
  ACESO_ANCHOR_CHAIN_ID: [whole(1, Number.MAX_SAFE_INTEGER).optional(), 'the number of a chain'],
} as const;

type AnchorVariable = keyof typeof ANCHOR_VARIABLES;
type AnchorValues = { readonly [Name in AnchorVariable]?: z.infer<(typeof ANCHOR_VARIABLES)[Name][0]> };

const REQUIRED = ['ACESO_ANCHOR_RPC_URL', 'ACESO_ANCHOR_CONTRACT', 'ACESO_ANCHOR_KEY_FILE'] as const;
const INTERVAL_MINUTES_DEFAULT = 60;

/** Anchoring is asked for whole or not at all: what is not set although another variable is, a line each. */
export function missingAnchorVariables(env: NodeJS.ProcessEnv): string[] {
  if (Object.keys(ANCHOR_VARIABLES).every((name) => !env[name])) return [];
  return REQUIRED.filter((name) => !env[name]).map(
    (name) => `${name} is not set, but others of the anchor are, expected ${ANCHOR_VARIABLES[name][1]}`,
  );
}

/** The anchor's part of the configuration; undefined when it is off. */
export function toAnchorConfig(values: AnchorValues): AnchorConfig | undefined {
  const { ACESO_ANCHOR_RPC_URL: rpcUrl, ACESO_ANCHOR_CONTRACT: contract, ACESO_ANCHOR_KEY_FILE: keyFile } = values;
  if (rpcUrl === undefined || contract === undefined || keyFile === undefined) return undefined;
  return Object.freeze({
    rpcUrl,
    contract: contract.toLowerCase(),
    keyFile: resolve(keyFile),
    intervalMinutes: values.ACESO_ANCHOR_INTERVAL_MINUTES ?? INTERVAL_MINUTES_DEFAULT,
    finality: values.ACESO_ANCHOR_FINALITY ?? 'finalized',
    chainId: values.ACESO_ANCHOR_CHAIN_ID,
  });
}

/** The variables as a service is given them. */
export function anchorEnvironment(anchor: AnchorConfig | undefined): Record<string, string | undefined> {
  if (!anchor) return {};
  return {
    ACESO_ANCHOR_RPC_URL: anchor.rpcUrl,
    ACESO_ANCHOR_CONTRACT: anchor.contract,
    ACESO_ANCHOR_KEY_FILE: anchor.keyFile,
    ACESO_ANCHOR_INTERVAL_MINUTES: String(anchor.intervalMinutes),
    ACESO_ANCHOR_FINALITY: String(anchor.finality),
    ACESO_ANCHOR_CHAIN_ID: anchor.chainId === undefined ? undefined : String(anchor.chainId),
  };
}
