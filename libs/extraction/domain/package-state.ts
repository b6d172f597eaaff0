/**
 * - `released`: paid for and committed to, not encrypted yet
 * - `ready`: can be downloaded
 * - `renewing`: a gate moved before it was fetched, it is being made anew
 * - `superseded`: a later edition took its place
 * - `withdrawn`: too few persons were left for another edition
 */
export type PackageState = 'released' | 'ready' | 'renewing' | 'superseded' | 'withdrawn';

/** The database repeats the moves. */
export const NEXT_PACKAGE_STATES: Record<PackageState, readonly PackageState[]> = {
  released: ['ready'],
  ready: ['renewing'],
  renewing: ['superseded', 'withdrawn'],
  superseded: [],
  withdrawn: [],
};
