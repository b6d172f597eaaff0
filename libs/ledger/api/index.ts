export { LedgerApiModule } from './ledger-api.module';
export { ReceiptType, toReceiptType } from './receipt.type';
