import { anchorEnvironment } from './anchor-config';
import type { Config } from './config';
import { environment } from './environment';

/** What a service does not need: the owner's address stays with the launcher. */
const WITHHELD: readonly string[] = ['DATABASE_URL'];

/** The environment of a service: that of this process, with every variable of `config` as the launcher understood it. */
export function toEnvironment(config: Config): NodeJS.ProcessEnv {
  const inherited = Object.entries(environment()).filter(([name]) => !WITHHELD.includes(name));
  const stated: Record<string, string | undefined> = {
    ACESO_HOME: config.home,
    HOST: config.host,
    PORT: String(config.port),
    ACESO_PUBLIC_URL: config.publicUrl,
    ACESO_ORIGIN: config.origin,
    ACESO_PASSKEY_DOMAIN: config.relyingParty.id,
    ACESO_PASSKEY_ORIGINS: config.relyingParty.origins.join(','),
    REDIS_URL: config.redisUrl,
    ACESO_CURRENCY: config.currency,
    ACESO_ADULT_AGE_YEARS: String(config.adultAgeYears),
    ACESO_PROVIDERS_READ_OWN: String(config.providersReadOwn),
    ACESO_RECOVERY_WAIT_DAYS: String(config.recoveryWaitDays),
    ACESO_RELEASE_CLASS_MIN: String(config.releaseClassMin),
    ACESO_CHECKPOINT_INTERVAL_MS: String(config.checkpointIntervalMs),
    ACESO_EPOCH_DAYS: String(config.epochDays),
    ACESO_KEY_BACKUP_DAYS: String(config.keyBackupDays),
    ACESO_WITHDRAWAL_LIST_DAYS: String(config.withdrawalListDays),
    ACESO_WITHDRAWAL_LIST_SECONDS: config.withdrawalListSeconds?.toString(),
    ACESO_SIGNING_RECORD: config.signingRecord,
    ACESO_WITNESS_POLICY: config.witnessPolicy,
    ACESO_VISA_ISSUERS: config.visaIssuers,
    ACESO_DEMO: String(config.demo),
    ACESO_INTROSPECTION: String(config.introspection),
    ACESO_NOW: config.now,
    ACESO_WORKER_CONCURRENCY: String(config.workerConcurrency),
    ACESO_THREADS: String(config.threads),
    ACESO_DATABASE_POOL: String(config.databasePoolSize),
    LOG_LEVEL: config.logLevel,
    LOG_FORMAT: config.logFormat,
    ...anchorEnvironment(config.anchor),
  };
  return { ...Object.fromEntries(inherited), ...stated };
}
