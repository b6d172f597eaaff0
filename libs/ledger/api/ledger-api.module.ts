import { Module } from '@nestjs/common';
import { LedgerModule } from '../ledger.module';
import { TileService } from '../tile.service';
import { CheckpointController } from './checkpoint.controller';
import { LedgerResolver } from './ledger.resolver';
import { ReceiptController } from './receipt.controller';
import { TileController } from './tile.controller';

/** Status and receipts over GraphQL; over HTTP checkpoint, tiles, and new proofs for who holds a receipt. */
@Module({
  imports: [LedgerModule],
  providers: [LedgerResolver, TileService],
  controllers: [CheckpointController, ReceiptController, TileController],
})
export class LedgerApiModule {}
