import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger.module';
import { CheckpointController } from './checkpoint.controller';
import { LedgerResolver } from './ledger.resolver';

/** Status and receipts over GraphQL, the checkpoint over HTTP. */
@Module({ imports: [LedgerModule], providers: [LedgerResolver], controllers: [CheckpointController] })
export class LedgerApiModule {}
