import { join } from 'node:path';
import { type DynamicModule, Global, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BlobStore } from './blobs/blob-store';
import { FolderBlobStore } from './blobs/folder-blob-store';
import type { Config } from './config/config';
import { KeyCustody, PROCESS_SEEDS } from './custody/key-custody';
import { Database } from './database/database';
import type { ProcessName } from './database/roles';
import { HealthService } from './health/health.service';
import { IdempotencyService } from './idempotency';
import { Logger } from './logging/logger';
import { Outbox } from './outbox';
import { Runtime } from './runtime';
import type { RoleUrls } from './secrets/role-passwords';

/** Injection token of the {@link Config}: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('CONFIG');

export interface PlatformOptions {
  readonly process: ProcessName;
  readonly config: Config;
  /** Addresses of the database roles that this process holds. */
  readonly roleUrls: RoleUrls;
  readonly logger: Logger;
}

/** Closes the pools after everything that uses them has stopped. */
@Injectable()
class PlatformShutdown implements OnApplicationShutdown {
  constructor(private readonly database: Database) {}

  async onApplicationShutdown(): Promise<void> {
    await this.database.close();
  }
}

/** Database, runtime, keys, blobs, outbox, configuration and logger for every context of the process. */
@Global()
@Module({})
export class PlatformModule {
  static forProcess(options: PlatformOptions): DynamicModule {
    const { config, roleUrls, logger } = options;
    const database = new Database({
      urls: roleUrls,
      poolSize: config.databasePoolSize,
      onPoolError: (error) => logger.error('an idle database connection broke', error),
    });
    const values = [
      { provide: CONFIG, useValue: config },
      { provide: Database, useValue: database },
      { provide: Runtime, useValue: new Runtime(config.now === undefined ? {} : { recordDate: config.now }) },
      { provide: KeyCustody, useValue: new KeyCustody(join(config.home, 'keys'), PROCESS_SEEDS[options.process]) },
      { provide: BlobStore, useValue: new FolderBlobStore(join(config.home, 'blobs')) },
      { provide: Logger, useValue: logger },
    ];
    return {
      module: PlatformModule,
      providers: [...values, Outbox, IdempotencyService, HealthService, PlatformShutdown],
      exports: [...values.map(({ provide }) => provide), Outbox, IdempotencyService, HealthService],
    };
  }
}
