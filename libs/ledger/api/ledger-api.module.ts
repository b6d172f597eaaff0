import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger.module';
import { CheckpointController } from './checkpoint.controller';
import { LedgerResolver } from './ledger.resolver';
import { ReceiptController } from './receipt.controller';

/** Status and receipts over GraphQL; over HTTP the checkpoint, and new proofs for who holds a receipt. */
@Module({
  imports: [LedgerModule],
  providers: [LedgerResolver],
  controllers: [CheckpointController, ReceiptController],
})
export class LedgerApiModule {}
