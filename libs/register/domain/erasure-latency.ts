/** Settings of which the latency is made: ACESO_EPOCH_DAYS and ACESO_KEY_BACKUP_DAYS. */
export interface LatencySettings {
  /** Days after which the master key of an epoch is destroyed. */
  readonly epochDays: number;
  /** Days that a backup of the keys is kept. */
  readonly keyBackupDays: number;
}

const DAY_MS = 86_400_000;

/**
 * Days from an erasure until no key in existence opens an older backup (privacy-and-keys 3): the epoch under which the key was
 * wrapped ends within `epochDays`, and the last backup of its master key expires `keyBackupDays` later.
 */
export function latencyDays({ epochDays, keyBackupDays }: LatencySettings): number {
  return epochDays + keyBackupDays;
}

/** The first whole UTC day, YYYY-MM-DD, on which that holds for an erasure at `erasedAt`. */
export function deadOn(erasedAt: Date, settings: LatencySettings): string {
  return new Date(erasedAt.getTime() + (latencyDays(settings) + 1) * DAY_MS).toISOString().slice(0, 10);
}
